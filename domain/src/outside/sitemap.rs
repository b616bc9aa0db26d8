//! Sitemaps (sitemaps.org), with Google's extension for videos.

use super::xml::{element, escape};
use super::{Embeds, Site, poster, summary};
use crate::calendar::iso;
use crate::video::Card;
use std::fmt::Write;

/// How many films a page has.
pub const PAGE: i64 = 1_000;
const TITLE_CHARS: usize = 100;
const DESCRIPTION_CHARS: usize = 2_048;
/// The longest that the extension allows, seconds.
const LONGEST: i64 = 28_800;
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Names the pages of so many films; of none there is one page, which is empty.
pub fn index(site: &Site<'_>, films: i64) -> String {
    let mut xml = format!("{HEAD}<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">");
    for page in 1..=pages(films) {
        let _ = write!(xml, "\n<sitemap><loc>{}/sitemap/{page}.xml</loc></sitemap>", escape(site.url));
    }
    xml.push_str("\n</sitemapindex>\n");
    xml
}

pub fn pages(films: i64) -> i64 {
    (films.max(1) + PAGE - 1) / PAGE
}

/// One page of films.
pub fn page(site: &Site<'_>, films: &[Card]) -> String {
    let mut xml = format!(
        "{HEAD}<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:video=\"http://www.google.com/schemas/sitemap-video/1.1\">"
    );
    for film in films {
        xml.push_str("\n<url>");
        element(&mut xml, "loc", &site.watch(&film.id));
        // What has neither a picture nor a place to be played at is no video to a search engine.
        if let Some(poster) = poster(site, film)
            && site.embeds != Embeds::Nowhere
        {
            video(&mut xml, site, film, &poster);
        }
        xml.push_str("</url>");
    }
    xml.push_str("\n</urlset>\n");
    xml
}

fn video(xml: &mut String, site: &Site<'_>, film: &Card, poster: &str) {
    let title: String = film.title.chars().take(TITLE_CHARS).collect();
    xml.push_str("<video:video>");
    element(xml, "video:thumbnail_loc", poster);
    element(xml, "video:title", &title);
    element(xml, "video:description", &summary(&film.description, &film.owner, DESCRIPTION_CHARS));
    element(xml, "video:player_loc", &site.embed(&film.id));
    if let Some(ms) = film.duration_ms {
        element(xml, "video:duration", &(ms / 1000).clamp(1, LONGEST).to_string());
    }
    element(xml, "video:view_count", &film.views.to_string());
    if let Some(at) = film.published_at {
        element(xml, "video:publication_date", &iso(at));
    }
    element(xml, "video:uploader", &film.owner);
    xml.push_str("</video:video>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::tests::{SITE, odd};

    #[test]
    fn a_page_of_films() {
        let silent = Card { poster: None, ..odd() };
        insta::assert_snapshot!(page(&SITE, &[odd(), silent]));
    }

    #[test]
    fn a_thousand_films_are_one_page() {
        assert_eq!([0, 1, 1_000, 1_001, 50_000].map(pages), [1, 1, 1, 2, 50]);
        assert_eq!(index(&SITE, 2_500).matches("<loc>").count(), 3);
    }
}
