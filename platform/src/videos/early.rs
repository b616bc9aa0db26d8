//! What a player asks for first. The film's page brings it along or names it, so that the first frame waits for no round
//! trip that could be saved.

use super::growth::Snapshot;
use super::text::Text;
use super::watch::{media_base, media_url, watched};
use crate::{Error, Platform, Result};
use domain::actor::Actor;
use domain::id::{BuildId, VideoId};
use domain::playlist::{AUDIO, Rendition, beginning, from_root};
use serde::Serialize;
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
    /// Of the lowest rung and of the sound; none if the film begins elsewhere.
    pub tracks: Vec<Track>,
}

/// What a track begins with.
#[derive(Debug, Serialize)]
pub struct Track {
    /// As MediaSource takes it.
    pub mime: String,
    /// The init segment and the first chunk: as the playlists name them, and where they lie for as long as a URL lives.
    pub objects: Vec<(String, String)>,
}

/// Of the playlist at `address` (`/v/{video}/{build}/master.m3u8`, perhaps for a build that grows). `is_from_start`: the film
/// is played from its beginning.
pub async fn early(platform: &Platform, actor: &Actor, address: &str, is_from_start: bool) -> Result<Early> {
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
    let mut early = Early { playlists: vec![(address.to_owned(), master)], tracks: Vec::new() };
    for rendition in first_renditions(&snapshot) {
        let name = &rendition.name;
        let Some(text) = snapshot.playlist(&base, Some(name), growing) else { continue };
        if is_from_start {
            let kind = if rendition.is_audio() { "audio" } else { "video" };
            let mime = format!("{kind}/mp4;codecs={}", rendition.codecs);
            early.tracks.push(Track { mime, objects: first_objects(platform, actor, text.as_str()).await? });
        }
        if text.plain().len() <= MOST_TEXT {
            early.playlists.push((format!("/v/{video}/{build}/{name}.m3u8{query}"), text));
        }
    }
    Ok(early)
}

/// Of the rendition whose playlist is `text`.
async fn first_objects(platform: &Platform, actor: &Actor, text: &str) -> Result<Vec<(String, String)>> {
    let beginning = beginning(text);
    let chunk = beginning.chunk.filter(|(_, bytes)| *bytes <= MOST_OBJECT).map(|(uri, _)| uri);
    let mut objects = Vec::new();
    for address in beginning.init.into_iter().chain(chunk).map(from_root) {
        let url = match address.strip_prefix("/m/") {
            Some(path) => media_url(platform, actor, path).await?.url,
            None => address.clone(),
        };
        objects.push((address, url));
    }
    Ok(objects)
}

/// The lowest rung that is far enough, and the sound that is heard unless another is chosen.
fn first_renditions(snapshot: &Snapshot) -> impl Iterator<Item = &Rendition> {
    let lengths = || {
        let pictures = snapshot.renditions().filter(|rendition| !rendition.is_audio());
        pictures.map(|rendition| (rendition, snapshot.length_ms(&rendition.name)))
    };
    let enough = lengths().map(|(_, length)| length).fold(0.0, f64::max).min(AHEAD_MS);
    let lowest = lengths().find(|(_, length)| *length > 0.0 && *length >= enough).map(|(rendition, _)| rendition);
    let sound = snapshot.renditions().find(|rendition| rendition.name == AUDIO);
    lowest.into_iter().chain(sound)
}
