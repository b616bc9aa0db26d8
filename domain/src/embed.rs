//! Films on the pages of other sites.

use crate::id::VideoId;
use crate::outside::xml::escape;
use crate::time::place;

/// Pixels, of what a page gets that doesn't say how much room it has.
pub const ROOM: (u32, u32) = (640, 360);
/// Of what is larger no player makes anything.
const MOST: u32 = 4096;

/// What the address of an embedded film asks for, behind its `?`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Seconds from the film's beginning.
    pub start: u32,
    pub autoplay: bool,
    pub looped: bool,
    pub muted: bool,
}

impl Wishes {
    /// Nonsense is passed over: whoever reads the page didn't write the address.
    pub fn read<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut wishes = Self::default();
        for (name, value) in pairs {
            let on = matches!(value, "1" | "true" | "");
            match name {
                "t" | "start" => wishes.start = place(value).unwrap_or(wishes.start),
                "autoplay" => wishes.autoplay = on,
                "loop" => wishes.looped = on,
                "muted" | "mute" => wishes.muted = on,
                _ => {}
            }
        }
        wishes
    }
}

/// Where the film is shown for other sites. `site` has no slash at its end.
pub fn address(site: &str, id: &VideoId) -> String {
    format!("{site}/embed/{id}")
}

/// The largest size of a picture of that shape within some room, even and never nothing. What has no picture is 16:9.
pub fn fit(picture: Option<(i32, i32)>, room: (u32, u32)) -> (u32, u32) {
    let (width, height) = picture.filter(|(w, h)| *w > 0 && *h > 0).unwrap_or((16, 9));
    let (width, height) = (i64::from(width), i64::from(height));
    let (wide, high) = (i64::from(room.0.clamp(2, MOST)), i64::from(room.1.clamp(2, MOST)));
    let even = |side: i64| u32::try_from((side / 2 * 2).max(2)).unwrap_or(2);
    if wide * height <= high * width {
        (even(wide), even(wide * height / width))
    } else {
        (even(high * width / height), even(high))
    }
}

/// What somebody puts into a page to show the film there, `size` pixels large.
pub fn html(site: &str, id: &VideoId, title: &str, size: (u32, u32)) -> String {
    let (width, height) = size;
    format!(
        "<iframe src=\"{}\" width=\"{width}\" height=\"{height}\" title=\"{}\" frameborder=\"0\" loading=\"lazy\" \
         allow=\"autoplay; fullscreen; picture-in-picture\" allowfullscreen></iframe>",
        escape(&address(site, id)),
        escape(title)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_of_nonsense_are_none() {
        let read =
            |query: &'static str| Wishes::read(query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))));
        assert_eq!(
            read("t=1m30s&autoplay=1&loop&muted=true"),
            Wishes { start: 90, autoplay: true, looped: true, muted: true }
        );
        assert_eq!(read("start=12"), Wishes { start: 12, ..Wishes::default() });
        assert_eq!(read("t=nonsense&autoplay=no&loop=0&x=<script>&&=&"), Wishes::default());
    }

    #[test]
    fn a_picture_fits_its_room() {
        assert_eq!(fit(Some((1920, 1080)), ROOM), (640, 360));
        assert_eq!(fit(Some((1080, 1920)), ROOM), (202, 360));
        assert_eq!(fit(Some((4096, 16)), ROOM), (640, 2));
        assert_eq!(fit(None, (320, 4096)), (320, 180));
        assert_eq!(fit(Some((0, -1)), (u32::MAX, u32::MAX)), (4096, 2304));
        assert_eq!(fit(Some((16, 9)), (0, 0)), (2, 2));
    }

    #[test]
    fn a_title_stays_within_its_attribute() {
        let html = html("https://films.example", &VideoId::from_random([0; 16]), "\"><script>&'", ROOM);
        assert!(html.contains("title=\"&quot;&gt;&lt;script&gt;&amp;&#39;\""), "{html}");
        assert!(
            html.starts_with("<iframe src=\"https://films.example/embed/000000000000\" width=\"640\" height=\"360\"")
        );
    }
}
