//! The newest films as RSS 2.0, with the extension that carries media (Media RSS 1.5).

use super::xml::{element, escape};
use super::{Embeds, Site, poster, summary};
use crate::calendar::rfc2822;
use crate::video::Card;
use std::fmt::Write;

/// How many films a feed has.
pub const LENGTH: i64 = 50;

/// What is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of<'a> {
    Everybody,
    Person(&'a str),
}

/// The feed of `films`, the newest first.
pub fn rss(site: &Site<'_>, of: Of<'_>, films: &[Card]) -> String {
    let (title, about, own) = match of {
        Of::Everybody => ("Kinora".to_owned(), "The newest films.".to_owned(), format!("{}/feed.xml", site.url)),
        Of::Person(name) => (format!("{name} · Kinora"), format!("The newest films by {name}."), site.feed_of(name)),
    };
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:media=\"http://search.yahoo.com/mrss/\">\n<channel>",
    );
    element(&mut xml, "title", &title);
    element(&mut xml, "link", &format!("{}/", site.url));
    element(&mut xml, "description", &about);
    let _ = write!(xml, "<atom:link href=\"{}\" rel=\"self\" type=\"application/rss+xml\"/>", escape(&own));
    if let Some(newest) = films.iter().filter_map(|film| film.published_at).max() {
        element(&mut xml, "lastBuildDate", &rfc2822(newest));
    }
    for film in films {
        xml.push('\n');
        item(&mut xml, site, film);
    }
    xml.push_str("\n</channel>\n</rss>\n");
    xml
}

fn item(xml: &mut String, site: &Site<'_>, film: &Card) {
    let address = site.watch(&film.id);
    let words = summary(&film.description, &film.owner, usize::MAX);
    xml.push_str("<item>");
    element(xml, "title", &film.title);
    element(xml, "link", &address);
    let _ = write!(xml, "<guid isPermaLink=\"true\">{}</guid>", escape(&address));
    element(xml, "pubDate", &rfc2822(film.published_at.unwrap_or(film.created_at)));
    element(xml, "dc:creator", &film.owner);
    // Readers take it for HTML, once it is read as XML.
    element(xml, "description", &escape(&words));
    let seconds = film.duration_ms.map(|ms| format!(" duration=\"{}\"", (ms / 1000).max(1))).unwrap_or_default();
    let player = if site.embeds == Embeds::Everywhere { site.embed(&film.id) } else { address };
    let _ = write!(xml, "<media:content medium=\"video\"{seconds}><media:player url=\"{}\"/>", escape(&player));
    element(xml, "media:title", &film.title);
    element(xml, "media:description", &words);
    if let Some((poster, width)) = poster(site, film).zip(film.poster.as_ref().map(|poster| poster.width)) {
        let _ = write!(xml, "<media:thumbnail url=\"{}\" width=\"{width}\"/>", escape(&poster));
    }
    let _ = write!(xml, "<media:community><media:statistics views=\"{}\"/></media:community>", film.views);
    xml.push_str("</media:content></item>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::tests::{SITE, odd};

    #[test]
    fn a_persons_feed() {
        insta::assert_snapshot!(rss(&SITE, Of::Person("ada"), &[odd()]));
    }

    #[test]
    fn a_feed_of_nothing_is_a_feed() {
        insta::assert_snapshot!(rss(&SITE, Of::Everybody, &[]));
    }
}
