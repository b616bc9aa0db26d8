//! The two steps of signing in: a password, and what else somebody has set up.

use crate::accounts::{self, User};
use crate::audit::{self, Line};
use crate::places::Place;
use crate::{Error, Platform, Result, db, factors};
use domain::audit::Event;
use domain::factors::Factor;
use domain::id::UserId;
use std::net::IpAddr;

/// How long somebody whose password was right may take for the second step, seconds.
pub const PENDING_SECONDS: i64 = 300;

/// Where a right password leads.
#[derive(Debug)]
pub enum Entered {
    In(User),
    /// Nowhere yet: a second factor is asked for.
    Asked(User),
}

/// The first step.
pub async fn first(platform: &Platform, login: &str, password: &str, place: impl Into<Place>) -> Result<Entered> {
    let place = place.into();
    let user = accounts::by_password(platform, login, password, &place).await?;
    if factors::any(platform, &user.id).await? {
        return Ok(Entered::Asked(user));
    }
    audit::write(&platform.db, Event::SignedIn, accounts::from(&user.id, place.ip)).await?;
    Ok(Entered::In(user))
}

/// The second step of somebody whose password was right just now: a code of an app, or a recovery code.
pub async fn second(platform: &Platform, user: &UserId, code: &str, ip: Option<IpAddr>) -> Result<(User, Factor)> {
    let Some(factor) = factors::check(platform, user, code, ip).await? else {
        let line = Line { actor: None, ..accounts::from(user, ip) };
        audit::write(&platform.db, Event::SignInFailed, line).await?;
        return Err(factors::wrong_code("code"));
    };
    let person = db::users::get(&platform.db, user).await?.ok_or_else(Error::sign_in_first)?;
    audit::write(&platform.db, Event::SignedIn, factors::line(user, ip, Some(factor))).await?;
    Ok((person, factor))
}

/// Both at once, for scripts. A password alone is not enough for whoever has set up more.
pub async fn at_once(
    platform: &Platform,
    login: &str,
    password: &str,
    code: Option<&str>,
    place: impl Into<Place>,
) -> Result<User> {
    let place = place.into();
    let ip = place.ip;
    let user = match (first(platform, login, password, place).await?, code) {
        (Entered::In(user), _) => return Ok(user),
        (Entered::Asked(user), Some(code)) if !code.trim().is_empty() => second(platform, &user.id, code, ip).await,
        (Entered::Asked(_), _) => Err(Error::Forbidden {
            code: "second_factor_required",
            message: "This account needs a code beside the password: send it as `totp`.",
        }),
    };
    match user {
        Ok((user, _)) => Ok(user),
        // As a wrong password is refused: it isn't about the form of it.
        Err(Error::Invalid { code: "wrong_code", .. }) => {
            Err(Error::Unauthenticated { code: "wrong_code", message: "That code isn't right, or not any more." })
        }
        Err(error) => Err(error),
    }
}
