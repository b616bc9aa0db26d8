//! What the head of a film's page tells of it: Open Graph, Twitter's cards, oEmbed, schema.org.

use super::oembed::{self, Format};
use super::xml::{escape, for_script};
use super::{Embeds, Site, summary};
use crate::calendar::{iso, iso_length};
use crate::embed;
use crate::video::{Video, Visibility};
use serde_json::{Value, json};

/// How much of a description is told.
const DESCRIPTION_CHARS: usize = 200;
/// The same to search engines.
const DATA_CHARS: usize = 2_048;
/// Pixels, that a card's player has at most.
const PLAYER: (u32, u32) = (1280, 720);

/// For those who read a page's HTML alone: the browser has no code for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The page's one address.
    pub canonical: String,
    pub meta: Vec<Meta>,
    pub alternates: Vec<Alternate>,
    /// JSON-LD that can stand in a script element; empty if there is nothing to tell.
    pub data: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Open Graph has properties, everybody else names.
    pub is_property: bool,
    pub name: String,
    pub content: String,
}

/// The same in another format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternate {
    pub kind: String,
    pub href: String,
}

impl Head {
    /// Of a private film nothing is told. One that isn't public isn't to be found by search engines.
    pub fn of(video: &Video, site: &Site<'_>) -> Self {
        let mut head = Self { canonical: site.watch(&video.id), ..Self::default() };
        if video.visibility != Visibility::Public {
            head.name("robots", "noindex");
        }
        if matches!(video.visibility, Visibility::Public | Visibility::Unlisted) {
            head.tell(video, site);
        }
        head
    }

    /// All but the canonical address, which changes when somebody goes from film to film.
    pub fn html(&self) -> String {
        let mut html = String::new();
        for Meta { is_property, name, content } in &self.meta {
            let kind = if *is_property { "property" } else { "name" };
            html += &format!(r#"<meta {kind}="{}" content="{}">"#, escape(name), escape(content));
        }
        for Alternate { kind, href } in &self.alternates {
            html += &format!(r#"<link rel="alternate" type="{}" href="{}">"#, escape(kind), escape(href));
        }
        if !self.data.is_empty() {
            html += &format!(r#"<script type="application/ld+json">{}</script>"#, self.data);
        }
        html
    }

    fn tell(&mut self, video: &Video, site: &Site<'_>) {
        let words = summary(&video.description, &video.owner.username, DESCRIPTION_CHARS);
        self.name("description", &words);
        self.property("og:site_name", "Kinora");
        self.property("og:type", "video.other");
        self.property("og:title", &video.title);
        self.property("og:description", &words);
        self.property("og:url", &site.watch(&video.id));
        let picture = video.width.zip(video.height);
        let poster = video.playback.as_ref().and_then(|playback| playback.poster.as_ref());
        if let Some(poster) = poster {
            self.property("og:image", &format!("{}{}", site.url, poster.largest()));
            self.property("og:image:width", &poster.width.to_string());
            // One that its owner chose may have another shape than the film.
            if let Some(picture) = picture.filter(|_| !poster.is_chosen()) {
                let (_, height) = embed::fit(Some(picture), (poster.width, u32::MAX));
                self.property("og:image:height", &height.to_string());
            }
        }
        if let Some(ms) = video.duration_ms {
            self.property("video:duration", &(ms / 1000).max(1).to_string());
        }
        if let Some(at) = video.published_at {
            self.property("video:release_date", &iso(at));
        }
        // Chats and networks show a player from sites of their own.
        if site.embeds == Embeds::Everywhere && video.watchable {
            let (width, height) = embed::fit(picture, PLAYER);
            let (width, height) = (width.to_string(), height.to_string());
            let player = site.embed(&video.id);
            for (name, content) in [
                ("og:video", player.as_str()),
                ("og:video:secure_url", &player),
                ("og:video:type", "text/html"),
                ("og:video:width", &width),
                ("og:video:height", &height),
            ] {
                // What isn't secure has no secure address.
                if name != "og:video:secure_url" || player.starts_with("https:") {
                    self.property(name, content);
                }
            }
            self.name("twitter:card", "player");
            self.name("twitter:player", &player);
            self.name("twitter:player:width", &width);
            self.name("twitter:player:height", &height);
        } else {
            self.name("twitter:card", if poster.is_some() { "summary_large_image" } else { "summary" });
        }
        if site.embeds != Embeds::Nowhere && video.watchable {
            for (kind, format) in [("application/json+oembed", Format::Json), ("text/xml+oembed", Format::Xml)] {
                self.alternate(kind, oembed::address(site, &self.canonical, format));
            }
        }
        self.alternate("application/rss+xml", site.feed_of(&video.owner.username));
        if video.visibility == Visibility::Public && video.watchable {
            self.data = for_script(&data(video, site));
        }
    }

    fn name(&mut self, name: &str, content: &str) {
        self.meta.push(Meta { is_property: false, name: name.to_owned(), content: content.to_owned() });
    }

    fn property(&mut self, name: &str, content: &str) {
        self.meta.push(Meta { is_property: true, name: name.to_owned(), content: content.to_owned() });
    }

    fn alternate(&mut self, kind: &str, href: String) {
        self.alternates.push(Alternate { kind: kind.to_owned(), href });
    }
}

/// schema.org's VideoObject.
fn data(video: &Video, site: &Site<'_>) -> Value {
    let page = site.watch(&video.id);
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": video.title,
        "description": summary(&video.description, &video.owner.username, DATA_CHARS),
        "url": page,
        "uploadDate": iso(video.published_at.unwrap_or(video.created_at)),
        "author": { "@type": "Person", "name": video.owner.username },
        "interactionStatistic": {
            "@type": "InteractionCounter",
            "interactionType": { "@type": "WatchAction" },
            "userInteractionCount": video.views,
        },
    });
    let mut set = |name: &str, value: Value| data[name] = value;
    if let Some(poster) = video.playback.as_ref().and_then(|playback| playback.poster.as_ref()) {
        set("thumbnailUrl", json!([format!("{}{}", site.url, poster.largest())]));
    }
    if let Some(ms) = video.duration_ms {
        set("duration", iso_length(ms).into());
    }
    if site.embeds != Embeds::Nowhere {
        set("embedUrl", site.embed(&video.id).into());
    }
    if video.downloadable {
        set("contentUrl", site.original(&video.id).into());
    }
    if !video.chapters.is_empty() {
        let clip = |chapter: &crate::webvtt::Chapter| {
            let (start, end) = (chapter.start_ms / 1000, chapter.end_ms / 1000);
            json!({
                "@type": "Clip", "name": chapter.title, "startOffset": start, "endOffset": end,
                "url": format!("{page}?t={start}"),
            })
        };
        set("hasPart", video.chapters.iter().map(clip).collect());
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{BuildId, UserId};
    use crate::outside::tests::{SITE, odd};
    use crate::video::{Owner, Playback, State};
    use crate::webvtt::Chapter;

    fn film(visibility: Visibility) -> Video {
        let card = odd();
        Video {
            id: card.id,
            title: card.title,
            description: card.description,
            owner: Owner { id: UserId::from_random([3; 16]), username: card.owner },
            visibility,
            state: State::Ready,
            progress: 1.0,
            eta_seconds: None,
            watchable: true,
            renditions: Vec::new(),
            failure: None,
            notices: Vec::new(),
            details: vec!["For its owner alone.".to_owned()],
            chapters: vec![Chapter { start_ms: 0, end_ms: 90_500, title: "The <beginning>".to_owned() }],
            poster_choice: None,
            duration_ms: card.duration_ms,
            width: Some(1080),
            height: Some(1920),
            created_at: card.created_at,
            published_at: card.published_at,
            playback: Some(Playback {
                hls: format!("/v/x/{}/master.m3u8", BuildId::from_random([1; 16])),
                dash: None,
                chapters: None,
                poster: card.poster,
                storyboard: None,
                waveform: None,
            }),
            views: card.views,
            position_ms: Some(90_000),
            downloadable: true,
            mine: true,
            version: 1,
        }
    }

    fn told(head: &Head) -> Vec<String> {
        let attribute = |meta: &Meta| if meta.is_property { "property" } else { "name" };
        let meta = head.meta.iter().map(|meta| format!("{} {}: {}", attribute(meta), meta.name, meta.content));
        let alternates = head.alternates.iter().map(|other| format!("alternate {}: {}", other.kind, other.href));
        meta.chain(alternates).collect()
    }

    #[test]
    fn a_public_film_is_told_of_to_everybody() {
        let head = Head::of(&film(Visibility::Public), &SITE);
        insta::assert_snapshot!(told(&head).join("\n"));
        assert!(!head.data.contains(['<', '>', '&']), "{}", head.data);
        let data: Value = serde_json::from_str(&head.data).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&data).unwrap());
    }

