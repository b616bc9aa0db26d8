//! The only judge of access.

use crate::id::UserId;
use crate::video::Visibility;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    Anonymous,
    User(UserId),
}

impl Actor {
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Actor::Anonymous => None,
            Actor::User(id) => Some(id),
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// See a film's page, playlists, segments and pictures.
    Watch,
    /// Find the film in lists and search.
    List,
    /// See what only its owner should: failure, notices, progress of an upload.
    Inspect,
    /// Change title, description or visibility.
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
    },
    /// An upload session.
    Upload {
        owner: &'a UserId,
    },
}

/// Whether `actor` may do `action` to `subject`. Whoever may not watch gets 404, as if the film did not exist.
pub fn can(actor: &Actor, action: Action, subject: Subject<'_>) -> bool {
    use Action::{Delete, Edit, Inspect, List, Upload, Watch};
    match (action, subject) {
        (Upload, Subject::Site) => actor.user().is_some(),
        (Upload | Inspect | Edit | Delete, Subject::Upload { owner }) => actor.user() == Some(owner),
        (Watch, Subject::Video { owner, visibility, deleted }) => {
            !deleted && (visibility != Visibility::Private || actor.user() == Some(owner))
        }
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
        let owner_id = user(1);
        let film = |visibility, deleted| Subject::Video { owner: &owner_id, visibility, deleted };
        for actor in [&owner, &other, &Actor::Anonymous] {
            let own = actor == &owner;
            for visibility in [Visibility::Public, Visibility::Unlisted, Visibility::Private] {
                let live = film(visibility, false);
                assert_eq!(can(actor, Action::Watch, live), own || visibility != Visibility::Private);
                assert_eq!(can(actor, Action::List, live), visibility == Visibility::Public);
                assert_eq!(can(actor, Action::Edit, live), own);
                assert_eq!(can(actor, Action::Inspect, live), own);
                assert_eq!(can(actor, Action::Delete, live), own);
                let gone = film(visibility, true);
                for action in [Action::Watch, Action::List, Action::Edit, Action::Inspect] {
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
