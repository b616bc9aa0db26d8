//! What a session knows of how somebody came in: the step that is waited for, and what was proved when.

use super::{begin_session, first_page, now, remember_browser, session, viewer};
use crate::error::ApiError;
use domain::factors::Factor;
use domain::id::UserId;
use platform::accounts::User;
use platform::proof::{self, Proven};
use platform::signing_in::PENDING_SECONDS;
use platform::{Error, sessions};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

/// Somebody whose password was right.
#[derive(Serialize, Deserialize)]
struct Pending {
    user: UserId,
    /// Unix seconds.
    until: i64,
}

fn unavailable(error: tower_sessions::session::Error) -> ApiError {
    Error::Unavailable(Box::new(error)).into()
}

fn seconds() -> i64 {
    now().0 / 1000
}

/// Lets somebody in, by a password or by more. Where to go first, if anywhere.
pub async fn welcome(user: &User, factor: Option<Factor>) -> Result<Option<String>, ApiError> {
    remember_browser(user).await?;
    begin_session(user).await?;
    if let Some(factor) = factor {
        session().await?.insert(sessions::FACTOR, factor).await.map_err(unavailable)?;
    }
    Ok(first_page(user))
}

/// The password was right, and opens nothing yet.
pub async fn ask_for_factor(user: &User) -> Result<(), ApiError> {
    Ok(ask_in(&session().await?, user).await?)
}

/// The same in the session of a request that is no server function's.
pub async fn ask_in(session: &Session, user: &User) -> Result<(), Error> {
    let pending = Pending { user: user.id.clone(), until: seconds() + PENDING_SECONDS };
    session.insert(sessions::PENDING, pending).await.map_err(|error| Error::Unavailable(Box::new(error)))
}

/// Whose second step is waited for in this browser.
pub async fn pending() -> Result<UserId, ApiError> {
    let pending: Option<Pending> = session().await?.get(sessions::PENDING).await.map_err(unavailable)?;
    let pending = pending.filter(|pending| seconds() < pending.until);
    let over = Error::Unauthenticated {
        code: "sign_in_again",
        message: "That took too long. Begin again with your password.",
    };
    Ok(pending.ok_or(over)?.user)
}

/// Whoever is signed in has proved it a short while ago.
pub fn proven() -> Result<Proven, ApiError> {
    let viewer = viewer();
    Ok(proof::recent(&viewer.actor, viewer.proved_at)?)
}

/// Whoever is signed in has proved it just now.
pub async fn note_proof(_: Proven) -> Result<(), ApiError> {
    session().await?.insert(sessions::PROVED_AT, seconds()).await.map_err(unavailable)
}

/// Keeps what the browser was asked to sign.
pub async fn keep_mark(mark: String) -> Result<(), ApiError> {
    session().await?.insert(sessions::CEREMONY, mark).await.map_err(unavailable)
}

/// The same, once. Where nothing was begun it is no mark of anything.
pub async fn take_mark() -> Result<String, ApiError> {
    let mark: Option<String> = session().await?.remove(sessions::CEREMONY).await.map_err(unavailable)?;
    Ok(mark.unwrap_or_default())
}
