//! That whoever is signed in is still the person: asked for before anything that decides who can sign in, so that an hour at
//! somebody's unlocked computer isn't enough to take the account over.

use crate::access::allow_own;
use crate::{Error, Platform, Result, credentials, factors, passkeys};
use domain::access::Action;
use domain::actor::Actor;
use domain::id::UserId;

/// How long it is believed that somebody is still there who has signed in, or proved it, seconds.
pub const FRESH_SECONDS: i64 = 600;
/// By how much the clocks of two servers may differ, seconds.
const SKEW: i64 = 30;

/// This person has proved it just now. Nothing else makes one.
#[derive(Debug)]
pub struct Proven(UserId);

/// What somebody proves it with.
#[derive(Clone, Copy)]
pub enum Given<'a> {
    Password(&'a str),
    /// Of an app, or a recovery code.
    Code(&'a str),
    /// What the browser signed, and the mark of what it was asked to sign.
    Passkey {
        mark: &'a str,
        credential: &'a str,
    },
}

impl Proven {
    /// Whose account may be changed: `actor`'s own.
    pub(crate) fn own(&self, actor: &Actor) -> Result<UserId> {
        let user = allow_own(actor, Action::Edit)?;
        if user == self.0 { Ok(user) } else { Err(required()) }
    }
}

fn required() -> Error {
    Error::Forbidden { code: "proof_required", message: "Confirm first that it's you." }
}

/// Whether `at` (Unix seconds) is a short while ago.
pub fn is_fresh(at: Option<i64>) -> bool {
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    at.is_some_and(|at| (now - FRESH_SECONDS..=now + SKEW).contains(&at))
}

/// By when somebody signed in in this session, or proved it there, in Unix seconds.
pub fn recent(actor: &Actor, at: Option<i64>) -> Result<Proven> {
    let user = actor.user().ok_or_else(Error::sign_in_first)?;
    if is_fresh(at) { Ok(Proven(user.clone())) } else { Err(required()) }
}

/// By what is given now. What is wrong is counted.
pub async fn prove(platform: &Platform, actor: &Actor, given: Given<'_>) -> Result<Proven> {
    let user = allow_own(actor, Action::Edit)?;
    let wrong = match given {
        Given::Password(password) => {
            credentials::insist(platform, &user, "password", password).await?;
            None
        }
        Given::Code(code) => {
            let right = factors::check(platform, &user, code, None).await?.is_some();
            (!right).then(|| factors::wrong_code("code"))
        }
        Given::Passkey { mark, credential } => {
            let other = passkeys::signed_by(platform, mark, credential).await? != user;
            other.then(|| Error::invalid("credential", "wrong_passkey", "This passkey is another account's."))
        }
    };
    wrong.map_or(Ok(Proven(user)), Err)
}
