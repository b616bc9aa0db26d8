//! Where a rendition begins, read of its playlist.

/// Where a rendition begins, as its playlist names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beginning<'a> {
    pub init: Option<&'a str>,
    /// The first chunk, and how many bytes of it the playlist names. None where a gap comes first.
    pub chunk: Option<(&'a str, u64)>,
}

/// Reads of what [`media`] writes what is needed for its first frame.
pub fn beginning(text: &str) -> Beginning<'_> {
    let mut found = Beginning::default();
    let mut bytes = 0;
    for line in text.lines() {
        if let Some(init) = line.strip_prefix("#EXT-X-MAP:URI=\"") {
            found.init = init.strip_suffix('"');
        } else if let Some(range) = line.strip_prefix("#EXT-X-BYTERANGE:") {
            bytes = range.split('@').next().and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
        } else if line == "#EXT-X-GAP" {
            return found;
        } else if !line.starts_with('#') {
            match &mut found.chunk {
                None => found.chunk = Some((line, bytes)),
                Some((uri, sum)) if *uri == line => *sum += bytes,
                Some(_) => return found,
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BuildId;
    use crate::playlist::tests::chunks;
    use crate::playlist::{Growth, Media, Stretch, media};

    #[test]
    fn a_playlist_tells_where_its_rendition_begins() {
        let build = BuildId::from_random([7; 16]);
        let about =
            Media { build: &build, name: "180p", init_hash: Some("0123456789abcdef"), target: 4, media_base: "../m/" };
        let all: Vec<Stretch> = chunks().into_iter().map(Stretch::There).collect();
        let (whole, second) = (media(about, Growth::Vod, &all), media(about, Growth::Vod, &all[1..]));
        let init = format!("../m/{build}/init.0123456789abcdef/180p.mp4");
        let chunk = |number| format!("../m/{build}/{number}.2/180p.m4s");
        assert_eq!(beginning(&whole), Beginning { init: Some(&init), chunk: Some((&chunk(0), 500_000)) });
        assert_eq!(beginning(&second).chunk, Some((chunk(1).as_str(), 460_000)));
        let gap = media(about, Growth::Growing, &[Stretch::Gap(vec![4000.0]), all[0].clone()]);
        assert_eq!(beginning(&gap).chunk, None);
    }
}