    #[test]
    fn of_a_private_film_nothing_is_told() {
        let head = Head::of(&film(Visibility::Private), &SITE);
        assert_eq!(told(&head), ["name robots: noindex"]);
        assert!(head.data.is_empty());
        assert_eq!(head.canonical, SITE.watch(&film(Visibility::Private).id));
    }

    #[test]
    fn an_unlisted_film_is_shown_by_its_link_and_found_by_nobody() {
        let head = Head::of(&film(Visibility::Unlisted), &SITE);
        let told = told(&head);
        assert!(told.contains(&"name robots: noindex".to_owned()));
        assert!(told.iter().any(|line| line.starts_with("property og:video:")));
        assert!(head.data.is_empty());
    }

    #[test]
    fn without_embedding_there_is_no_player_to_be_told_of() {
        let film = film(Visibility::Public);
        for (embeds, oembed) in [(Embeds::Somewhere, 2), (Embeds::Nowhere, 0)] {
            let head = Head::of(&film, &Site { embeds, ..SITE });
            let told = told(&head);
            assert!(told.contains(&"name twitter:card: summary_large_image".to_owned()));
            assert!(!told.iter().any(|line| line.contains("og:video") || line.contains("twitter:player")));
            assert_eq!(told.iter().filter(|line| line.contains("+oembed")).count(), oembed);
            assert_eq!(head.data.contains("embedUrl"), oembed > 0);
        }
    }

    #[test]
    fn what_is_not_secure_has_no_secure_address() {
        let film = film(Visibility::Public);
        let told = told(&Head::of(&film, &Site { url: "http://localhost:3000", ..SITE }));
        assert!(told.contains(&format!("property og:video: http://localhost:3000/embed/{}", film.id)));
        assert!(!told.iter().any(|line| line.contains("secure_url")));
    }
}
