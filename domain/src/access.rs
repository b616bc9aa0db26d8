//! The only judge of access.

use crate::actor::{Actor, Role, Scope};
use crate::id::{KeyId, UserId};
use crate::video::Visibility;

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
    /// See what only its owner should: failure, notices, progress of an upload; of an account, its address and sessions.
    Inspect,
    /// Change title, description or visibility; of an account, what it is.
    Edit,
    /// Give a film's password or links to it away.
    Share,
    Delete,
    /// Begin an upload, see one's own.
    Upload,
    /// Change the roles of people, invite them, read the whole log.
    Administer,
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
    Upload {
        owner: &'a UserId,
    },
    Account {
        id: &'a UserId,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Yes,
    No,
    /// The person may, but not by this token: it lacks the scope.
    Unscoped(Scope),
    /// The person will, once an e-mail address is confirmed.
    Unconfirmed,
}

/// Why somebody may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ground {
    /// Anybody may.
    Open,
    /// By a key to the film.
    Key,
    /// It is theirs.
    Own,
    /// By role.
    Office,
}

/// Whether `actor` may do `action` to `subject`. Whoever may not watch gets 404, as if the film did not exist; whoever may
/// knock, 401.
pub fn can(actor: &Actor, action: Action, subject: Subject<'_>) -> bool {
    judge(actor, action, subject) == Verdict::Yes
}

/// The same, with what is missing.
pub fn judge(actor: &Actor, action: Action, subject: Subject<'_>) -> Verdict {
    let Some(ground) = ground(actor, action, subject) else { return Verdict::No };
    let needed = match ground {
        Ground::Open => return Verdict::Yes,
        Ground::Key => Scope::Read,
        Ground::Own => own_scope(action),
        Ground::Office => Scope::Admin,
    };
    if !actor.scopes.has(needed) {
        return Verdict::Unscoped(needed);
    }
    let lasting = action == Action::Upload || ground == Ground::Office;
    if lasting && actor.person.as_ref().is_some_and(|person| !person.confirmed) {
        return Verdict::Unconfirmed;
    }
    Verdict::Yes
}

fn ground(actor: &Actor, action: Action, subject: Subject<'_>) -> Option<Ground> {
    use Action::{Administer, Delete, Deliver, Edit, Inspect, Knock, List, Share, Upload, Watch};
    let given = |holds: bool, ground: Ground| holds.then_some(ground);
    let is = |least: Role| actor.role().is_some_and(|role| role >= least);
    match (action, subject) {
        (Upload, Subject::Site) => given(is(Role::Uploader), Ground::Own),
        (Administer, Subject::Site) => given(is(Role::Admin), Ground::Office),
        (Upload | Inspect | Edit | Delete, Subject::Upload { owner }) => {
            given(actor.user() == Some(owner), Ground::Own)
        }
        (_, Subject::Video { deleted: true, owner, .. }) => {
            // A deleted film's owner, and whoever may have deleted it, may still undo that.
            let own = given(actor.user() == Some(owner), Ground::Own);
            own.or(given(is(Role::Moderator), Ground::Office)).filter(|_| action == Delete)
        }
        (Watch, Subject::Video { owner, visibility, keys, .. }) => {
            let open = matches!(visibility, Visibility::Public | Visibility::Unlisted);
            given(open, Ground::Open)
                .or(given(actor.user() == Some(owner), Ground::Own))
                .or(given(keys.iter().any(|key| actor.holds(key)), Ground::Key))
                .or(given(is(Role::Moderator), Ground::Office))
        }
        (Knock, Subject::Video { visibility, .. }) => given(visibility == Visibility::Password, Ground::Open),
        (Deliver, Subject::Video { .. }) => Some(Ground::Open),
        (List, Subject::Video { visibility, .. }) => given(visibility == Visibility::Public, Ground::Open),
        (Inspect | Edit | Delete, Subject::Video { owner, .. }) => {
            given(actor.user() == Some(owner), Ground::Own).or(given(is(Role::Moderator), Ground::Office))
        }
        (Share, Subject::Video { owner, .. }) => given(actor.user() == Some(owner), Ground::Own),
        (Inspect | Edit | Delete, Subject::Account { id }) => {
            given(actor.user() == Some(id), Ground::Own).or(given(is(Role::Admin), Ground::Office))
        }
        _ => None,
    }
}

