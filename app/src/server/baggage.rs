//! What a film's page brings along: what its first frame would wait for otherwise, and what is told to those who read its
//! HTML alone.

use super::{is_watching, platform, viewer};
use axum::http::request::Parts;
use domain::outside::head::Head;
use domain::outside::xml;
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use platform::videos::Early;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Given by the server to every page that it renders.
#[derive(Debug, Clone, Default)]
pub struct Baggage(Arc<Mutex<Written>>);

/// As HTML.
#[derive(Debug, Default)]
struct Written {
    head: String,
    player: String,
}

impl Baggage {
    /// For the page's head.
    pub fn head(&self) -> String {
        self.lock().head.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts into the page what it is about.
pub fn tell(head: &Head) {
    if let Some(baggage) = use_context::<Baggage>().filter(|_| is_watching()) {
        baggage.lock().head += &head.html();
    }
}

/// Puts into the page what begins to play the film, and what it asks for first; without that it asks. `is_left`: the
/// film goes on somewhere else than at its beginning.
pub async fn bring_along(address: &str, is_left: bool) {
    // Who comes from another page of ours has a player that asks by itself.
    let Some(baggage) = use_context::<Baggage>().filter(|_| is_watching()) else { return };
    let asks_for_time = use_context::<Parts>().is_some_and(|parts| parts.uri.query().is_some_and(|q| q.contains("t=")));
    let is_from_start = !is_left && !asks_for_time;
    let nonce = use_nonce().map(|nonce| format!(r#" nonce="{nonce}""#)).unwrap_or_default();
    let early = platform::videos::early(&platform(), &viewer().actor, address, is_from_start).await.ok();
    let mut written = baggage.lock();
    written.head += &early.as_ref().map(preloads).unwrap_or_default();
    for script in ["start", "player"] {
        written.head += &format!(r#"<link rel="modulepreload" href="/pkg/{script}.js"{nonce}>"#);
    }
    written.player = early.as_ref().map(data).unwrap_or_default();
    written.player += &format!(r#"<script type="module" async src="/pkg/start.js"{nonce}></script>"#);
}

fn preloads(Early { tracks, .. }: &Early) -> String {
    let urls = tracks.iter().flat_map(|track| &track.objects).map(|(_, url)| xml::escape(url));
    let link =
        |url| format!(r#"<link rel="preload" as="fetch" crossorigin="anonymous" fetchpriority="high" href="{url}">"#);
    urls.map(link).collect()
}

/// For `frontend/player/start.js` and `early.js`.
fn data(Early { playlists, tracks }: &Early) -> String {
    let playlists: BTreeMap<&str, &str> =
        playlists.iter().map(|(address, text)| (address.as_str(), text.as_str())).collect();
    let json = xml::for_script(&serde_json::json!({ "playlists": playlists, "tracks": tracks }));
    format!(r#"<script type="application/json" id="early">{json}</script>"#)
}

/// For the player's element.
pub fn early() -> String {
    // Rendering asks more than once.
    use_context::<Baggage>().map(|baggage| baggage.lock().player.clone()).unwrap_or_default()
}
