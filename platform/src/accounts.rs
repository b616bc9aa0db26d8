//! Accounts: signing up and in.

use crate::audit::{self, Line};
use crate::db::{self, rate_limits};
use crate::mail::{self, Kind as Mail};
use crate::places::{self, Place};
use crate::{Error, Platform, Result, addresses, credentials, invitations, passwords};
use domain::account::{Email, InvalidAccount, Username};
use domain::actor::Person;
use domain::audit::Event;
use domain::id::UserId;
use domain::invitation::SignUp;
use std::net::IpAddr;

pub use crate::db::users::User;

/// Wrong attempts a window by address.
const MAX_BY_ADDRESS: i32 = 50;
/// The longest a login can be: an e-mail address.
const MAX_LOGIN_CHARS: usize = 254;

/// What somebody says who makes an account, as it was typed.
#[derive(Clone, Copy)]
pub struct NewAccount<'a> {
    pub username: &'a str,
    pub email: &'a str,
    pub password: &'a str,
    /// What stands in an invitation's address.
    pub invitation: Option<&'a str>,
}

/// Makes an account. Errors name the field. Without an invitation it is what `KINORA_ROLE` says, if everybody may make one.
/// An address that is somebody else's is no error: it isn't this account's until it is confirmed, and only who reads what is
/// sent there hears more.
pub async fn sign_up(platform: &Platform, new: NewAccount<'_>, ip: Option<IpAddr>) -> Result<User> {
    let username = Username::parse(new.username).map_err(refused)?;
    let email = Email::parse(new.email).map_err(refused)?;
    let password = credentials::choose(platform, "password", new.password, username.as_str(), email.as_str())?;
    let invitation = new.invitation.map(str::trim).filter(|token| !token.is_empty());
    if invitation.is_none() {
        may_come(platform.config.sign_up)?;
    }
    let hash = passwords::hash(password).await?;
    let mut tx = platform.db.begin().await?;
    let invited = match invitation {
        Some(token) => Some(invitations::lock(&mut tx, token).await?),
        None => None,
    };
    let user = User {
        id: UserId::from_random(rand::random()),
        username: username.as_str().to_owned(),
        email: email.as_str().to_owned(),
        email_verified: false,
        role: invited.as_ref().map_or(platform.config.role, |(_, role)| *role),
    };
    db::users::insert(&mut *tx, &user).await.map_err(taken)?;
    db::users::set_password(&mut *tx, &user.id, &hash).await?;
    if let Some((id, _)) = &invited {
        db::invitations::use_up(&mut *tx, id, &user.id).await?;
    }
    let details = serde_json::json!({ "role": user.role, "invited": invited.is_some() });
    let line = Line { details: Some(details), ..from(&user.id, ip) };
    audit::write(&mut *tx, Event::SignedUp, line).await?;
    mail::queue(platform, &mut *tx, Mail::Verify, Some(&user.id), &user.email).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, role = user.role.as_str(), "signed up");
    Ok(user)
}

/// Whether somebody may make an account who wasn't invited.
fn may_come(sign_up: SignUp) -> Result<()> {
    match sign_up {
        SignUp::Open => Ok(()),
        SignUp::Invitation => Err(Error::Forbidden {
            code: "invitation_required",
            message: "Accounts are made by invitation here. Ask whoever runs this site for one.",
        }),
        SignUp::Closed => {
            Err(Error::Forbidden { code: "sign_up_closed", message: "No new accounts are made here at the moment." })
        }
    }
}

/// What matters of `user` for what may be done.
pub fn person(platform: &Platform, user: &User) -> Person {
    Person { id: user.id.clone(), role: user.role, confirmed: !addresses::is_held_back(platform, user) }
}

