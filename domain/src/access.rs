//! The only judge of access.

use crate::id::{KeyId, UserId};
use crate::video::Visibility;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    Anonymous,
    User(UserId),
    /// Either of them, with keys to films: who knew a password, or came by a share link.
    Holder {
        user: Option<UserId>,
        keys: Vec<KeyId>,
    },
}

impl Actor {
    pub fn new(user: Option<UserId>, keys: Vec<KeyId>) -> Self {
        match (user, keys.is_empty()) {
            (None, true) => Actor::Anonymous,
            (Some(user), true) => Actor::User(user),
            (user, false) => Actor::Holder { user, keys },
        }
    }

    pub fn user(&self) -> Option<&UserId> {
        match self {
            Actor::Anonymous => None,
            Actor::User(id) => Some(id),
            Actor::Holder { user, .. } => user.as_ref(),
        }
    }

    fn holds(&self, key: &KeyId) -> bool {
        matches!(self, Actor::Holder { keys, .. } if keys.contains(key))
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// See a film's page, playlists, segments and pictures.
    Watch,
    /// Be asked for the film's password, and so learn that there is a film.
    Knock,
    /// Fetch what was promised to somebody who might watch: the CDN does, with the token that he was given.
    Deliver,
    /// Find the film in lists and search.
    List,
    /// See what only its owner should: failure, notices, progress of an upload.
    Inspect,
    /// Change title, description or visibility, and who has a share link.
    Edit,
    Delete,
    /// Begin an upload, see one's own.
    Upload,
}

/// What it is asked of.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// The site itself.
    Site,
    Video {
        owner: &'a UserId,
        visibility: Visibility,
        deleted: bool,
        /// What opens it at this moment.
        keys: &'a [KeyId],
    },
    /// An upload session.
    Upload { owner: &'a UserId },
}

/// Whether `actor` may do `action` to `subject`. Whoever may not watch gets 404, as if the film did not exist; whoever may
/// knock, 401.
pub fn can(actor: &Actor, action: Action, subject: Subject<'_>) -> bool {
    use Action::{Delete, Deliver, Edit, Inspect, Knock, List, Upload, Watch};
    match (action, subject) {
        (Upload, Subject::Site) => actor.user().is_some(),
        (Upload | Inspect | Edit | Delete, Subject::Upload { owner }) => actor.user() == Some(owner),
        (Watch, Subject::Video { owner, visibility, deleted, keys }) => {
            let open = matches!(visibility, Visibility::Public | Visibility::Unlisted);
            !deleted && (open || actor.user() == Some(owner) || keys.iter().any(|key| actor.holds(key)))
        }
        (Knock, Subject::Video { visibility, deleted, .. }) => !deleted && visibility == Visibility::Password,
        (Deliver, Subject::Video { deleted, .. }) => !deleted,
        (List, Subject::Video { visibility, deleted, .. }) => !deleted && visibility == Visibility::Public,
        // A deleted film's owner may still undo that.
        (Delete, Subject::Video { owner, .. }) => actor.user() == Some(owner),
        (Inspect | Edit, Subject::Video { owner, deleted, .. }) => !deleted && actor.user() == Some(owner),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u8) -> UserId {
        UserId::from_random([n; 16])
    }

    #[test]
    fn the_whole_table() {
        let (owner, other) = (Actor::User(user(1)), Actor::User(user(2)));
        let (key, old_key) = (KeyId::from_random([3; 16]), KeyId::from_random([4; 16]));
        let guest = Actor::new(None, vec![old_key.clone(), key.clone()]);
        let friend = Actor::new(Some(user(2)), vec![key.clone()]);
        let late = Actor::new(Some(user(2)), vec![old_key]);
        let owner_id = user(1);
        let keys = [key];
        let film = |visibility, deleted| Subject::Video { owner: &owner_id, visibility, deleted, keys: &keys };
        for actor in [&owner, &other, &guest, &friend, &late, &Actor::Anonymous] {
            let own = actor == &owner;
            let let_in = own || actor == &guest || actor == &friend;
            for visibility in Visibility::ALL {
                let live = film(visibility, false);
                let open = matches!(visibility, Visibility::Public | Visibility::Unlisted);
                assert_eq!(can(actor, Action::Watch, live), let_in || open);
                assert_eq!(can(actor, Action::Knock, live), visibility == Visibility::Password);
                assert_eq!(can(actor, Action::List, live), visibility == Visibility::Public);
                assert_eq!(can(actor, Action::Edit, live), own);
                assert_eq!(can(actor, Action::Inspect, live), own);
                assert_eq!(can(actor, Action::Delete, live), own);
                let gone = film(visibility, true);
                for action in
                    [Action::Watch, Action::Knock, Action::Deliver, Action::List, Action::Edit, Action::Inspect]
                {
                    assert!(!can(actor, action, gone), "{actor:?} {action:?} of a deleted film");
                }
                assert_eq!(can(actor, Action::Delete, gone), own);
            }
            assert_eq!(can(actor, Action::Upload, Subject::Upload { owner: &owner_id }), own);
            assert_eq!(can(actor, Action::Upload, Subject::Site), actor.user().is_some());
            assert!(!can(actor, Action::Watch, Subject::Site));
        }
    }
}
