//! Watching: playlists and manifests, and where their bytes are.

use super::growth::Snapshot;
use super::text::Text;
use super::watchers::Door;
use crate::db::{self, videos::Access};
use crate::storage::Signed;
use crate::{Error, Platform, Result, cdn};
use domain::access::{Action, Subject, can};
use domain::actor::Actor;
use domain::id::{BuildId, VideoId};
use domain::key::{Belongs, MediaKey};
use domain::webvtt;
use std::sync::Arc;
use std::time::Duration;

/// A player waits at most this long for what isn't there yet. Ours takes half a minute for a broken connection
/// (`frontend/player/config.js`), proxies a minute.
const HOLD: Duration = Duration::from_secs(20);

/// What a player asks for beside the rendition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Our own player: all renditions equally long, with gaps.
    pub growing: bool,
    /// The answer waits until the segment of this number is there (`_HLS_msn` of RFC 8216bis, 6.2.5.2).
    pub segment: Option<u64>,
}

/// A playlist as it is now.
#[derive(Debug, Clone)]
pub struct Playlist {
    pub text: Arc<Text>,
    /// It won't change.
    pub finished: bool,
}

/// The master playlist of a build.
pub async fn master(
    platform: &Platform,
    actor: &Actor,
    video: &VideoId,
    build: &BuildId,
    asked: Asked,
) -> Result<Playlist> {
    let snapshot = watched(platform, actor, video, build).await?;
    playlist(platform, &snapshot, None, asked)
}

/// The media playlist of one of its renditions.
pub async fn media_playlist(
    platform: &Platform,
    actor: &Actor,
    video: &VideoId,
    build: &BuildId,
    name: &str,
    asked: Asked,
) -> Result<Playlist> {
    let mut snapshot = watched(platform, actor, video, build).await?;
    if let Some(segment) = asked.segment.filter(|_| !snapshot.is_finished()) {
        let mut changes = platform.growth.follow(platform, build).await?;
        let there = |snapshot: &Arc<Snapshot>| snapshot.is_finished() || snapshot.has(name, segment, asked.growing);
        // Without it in time, what there is by now.
        let found =
            tokio::time::timeout(HOLD, changes.wait_for(there)).await.map(|found| found.map(|s| Arc::clone(&s)));
        snapshot = match found {
            Ok(Ok(snapshot)) => snapshot,
            Ok(Err(_)) | Err(_) => platform.growth.look(platform, build).await?,
        };
    }
    playlist(platform, &snapshot, Some(name), asked)
}

/// The DASH manifest of a finished build.
pub async fn manifest(platform: &Platform, actor: &Actor, video: &VideoId, build: &BuildId) -> Result<Arc<str>> {
    judge(platform, actor, video, build).await?;
    // The film may be called ready for less than a second.
    let snapshot = platform.growth.look_finished(platform, build).await?;
    snapshot.manifest(&media_base(platform, build)).ok_or(Error::NotFound)
}

/// The film's chapters as WebVTT.
pub async fn chapters(platform: &Platform, actor: &Actor, video: &VideoId, build: &BuildId) -> Result<String> {
    watched(platform, actor, video, build).await?.chapter_track().ok_or(Error::NotFound)
}

/// Which part of which sheet shows what is in the film when, as WebVTT.
pub async fn storyboard(platform: &Platform, actor: &Actor, video: &VideoId, build: &BuildId) -> Result<String> {
    judge(platform, actor, video, build).await?;
    let storyboard = db::builds::storyboard(&platform.db, build).await?.ok_or(Error::NotFound)?;
    Ok(webvtt::storyboard(build, &storyboard))
}

fn playlist(platform: &Platform, snapshot: &Snapshot, name: Option<&str>, asked: Asked) -> Result<Playlist> {
    let text = snapshot.playlist(&media_base(platform, &snapshot.build), name, asked.growing).ok_or(Error::NotFound)?;
    Ok(Playlist { text, finished: snapshot.is_finished() })
}

pub(super) async fn watched(
    platform: &Platform,
    actor: &Actor,
    video: &VideoId,
    build: &BuildId,
) -> Result<Arc<Snapshot>> {
    judge(platform, actor, video, build).await?;
    platform.growth.look(platform, build).await
}

