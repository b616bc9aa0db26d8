//! What a player asks for first. The film's page brings it along or names it, so that the first frame waits for no round
//! trip that could be saved.

use super::growth::Snapshot;
use super::text::Text;
use super::watch::{media_base, media_url, watched};
use crate::{Error, Platform, Result};
use domain::access::Actor;
use domain::id::{BuildId, VideoId};
use domain::playlist::{AUDIO, beginning, from_root};
use std::sync::Arc;

/// Playlists of more bytes than this are left to be asked for: a page isn't made heavy for films of many hours.
const MOST_TEXT: usize = 96 << 10;
/// Chunks of more bytes than this are asked for by byte ranges, as any other.
const MOST_OBJECT: u64 = 400_000;
/// Seconds that our player wants to be there of a rendition before it chooses it (`frontend/player/growth.js`).
const AHEAD_MS: f64 = 20_000.0;

/// By address, from the site's root.
pub struct Early {
    pub playlists: Vec<(String, Arc<Text>)>,
    /// Init segments and first chunks, of the lowest rung and of the sound: as the playlists name them, and where they lie
    /// for as long as a URL lives.
    pub objects: Vec<(String, String)>,
}

/// Of the playlist at `address` (`/v/{video}/{build}/master.m3u8`, perhaps for a build that grows).
pub async fn early(platform: &Platform, actor: &Actor, address: &str) -> Result<Early> {
    let (path, query) =
        address.split_once('?').map_or((address, String::new()), |(path, query)| (path, format!("?{query}")));
    let mut parts = path.strip_prefix("/v/").ok_or(Error::NotFound)?.split('/');
    let (video, build) = parts.next().zip(parts.next()).ok_or(Error::NotFound)?;
    let ids = video.parse::<VideoId>().ok().zip(build.parse::<BuildId>().ok());
    let (video, build) = ids.ok_or(Error::NotFound)?;
    let snapshot = watched(platform, actor, &video, &build).await?;
    let growing = !query.is_empty();
    let base = media_base(platform, &build);
    let master = snapshot.playlist(&base, None, growing).ok_or(Error::NotFound)?;
    let mut early = Early { playlists: vec![(address.to_owned(), master)], objects: Vec::new() };
    for name in first_renditions(&snapshot) {
        let Some(text) = snapshot.playlist(&base, Some(&name), growing) else { continue };
        let beginning = beginning(text.as_str());
        let object = beginning.chunk.filter(|(_, bytes)| *bytes <= MOST_OBJECT).map(|(uri, _)| uri);
        for address in beginning.init.into_iter().chain(object).map(from_root) {
            let url = match address.strip_prefix("/m/") {
                Some(path) => media_url(platform, actor, path).await?.url,
                None => address.clone(),
            };
            early.objects.push((address, url));
        }
        if text.plain().len() <= MOST_TEXT {
            early.playlists.push((format!("/v/{video}/{build}/{name}.m3u8{query}"), text));
        }
    }
    Ok(early)
}

/// The lowest rung that is far enough, and the sound that is heard unless another is chosen.
fn first_renditions(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let lengths = || {
        let pictures = snapshot.renditions().filter(|rendition| !rendition.is_audio());
        pictures.map(|rendition| (rendition.name.clone(), snapshot.length_ms(&rendition.name)))
    };
    let enough = lengths().map(|(_, length)| length).fold(0.0, f64::max).min(AHEAD_MS);
    let lowest = lengths().find(|(_, length)| *length > 0.0 && *length >= enough).map(|(name, _)| name);
    let sound = snapshot.renditions().any(|rendition| rendition.name == AUDIO).then(|| AUDIO.to_owned());
    lowest.into_iter().chain(sound)
}
