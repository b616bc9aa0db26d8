//! Watching: playlists and manifests, and where their bytes are.

use super::growth::Snapshot;
use super::text::Text;
use crate::db::{self, videos::Access};
use crate::storage::Signed;
use crate::{Error, Platform, Result};
use domain::access::{Action, Actor, Subject, can};
use domain::id::{BuildId, VideoId};
use domain::key::{Belongs, MediaKey};
use domain::webvtt;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
    playlist(&snapshot, None, asked)
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
    playlist(&snapshot, Some(name), asked)
}

/// The DASH manifest of a finished build.
pub async fn manifest(platform: &Platform, actor: &Actor, video: &VideoId, build: &BuildId) -> Result<Arc<str>> {
    judge(platform, actor, video, build).await?;
    // The film may be called ready for less than a second.
    let snapshot = platform.growth.look_finished(platform, build).await?;
    snapshot.manifest().ok_or(Error::NotFound)
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

fn playlist(snapshot: &Snapshot, name: Option<&str>, asked: Asked) -> Result<Playlist> {
    let text = snapshot.playlist(name, asked.growing).ok_or(Error::NotFound)?;
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
    let access = may_watch(platform, actor, build).await?;
    if access.video == *video { Ok(()) } else { Err(Error::NotFound) }
}

/// Where the object behind `/m/{path}` is, for whoever may watch its film.
pub async fn media_url(platform: &Platform, actor: &Actor, path: &str) -> Result<Signed> {
    let key = MediaKey::from_path(path).ok_or(Error::NotFound)?;
    match key.belongs_to() {
        Belongs::ToBuild(build) => may_watch(platform, actor, build).await?,
        Belongs::ToFilm(video) => may_watch_film(platform, actor, video).await?,
    };
    Ok(platform.storage.presign_get(&key).await?)
}

/// What access to the build's film was judged by, if `actor` may watch it.
async fn may_watch(platform: &Platform, actor: &Actor, build: &BuildId) -> Result<Access> {
    judged(platform, actor, build.as_str(), db::videos::of_build(&platform.db, build)).await
}

/// The same of what belongs to no build.
pub(crate) async fn may_watch_film(platform: &Platform, actor: &Actor, video: &VideoId) -> Result<Access> {
    judged(platform, actor, video.as_str(), db::videos::access(&platform.db, video)).await
}

/// By what is remembered of `id`; else by what is `read`, which is remembered then.
async fn judged(
    platform: &Platform,
    actor: &Actor,
    id: &str,
    read: impl Future<Output = sqlx::Result<Option<Access>>>,
) -> Result<Access> {
    let access = match platform.watchers.get(id) {
        Some(access) => access,
        None => {
            let access = read.await?.ok_or(Error::NotFound)?;
            platform.watchers.remember(id, access.clone());
            access
        }
    };
    let film = Subject::Video { owner: &access.owner, visibility: access.visibility, deleted: access.deleted };
    if can(actor, Action::Watch, film) { Ok(access) } else { Err(Error::NotFound) }
}

/// Who may see what belongs to a build or to a film, by its id, remembered for two seconds: a change of visibility takes
/// that long to reach the segments on other processes.
#[derive(Clone, Default)]
pub struct Watchers {
    memory: Arc<Mutex<Memory>>,
}

#[derive(Default)]
struct Memory {
    known: HashMap<String, Access>,
    /// In the order of their ends, since all live equally long.
    ends: VecDeque<(Instant, String)>,
}

impl Watchers {
    const LIFE: Duration = Duration::from_secs(2);
    const CAPACITY: usize = 10_000;

    fn get(&self, id: &str) -> Option<Access> {
        let mut memory = self.lock();
        memory.expire(Instant::now());
        memory.known.get(id).cloned()
    }

    fn remember(&self, id: &str, access: Access) {
        let now = Instant::now();
        let mut memory = self.lock();
        memory.expire(now);
        if memory.known.len() < Self::CAPACITY && memory.known.insert(id.to_owned(), access).is_none() {
            memory.ends.push_back((now + Self::LIFE, id.to_owned()));
        }
    }

    /// Asks the database again for everything of this film.
    pub(super) fn forget(&self, video: &VideoId) {
        let mut memory = self.lock();
        let Memory { known, ends } = &mut *memory;
        known.retain(|_, access| access.video != *video);
        ends.retain(|(_, id)| known.contains_key(id));
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn expire(&mut self, now: Instant) {
        while let Some((end, _)) = self.ends.front()
            && *end <= now
        {
            if let Some((_, id)) = self.ends.pop_front() {
                self.known.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::UserId;
    use domain::video::{State, Visibility};

    fn access(n: u8) -> Access {
        Access {
            video: VideoId::from_random([n; 16]),
            owner: UserId::from_random([n; 16]),
            visibility: Visibility::Public,
            deleted: false,
            state: State::Ready,
        }
    }

    #[test]
    fn what_has_expired_takes_no_memory() {
        let watchers = Watchers::default();
        watchers.remember("a build", access(1));
        let mut memory = watchers.lock();
        memory.expire(Instant::now() + Watchers::LIFE);
        assert!(memory.known.is_empty() && memory.ends.is_empty());
    }

    #[test]
    fn a_deleted_film_is_forgotten_at_once() {
        let watchers = Watchers::default();
        watchers.remember("one", access(1));
        watchers.remember("two", access(2));
        watchers.forget(&access(1).video);
        assert_eq!(watchers.get("one"), None);
        assert_eq!(watchers.get("two"), Some(access(2)));
    }
}
