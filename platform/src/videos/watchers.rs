//! What access was judged by, remembered for a moment.

use crate::db::{keys::Valid, videos::Access};
use crate::remembered::Remembered;
use domain::id::{KeyId, VideoId};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// What access to a film is judged by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Door {
    pub(super) access: Access,
    /// None of a film that takes none.
    pub(super) keys: Vec<Valid>,
}

impl Door {
    /// Without those that have expired since they were read.
    pub(super) fn keys_now(&self) -> Vec<KeyId> {
        if self.keys.is_empty() {
            return Vec::new();
        }
        let now = OffsetDateTime::now_utc();
        let open = |valid: &&Valid| valid.expires_at.is_none_or(|end| end > now);
        self.keys.iter().filter(open).map(|valid| valid.key.clone()).collect()
    }
}

/// Who may see what belongs to a build or to a film, by its id, remembered for two seconds: a change of visibility takes
/// that long to reach the segments on other processes.
#[derive(Clone, Default)]
pub struct Watchers {
    memory: Arc<Mutex<Memory>>,
}

#[derive(Default)]
struct Memory {
    known: HashMap<String, Remembered<Arc<Door>>>,
    /// In the order of their ends, since all live equally long.
    ends: VecDeque<(Instant, String)>,
    /// How often something was to be forgotten.
    forgotten: u64,
}

impl Watchers {
    const LIFE: Duration = Duration::from_secs(2);
    const CAPACITY: usize = 10_000;

    pub(super) fn get(&self, id: &str) -> Option<Arc<Door>> {
        self.lock().get(id, Instant::now())
    }

    /// To be called before the database is asked.
    pub(super) fn asking(&self) -> u64 {
        self.lock().forgotten
    }

    /// What was read while something changed may be what was before it: that isn't remembered.
    pub(super) fn remember(&self, id: &str, door: Arc<Door>, asked: u64) {
        let now = Instant::now();
        let mut memory = self.lock();
        memory.expire(now);
        if memory.forgotten == asked && memory.known.len() < Self::CAPACITY {
            let known = Remembered::new(door, now, Self::LIFE);
            memory.ends.push_back((known.end(), id.to_owned()));
            memory.known.insert(id.to_owned(), known);
        }
    }

    /// Asks the database again for everything of this film.
    pub(crate) fn forget(&self, video: &VideoId) {
        let mut memory = self.lock();
        let Memory { known, ends, forgotten } = &mut *memory;
        *forgotten += 1;
        known.retain(|_, known| known.value().access.video != *video);
        ends.retain(|(_, id)| known.contains_key(id));
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn get(&mut self, id: &str, now: Instant) -> Option<Arc<Door>> {
        self.expire(now);
        self.known.get_mut(id)?.get(now)
    }

    fn expire(&mut self, now: Instant) {
        while let Some((end, _)) = self.ends.front()
            && *end <= now
        {
            // Unless it was looked at again meanwhile.
            if let Some((_, id)) = self.ends.pop_front()
                && self.known.get(&id).is_some_and(|known| known.is_over(now))
            {
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

    fn door(n: u8) -> Arc<Door> {
        let access = Access {
            video: VideoId::from_random([n; 16]),
            owner: UserId::from_random([n; 16]),
            visibility: Visibility::Public,
            deleted: false,
            state: State::Ready,
            version: 1,
        };
        Arc::new(Door { access, keys: Vec::new() })
    }

    #[test]
    fn what_has_expired_takes_no_memory() {
        let watchers = Watchers::default();
        watchers.remember("a build", door(1), watchers.asking());
        let mut memory = watchers.lock();
        memory.expire(Instant::now() + Watchers::LIFE);
        assert!(memory.known.is_empty() && memory.ends.is_empty());
    }

    #[test]
    fn one_looks_again_before_all_have_to() {
        let watchers = Watchers::default();
        watchers.remember("a build", door(1), watchers.asking());
        let soon = Instant::now() + Watchers::LIFE / 2;
        let found = |now| watchers.lock().get("a build", now).is_some();
        assert!([found(soon), found(soon), found(soon)] == [false, true, true]);
        assert!(!found(soon + Watchers::LIFE), "who was sent didn't come back");

        watchers.remember("a build", door(1), watchers.asking());
        assert!(!found(Instant::now() + Watchers::LIFE / 2));
        std::thread::sleep(Duration::from_millis(2));
        watchers.remember("a build", door(2), watchers.asking());
        let first_end = watchers.lock().ends[0].0;
        assert!(found(first_end - Watchers::LIFE / 2), "the first one's end is none of the second's");
    }

    #[test]
    fn a_deleted_film_is_forgotten_at_once() {
        let watchers = Watchers::default();
        watchers.remember("one", door(1), watchers.asking());
        watchers.remember("two", door(2), watchers.asking());
        watchers.forget(&door(1).access.video);
        assert_eq!(watchers.get("one"), None);
        assert_eq!(watchers.get("two"), Some(door(2)));
    }

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let watchers = Watchers::default();
        let asked = watchers.asking();
        watchers.forget(&door(1).access.video);
        watchers.remember("one", door(1), asked);
        assert_eq!(watchers.get("one"), None);
    }

    #[test]
    fn a_key_that_expires_while_it_is_remembered_opens_no_more() {
        let valid = |n, expires_at| Valid { key: KeyId::from_random([n; 16]), expires_at };
        let now = OffsetDateTime::now_utc();
        let second = time::Duration::SECOND;
        let keys = vec![valid(1, None), valid(2, Some(now - second)), valid(3, Some(now + 60 * second))];
        let door = Door { access: door(1).access.clone(), keys };
        assert_eq!(door.keys_now(), [KeyId::from_random([1; 16]), KeyId::from_random([3; 16])]);
    }
}
