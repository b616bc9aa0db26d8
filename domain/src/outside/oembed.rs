//! What a page is told that wants to show a film from its address alone (oembed.com).

use super::Site;
use super::xml::{element, escape};
use crate::embed;
use crate::id::VideoId;
use crate::video::Video;
use serde_json::{Map, Value, json};

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Xml,
}

impl Format {
    /// By the word in the query; without one it is JSON.
    pub fn read(word: Option<&str>) -> Option<Self> {
        match word.unwrap_or("json") {
            "json" => Some(Format::Json),
            "xml" => Some(Format::Xml),
            _ => None,
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Xml => "text/xml; charset=utf-8",
        }
    }
}

/// The film that an address of ours shows: its page's or its embedded one's. None for all others.
pub fn film(site: &Site<'_>, address: &str) -> Option<VideoId> {
    let path = address.trim().strip_prefix(site.url)?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let id = path.strip_prefix("/watch/").or_else(|| path.strip_prefix("/embed/"))?;
    id.strip_suffix('/').unwrap_or(id).parse().ok()
}

/// The answer about a film, for a page that has so much room, in pixels.
pub fn answer(site: &Site<'_>, video: &Video, room: (Option<u32>, Option<u32>), format: Format) -> String {
    let room = match room {
        (None, None) => embed::ROOM,
        (width, height) => (width.unwrap_or(u32::MAX), height.unwrap_or(u32::MAX)),
    };
    let picture = video.width.zip(video.height);
    let (width, height) = embed::fit(picture, room);
    let mut fields = json!({
        "version": "1.0",
        "type": "video",
        "title": video.title,
        "author_name": video.owner.username,
        "provider_name": "Kinora",
        "provider_url": format!("{}/", site.url),
        "cache_age": 3600,
        "html": embed::html(site.url, &video.id, &video.title, (width, height)),
        "width": width,
        "height": height,
    });
    let poster = video.playback.as_ref().and_then(|playback| playback.poster.as_ref());
    if let (Some(poster), Some(fields)) = (poster, fields.as_object_mut()) {
        let (width, height) = embed::fit(picture, (poster.width, u32::MAX));
        fields.insert("thumbnail_url".to_owned(), format!("{}{}", site.url, poster.largest()).into());
        fields.insert("thumbnail_width".to_owned(), width.into());
        fields.insert("thumbnail_height".to_owned(), height.into());
    }
    match (format, &fields) {
        (Format::Xml, Value::Object(fields)) => xml(fields),
        _ => fields.to_string(),
    }
}

fn xml(fields: &Map<String, Value>) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\n<oembed>");
    for (name, value) in fields {
        match value {
            Value::String(text) => element(&mut xml, name, text),
            other => element(&mut xml, name, &other.to_string()),
        }
    }
    xml.push_str("</oembed>\n");
    xml
}

/// The address that answers about the film at `page`.
pub fn address(site: &Site<'_>, page: &str, format: Format) -> String {
    let word = if format == Format::Xml { "xml" } else { "json" };
    // An address of ours needs no more than this.
    let page = page.replace('%', "%25").replace(':', "%3A").replace('/', "%2F");
    format!("{}/oembed?format={word}&url={page}", site.url)
}

/// A refusal in words, in the format that was asked for.
pub fn refusal(words: &str, format: Format) -> String {
    match format {
        Format::Json => json!({ "error": words }).to_string(),
        Format::Xml => format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<error>{}</error>\n", escape(words)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::tests::SITE;

    #[test]
    fn only_our_films_are_known_by_their_address() {
        let id = VideoId::from_random([7; 16]);
        for tail in
            [format!("/watch/{id}"), format!("/watch/{id}/"), format!("/watch/{id}?t=1m#x"), format!("/embed/{id}")]
        {
            assert_eq!(film(&SITE, &format!("https://films.example{tail}")), Some(id.clone()), "{tail}");
        }
        for address in [
            String::new(),
            format!("https://films.example.evil/watch/{id}"),
            format!("http://films.example/watch/{id}"),
            format!("https://films.example/watch/{id}/more"),
            format!("https://films.example/studio/{id}"),
            "https://films.example/watch/short".to_owned(),
            "https://films.example/".to_owned(),
        ] {
            assert_eq!(film(&SITE, &address), None, "{address}");
        }
    }

    #[test]
    fn an_address_is_one_parameter() {
        let address = address(&SITE, "https://films.example/watch/7", Format::Xml);
        assert_eq!(address, "https://films.example/oembed?format=xml&url=https%3A%2F%2Ffilms.example%2Fwatch%2F7");
    }
}
