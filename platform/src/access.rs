//! What somebody is told whom [`domain::access`] does not let do something.

use crate::{Error, Result};
use domain::access::{Action, Subject, Verdict, judge};
use domain::actor::{Actor, Scope};
use domain::id::UserId;

/// `Ok` if `actor` may; else why not. That there is nothing here is told where nothing else would be true.
pub(crate) fn allow(actor: &Actor, action: Action, subject: Subject<'_>) -> Result<()> {
    match judge(actor, action, subject) {
        Verdict::Yes => Ok(()),
        Verdict::No => Err(Error::NotFound),
        Verdict::Unscoped(scope) => Err(unscoped(scope)),
        Verdict::Unconfirmed => Err(Error::Forbidden {
            code: "email_unconfirmed",
            message: "Confirm your e-mail address first: open the link in the letter we sent you.",
        }),
    }
}

/// The same for what is the site's own: it is no secret that it's there.
pub(crate) fn allow_here(actor: &Actor, action: Action) -> Result<UserId> {
    let user = actor.user().ok_or_else(Error::sign_in_first)?;
    match allow(actor, action, Subject::Site) {
        Ok(()) => Ok(user.clone()),
        Err(Error::NotFound) if action == Action::Upload => Err(Error::Forbidden {
            code: "role_may_not",
            message: "Your account can watch films, but not upload any. Ask whoever runs this site.",
        }),
        Err(Error::NotFound) => Err(Error::forbidden()),
        Err(error) => Err(error),
    }
}

/// Whoever is signed in, for what is that account's own.
pub(crate) fn allow_own(actor: &Actor, action: Action) -> Result<UserId> {
    let user = actor.user().ok_or_else(Error::sign_in_first)?;
    allow(actor, action, Subject::Account { id: user })?;
    Ok(user.clone())
}

fn unscoped(scope: Scope) -> Error {
    let message = match scope {
        Scope::Read => "This token can't be used for that: it lacks the scope `read`.",
        Scope::Upload => "This token can't be used for that: it lacks the scope `upload`.",
        Scope::Manage => "This token can't be used for that: it lacks the scope `manage`.",
        Scope::Admin => "This token can't be used for that: it lacks the scope `admin`.",
    };
    Error::Forbidden { code: "insufficient_scope", message }
}