/// Whether `actor` may watch the film, and the build is one of it; to others there is none.
async fn judge(platform: &Platform, actor: &Actor, video: &VideoId, build: &BuildId) -> Result<()> {
    let read = db::videos::of_build(&platform.db, build);
    let door = judged(platform, actor, Action::Watch, build.as_str(), read).await?;
    if door.access.video == *video { Ok(()) } else { Err(Error::NotFound) }
}

/// Where the object behind `/m/{path}` is, for whoever may watch its film: at the CDN, if there is one. The CDN itself asks
/// with its token in front of the path.
pub async fn media_url(platform: &Platform, actor: &Actor, path: &str) -> Result<Signed> {
    let Some(cdn) = &platform.config.cdn else {
        let key = MediaKey::from_path(path).ok_or(Error::NotFound)?;
        may(platform, actor, Action::Watch, &key).await?;
        return Ok(platform.storage.presign_get(&key).await?);
    };
    match cdn::open(cdn, path) {
        Some(path) => {
            let key = MediaKey::from_path(path).ok_or(Error::NotFound)?;
            may(platform, &Actor::ANONYMOUS, Action::Deliver, &key).await?;
            Ok(platform.storage.presign_get(&key).await?)
        }
        None => {
            let key = MediaKey::from_path(path).ok_or(Error::NotFound)?;
            may(platform, actor, Action::Watch, &key).await?;
            let cdn::Way { url, max_age } = cdn::way(cdn, &key).ok_or(Error::NotFound)?;
            Ok(Signed { url, max_age })
        }
    }
}

async fn may(platform: &Platform, actor: &Actor, action: Action, key: &MediaKey) -> Result<Arc<Door>> {
    let db = &platform.db;
    match key.belongs_to() {
        Belongs::ToBuild(build) => {
            judged(platform, actor, action, build.as_str(), db::videos::of_build(db, build)).await
        }
        Belongs::ToFilm(video) => judged(platform, actor, action, video.as_str(), db::videos::access(db, video)).await,
    }
}

/// By what access to the film was judged, if `actor` may watch it.
pub(crate) async fn may_watch_film(platform: &Platform, actor: &Actor, video: &VideoId) -> Result<Arc<Door>> {
    let read = db::videos::access(&platform.db, video);
    judged(platform, actor, Action::Watch, video.as_str(), read).await
}

/// What the lines of a playlist of this build begin with.
pub(super) fn media_base(platform: &Platform, build: &BuildId) -> String {
    match &platform.config.cdn {
        Some(cdn) => cdn::base_now(cdn, build.as_str()),
        None => domain::playlist::MEDIA_BASE.to_owned(),
    }
}

/// By what is remembered of `id`; else by what is `read`, which is remembered then.
async fn judged(
    platform: &Platform,
    actor: &Actor,
    action: Action,
    id: &str,
    read: impl Future<Output = sqlx::Result<Option<Access>>>,
) -> Result<Arc<Door>> {
    let door = match platform.watchers.get(id) {
        Some(door) => door,
        None => {
            let asked = platform.watchers.asking();
            let access = read.await?.ok_or(Error::NotFound)?;
            let keys = match super::is_open(access.visibility) {
                true => Vec::new(),
                false => db::keys::valid(&platform.db, &access.video).await?,
            };
            let door = Arc::new(Door { access, keys });
            platform.watchers.remember(id, Arc::clone(&door), asked);
            door
        }
    };
    let keys = door.keys_now();
    let Access { owner, visibility, deleted, .. } = &door.access;
    let film = Subject::Video { owner, visibility: *visibility, deleted: *deleted, keys: &keys };
    if can(actor, action, film) { Ok(door) } else { Err(shut(actor, film)) }
}

/// What somebody is told who may not watch. That a film is behind a password is no secret; any other is as if it weren't.
pub(super) fn shut(actor: &Actor, film: Subject<'_>) -> Error {
    if can(actor, Action::Knock, film) {
        Error::Unauthenticated { code: "password_required", message: "This film is behind a password." }
    } else {
        Error::NotFound
    }
}
