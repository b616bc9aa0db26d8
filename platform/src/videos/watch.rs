//! Watching: playlists, and where their bytes are.

use super::{load, subject};
use crate::db::{self, videos::Access, videos::Film};
use crate::storage::Signed;
use crate::{Error, Platform, Result};
use domain::access::{Action, Actor, Subject, can};
use domain::id::{BuildId, VideoId};
use domain::key::MediaKey;
use domain::playlist::{self, Rate, Rendition};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Leads from `/v/{video}/{build}/` to `/m/`.
const MEDIA_BASE: &str = "../../../m/";

/// The master playlist of the build that is watched.
pub async fn master(platform: &Platform, actor: &Actor, id: &VideoId) -> Result<String> {
    let (_, build, _, renditions) = watched(platform, actor, id).await?;
    let mut chunks = db::segments::chunks(&platform.db, &build, None).await?;
    let rated: Vec<(Rendition, Rate)> = renditions
        .into_iter()
        .map(|rendition| {
            let rate = Rate::of(&chunks.remove(&rendition.name).unwrap_or_default());
            (rendition, rate)
        })
        .collect();
    Ok(playlist::master(&rated))
}

/// The media playlist of one of its renditions.
pub async fn media_playlist(platform: &Platform, actor: &Actor, id: &VideoId, name: &str) -> Result<String> {
    let (_, build, fence, renditions) = watched(platform, actor, id).await?;
    if !renditions.iter().any(|r| r.name == name) {
        return Err(Error::NotFound);
    }
    let mut chunks = db::segments::chunks(&platform.db, &build, Some(name)).await?;
    Ok(playlist::media(&build, name, fence, &chunks.remove(name).unwrap_or_default(), MEDIA_BASE))
}

/// Where the object behind `/m/{path}` is, for whoever may watch its film.
pub async fn media_url(platform: &Platform, actor: &Actor, path: &str) -> Result<Signed> {
    let key = MediaKey::from_path(path).ok_or(Error::NotFound)?;
    let build = key.build().ok_or(Error::NotFound)?;
    let access = match platform.watchers.get(build) {
        Some(access) => access,
        None => {
            let access = db::videos::of_build(&platform.db, build).await?.ok_or(Error::NotFound)?;
            platform.watchers.remember(build.clone(), access.clone());
            access
        }
    };
    let film = Subject::Video { owner: &access.owner, visibility: access.visibility, deleted: access.deleted };
    if !can(actor, Action::Watch, film) {
        return Err(Error::NotFound);
    }
    Ok(platform.storage.presign_get(&key).await?)
}

async fn watched(platform: &Platform, actor: &Actor, id: &VideoId) -> Result<(Film, BuildId, i64, Vec<Rendition>)> {
    let film = load(platform, actor, Action::Watch, id).await?;
    debug_assert!(can(actor, Action::Watch, subject(&film)));
    let build = film.build.clone().ok_or(Error::NotFound)?;
    let (fence, renditions) = db::builds::renditions(&platform.db, &build).await?.ok_or(Error::NotFound)?;
    Ok((film, build, fence, renditions))
}

/// Who may see what belongs to a build, remembered for two seconds: a change of visibility takes that long to reach
/// the segments on other processes.
#[derive(Clone, Default)]
pub struct Watchers {
    memory: Arc<Mutex<Memory>>,
}

#[derive(Default)]
struct Memory {
    known: HashMap<BuildId, Access>,
    /// In the order of their ends, since all live equally long.
    ends: VecDeque<(Instant, BuildId)>,
}

impl Watchers {
    const LIFE: Duration = Duration::from_secs(2);
    const CAPACITY: usize = 10_000;

    fn get(&self, build: &BuildId) -> Option<Access> {
        let mut memory = self.lock();
        memory.expire(Instant::now());
        memory.known.get(build).cloned()
    }

    fn remember(&self, build: BuildId, access: Access) {
        let now = Instant::now();
        let mut memory = self.lock();
        memory.expire(now);
        if memory.known.len() < Self::CAPACITY && memory.known.insert(build.clone(), access).is_none() {
            memory.ends.push_back((now + Self::LIFE, build));
        }
    }

    /// Asks the database again for everything of this film.
    pub(super) fn forget(&self, video: &VideoId) {
        let mut memory = self.lock();
        let Memory { known, ends } = &mut *memory;
        known.retain(|_, access| access.video != *video);
        ends.retain(|(_, build)| known.contains_key(build));
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
            if let Some((_, build)) = self.ends.pop_front() {
                self.known.remove(&build);
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
        watchers.remember(BuildId::from_random([1; 16]), access(1));
        let mut memory = watchers.lock();
        memory.expire(Instant::now() + Watchers::LIFE);
        assert!(memory.known.is_empty() && memory.ends.is_empty());
    }

    #[test]
    fn a_deleted_film_is_forgotten_at_once() {
        let watchers = Watchers::default();
        let (one, two) = (BuildId::from_random([1; 16]), BuildId::from_random([2; 16]));
        watchers.remember(one.clone(), access(1));
        watchers.remember(two.clone(), access(2));
        watchers.forget(&access(1).video);
        assert_eq!(watchers.get(&one), None);
        assert_eq!(watchers.get(&two), Some(access(2)));
    }
}