/// What a token needs for what is the person's own.
fn own_scope(action: Action) -> Scope {
    match action {
        Action::Watch | Action::Knock | Action::Deliver | Action::List | Action::Inspect => Scope::Read,
        Action::Upload => Scope::Upload,
        Action::Edit | Action::Share | Action::Delete => Scope::Manage,
        Action::Administer => Scope::Admin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Person, Scopes};

    fn user(n: u8) -> UserId {
        UserId::from_random([n; 16])
    }

    fn signed_in(n: u8, role: Role) -> Actor {
        Actor::signed_in(Person { id: user(n), role, confirmed: true })
    }

    const FILMS: [Action; 8] = [
        Action::Watch,
        Action::Knock,
        Action::Deliver,
        Action::List,
        Action::Inspect,
        Action::Edit,
        Action::Share,
        Action::Delete,
    ];

    #[test]
    fn the_whole_table_of_films() {
        let (key, old_key) = (KeyId::from_random([3; 16]), KeyId::from_random([4; 16]));
        let owner = signed_in(1, Role::Viewer);
        let other = signed_in(2, Role::Uploader);
        let guest = Actor { keys: vec![old_key.clone(), key.clone()], ..Actor::ANONYMOUS };
        let friend = Actor { keys: vec![key.clone()], ..other.clone() };
        let late = Actor { keys: vec![old_key], ..other.clone() };
        let (moderator, admin) = (signed_in(5, Role::Moderator), signed_in(6, Role::Admin));
        let owner_id = user(1);
        let keys = [key];
        let film = |visibility, deleted| Subject::Video { owner: &owner_id, visibility, deleted, keys: &keys };
        for actor in [&owner, &other, &guest, &friend, &late, &moderator, &admin, &Actor::ANONYMOUS] {
            let own = actor == &owner;
            let office = actor == &moderator || actor == &admin;
            let let_in = own || office || actor == &guest || actor == &friend;
            for visibility in Visibility::ALL {
                let live = film(visibility, false);
                let open = matches!(visibility, Visibility::Public | Visibility::Unlisted);
                assert_eq!(can(actor, Action::Watch, live), let_in || open);
                assert_eq!(can(actor, Action::Knock, live), visibility == Visibility::Password);
                assert_eq!(can(actor, Action::List, live), visibility == Visibility::Public);
                for action in [Action::Edit, Action::Inspect, Action::Delete] {
                    assert_eq!(can(actor, action, live), own || office, "{actor:?} {action:?}");
                }
                assert_eq!(can(actor, Action::Share, live), own);
                let gone = film(visibility, true);
                for action in FILMS {
                    let undo = action == Action::Delete && (own || office);
                    assert_eq!(can(actor, action, gone), undo, "{actor:?} {action:?} of a deleted film");
                }
            }
            assert_eq!(can(actor, Action::Upload, Subject::Upload { owner: &owner_id }), own);
            assert!(!can(actor, Action::Watch, Subject::Site));
        }
    }

    #[test]
    fn the_site_is_for_roles() {
        for role in Role::ALL {
            let actor = signed_in(1, role);
            assert_eq!(can(&actor, Action::Upload, Subject::Site), role >= Role::Uploader);
            assert_eq!(can(&actor, Action::Administer, Subject::Site), role == Role::Admin);
            assert!(can(&actor, Action::Edit, Subject::Account { id: &user(1) }));
            assert_eq!(can(&actor, Action::Edit, Subject::Account { id: &user(2) }), role == Role::Admin);
        }
        assert!(!can(&Actor::ANONYMOUS, Action::Upload, Subject::Site));
        assert!(!can(&Actor::ANONYMOUS, Action::Edit, Subject::Account { id: &user(1) }));
    }

    #[test]
    fn a_token_does_what_its_scopes_say() {
        let owner = user(1);
        let film = |visibility| Subject::Video { owner: &owner, visibility, deleted: false, keys: &[] };
        let with = |actor: Actor, scope: Scope| Actor { scopes: Scopes::default().with(scope), ..actor };
        let mine = signed_in(1, Role::Uploader);
        let private = film(Visibility::Private);
        for scope in Scope::ALL {
            let token = with(mine.clone(), scope);
            let answer = |needed: Scope| if scope == needed { Verdict::Yes } else { Verdict::Unscoped(needed) };
            assert_eq!(judge(&token, Action::Watch, private), answer(Scope::Read));
            assert_eq!(judge(&token, Action::Inspect, private), answer(Scope::Read));
            assert_eq!(judge(&token, Action::Edit, private), answer(Scope::Manage));
            assert_eq!(judge(&token, Action::Share, private), answer(Scope::Manage));
            assert_eq!(judge(&token, Action::Delete, private), answer(Scope::Manage));
            assert_eq!(judge(&token, Action::Upload, Subject::Site), answer(Scope::Upload));
            // What anybody may takes no scope.
            assert_eq!(judge(&token, Action::Watch, film(Visibility::Public)), Verdict::Yes);
            // A role's power over others' things is in no token that wasn't given it.
            let office = with(signed_in(6, Role::Admin), scope);
            assert_eq!(judge(&office, Action::Watch, private), answer(Scope::Admin));
            assert_eq!(judge(&office, Action::Edit, private), answer(Scope::Admin));
            assert_eq!(judge(&office, Action::Administer, Subject::Site), answer(Scope::Admin));
        }
        let stranger = with(signed_in(2, Role::Uploader), Scope::Manage);
        assert_eq!(judge(&stranger, Action::Edit, private), Verdict::No);
    }

    #[test]
    fn who_has_an_address_to_confirm_uploads_later() {
        let new = Actor::signed_in(Person { id: user(1), role: Role::Admin, confirmed: false });
        assert_eq!(judge(&new, Action::Upload, Subject::Site), Verdict::Unconfirmed);
        assert_eq!(judge(&new, Action::Administer, Subject::Site), Verdict::Unconfirmed);
        assert_eq!(judge(&new, Action::Edit, Subject::Account { id: &user(1) }), Verdict::Yes);
    }
}