/// Who a name (or confirmed address) and a password belong to. Takes as long for names that nobody has. Wrong attempts are
/// counted by name, place and address, for all server processes together. A password that was hashed in another way than is
/// usual today is hashed anew.
pub async fn sign_in(platform: &Platform, login: &str, password: &str, place: impl Into<Place>) -> Result<User> {
    let place = place.into();
    let login: String = login.trim().chars().filter(|c| !c.is_control()).take(MAX_LOGIN_CHARS).collect();
    let counted = places::count(platform, &login, &place).await?;
    let (user, secret) = db::users::by_login(&platform.db, &login).await?.unzip();
    let secret = secret.flatten();
    let right = passwords::matches(password, secret.clone()).await?;
    match (user, secret) {
        (Some(user), Some(secret)) if right => {
            places::right(platform, &user.id, &place, counted).await?;
            if passwords::is_outdated(&secret) {
                let anew = passwords::rehash(password).await?;
                db::users::rehash_password(&platform.db, &user.id, &secret, &anew).await?;
            }
            audit::write(&platform.db, Event::SignedIn, from(&user.id, place.ip)).await?;
            Ok(user)
        }
        (wrong, _) => {
            if let Some(user) = wrong {
                let line = Line { actor: None, ..from(&user.id, place.ip) };
                audit::write(&platform.db, Event::SignInFailed, line).await?;
            }
            Err(Error::Unauthenticated { code: "wrong_credentials", message: "That name and password don't match." })
        }
    }
}

pub(crate) fn from(user: &UserId, ip: Option<IpAddr>) -> Line<'_> {
    Line { actor: Some(user), account: Some(user), address: ip.map(|ip| ip.to_string()), ..Line::default() }
}

pub async fn user(platform: &Platform, id: &UserId) -> Result<Option<User>> {
    Ok(db::users::get(&platform.db, id).await?)
}

/// Clears away what has expired: sessions, tokens, invitations, counted attempts, old lines of the log.
pub async fn sweep(platform: &Platform) -> Result<u64> {
    let db = &platform.db;
    let sessions = db::sessions::delete_expired(db, platform.config.session_longest).await?;
    let tokens = db::tokens::delete_expired(db).await?;
    let attempts = rate_limits::delete_old(db).await?;
    let invitations = invitations::sweep(platform).await?;
    let lines = audit::sweep(platform).await?;
    let links = db::email_tokens::delete_expired(db).await?;
    let places = db::known_places::delete_old(db).await?;
    Ok(sessions + tokens + attempts + invitations + lines + links + places)
}

/// Counts an attempt to get in anywhere from this address.
pub(crate) async fn attempt_from(platform: &Platform, ip: Option<IpAddr>) -> Result<()> {
    match ip {
        Some(ip) => attempt(platform, &format!("ip:{}", network(ip)), MAX_BY_ADDRESS).await,
        None => Ok(()),
    }
}

/// It was right.
pub(crate) async fn take_back_from(platform: &Platform, ip: Option<IpAddr>) -> Result<()> {
    if let Some(ip) = ip {
        rate_limits::take_back(&platform.db, &format!("ip:{}", network(ip))).await?;
    }
    Ok(())
}

pub(crate) async fn attempt(platform: &Platform, key: &str, max: i32) -> Result<()> {
    let (count, left) = rate_limits::hit(&platform.db, key).await?;
    if count > max {
        return Err(Error::TooMany { retry_after: left.unsigned_abs() });
    }
    Ok(())
}

/// An IPv6 subscriber has a /64, not an address.
pub(crate) fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

pub(crate) fn refused(why: InvalidAccount) -> Error {
    let (field, code) = match why {
        InvalidAccount::Username => ("username", "username_invalid"),
        InvalidAccount::Email => ("email", "email_invalid"),
        InvalidAccount::PasswordShort => ("password", "password_too_short"),
        InvalidAccount::PasswordLong => ("password", "password_too_long"),
    };
    Error::invalid(field, code, why)
}

fn taken(error: sqlx::Error) -> Error {
    if db::violates(&error, "users_username_key") {
        Error::invalid("username", "username_taken", "Somebody has this name already.")
    } else {
        error.into()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_one_ipv6_network_count_together() {
        let key = |ip: &str| network(ip.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::3"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::3"), key("2001:db8:1:3::3"));
        assert_eq!(key("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
