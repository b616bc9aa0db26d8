//! What other programs read about films that everybody may see: search engines, chats, feed readers, other sites.

pub mod feed;
pub mod head;
pub mod oembed;
pub mod sitemap;
pub mod xml;

use crate::id::VideoId;
use crate::video::Card;

/// Kinora as the outside knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site<'a> {
    /// Scheme and host, without a slash at its end.
    pub url: &'a str,
    /// Where films may be shown on pages of others.
    pub embeds: Embeds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Embeds {
    Everywhere,
    /// On some sites: whoever asks may be one of them or not.
    Somewhere,
    Nowhere,
}

impl Site<'_> {
    pub fn watch(&self, id: &VideoId) -> String {
        format!("{}/watch/{id}", self.url)
    }

    pub fn embed(&self, id: &VideoId) -> String {
        crate::embed::address(self.url, id)
    }

    /// The original, where its owner lets others have it.
    pub fn original(&self, id: &VideoId) -> String {
        format!("{}/api/v1/videos/{id}/original", self.url)
    }

    /// The newest films of a person.
    pub fn feed_of(&self, username: &str) -> String {
        format!("{}/@{username}/feed.xml", self.url)
    }
}

/// A description in one line, cut; in its place, where there is none, whose film it is.
fn summary(description: &str, owner: &str, chars: usize) -> String {
    let words: Vec<&str> = description.split_whitespace().collect();
    if words.is_empty() {
        return format!("A film by {owner} on Kinora.");
    }
    words.join(" ").chars().take(chars).collect()
}

/// The address of a film's largest poster.
fn poster(site: &Site<'_>, film: &Card) -> Option<String> {
    film.poster.as_ref().map(|poster| format!("{}{}", site.url, poster.largest()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poster::Poster;
    use crate::time::UnixMillis;
    use crate::video::{State, Visibility};

    pub const SITE: Site<'static> = Site { url: "https://films.example", embeds: Embeds::Everywhere };

    /// With all that makes XML, HTML and JSON go wrong.
    pub fn odd() -> Card {
        Card {
            id: VideoId::from_random([7; 16]),
            title: "A <b>\"film\"</b> & ]]> 'it' \u{FFFE}🎬".to_owned(),
            owner: "ada".to_owned(),
            poster: Some(Poster { stem: "/m/0123456789ab/poster.1".to_owned(), width: 1280, drawn: false }),
            duration_ms: Some(3_723_400),
            visibility: Visibility::Public,
            state: State::Ready,
            progress: 1.0,
            failure: None,
            notices: Vec::new(),
            description: "One & two\nthree </script> \u{FFFF}".to_owned(),
            created_at: UnixMillis(1_795_367_966_000),
            published_at: Some(UnixMillis(1_795_368_000_000)),
            views: 1234,
            downloadable: false,
        }
    }

    #[test]
    fn a_film_without_words_is_its_owners() {
        assert_eq!(summary(" \n ", "ada", 10), "A film by ada on Kinora.");
        assert_eq!(summary("one\n two  three", "ada", 9), "one two t");
    }
}
