//! Accounts: signing up and in, and the access tokens of scripts.

use crate::db::{self, rate_limits};
use crate::{Error, Platform, Result, passwords};
use domain::account::{Email, InvalidAccount, Password, Username};
use domain::id::UserId;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::net::IpAddr;

pub use crate::db::users::User;

/// How long an access token opens doors, in seconds: 30 days.
const TOKEN_SECONDS: i64 = 30 * 24 * 3600;
/// What a token begins with, so that scanners for leaked secrets know it.
const TOKEN_PREFIX: &str = "kin_";
/// Wrong attempts a window by name.
const MAX_BY_LOGIN: i32 = 10;
/// Wrong attempts a window by address.
const MAX_BY_ADDRESS: i32 = 50;
/// The longest a login can be: an e-mail address.
const MAX_LOGIN_CHARS: usize = 254;

/// What a script gets for a name and a password.
#[derive(Clone, Serialize)]
pub struct Token {
    pub access_token: String,
    /// Seconds.
    pub expires_in: u64,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Makes an account. Errors name the field.
pub async fn sign_up(platform: &Platform, username: &str, email: &str, password: &str) -> Result<User> {
    let username = Username::parse(username).map_err(refused)?;
    let email = Email::parse(email).map_err(refused)?;
    let password = Password::parse(password).map_err(refused)?;
    let hash = passwords::hash(password).await?;
    let user = User {
        id: UserId::from_random(rand::random()),
        username: username.as_str().to_owned(),
        email: email.as_str().to_owned(),
    };
    let mut tx = platform.db.begin().await?;
    db::users::insert(&mut *tx, &user).await.map_err(taken)?;
    db::users::insert_password(&mut *tx, &user.id, &hash).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, "signed up");
    Ok(user)
}

/// Who a name (or e-mail address) and a password belong to. Takes as long for names that nobody has. Wrong attempts are
/// counted by name and by address, for all server processes together.
pub async fn sign_in(platform: &Platform, login: &str, password: &str, ip: Option<IpAddr>) -> Result<User> {
    let login: String = login.trim().chars().filter(|c| !c.is_control()).take(MAX_LOGIN_CHARS).collect();
    let by_login = format!("login:{}", login.to_lowercase());
    // Counted before the password is looked at, so that guesses sent at once count, too.
    attempt(platform, &by_login, MAX_BY_LOGIN).await?;
    attempt_from(platform, ip).await?;
    let (user, secret) = db::users::by_login(&platform.db, &login).await?.unzip();
    let right = passwords::matches(password, secret.flatten()).await?;
    match user {
        Some(user) if right => {
            rate_limits::clear(&platform.db, &by_login).await?;
            take_back_from(platform, ip).await?;
            Ok(user)
        }
        _ => Err(Error::Unauthenticated { code: "wrong_credentials", message: "That name and password don't match." }),
    }
}

/// Gives a person a token for scripts. Only its hash is kept.
pub async fn issue_token(platform: &Platform, user: &UserId) -> Result<Token> {
    let secret: [u8; 32] = rand::random();
    let access_token = format!("{TOKEN_PREFIX}{}", hex(&secret));
    db::tokens::insert(&platform.db, &Sha256::digest(&access_token), user, TOKEN_SECONDS).await?;
    Ok(Token { access_token, expires_in: TOKEN_SECONDS.unsigned_abs() })
}

pub async fn user_by_token(platform: &Platform, token: &str) -> Result<Option<User>> {
    if !token.starts_with(TOKEN_PREFIX) {
        return Ok(None);
    }
    Ok(db::tokens::user(&platform.db, &Sha256::digest(token)).await?)
}

pub async fn user(platform: &Platform, id: &UserId) -> Result<Option<User>> {
    Ok(db::users::get(&platform.db, id).await?)
}

/// Clears away what has expired: sessions, tokens, counted attempts.
pub async fn sweep(platform: &Platform) -> Result<u64> {
    let db = &platform.db;
    let sessions = db::sessions::delete_expired(db).await?;
    let tokens = db::tokens::delete_expired(db).await?;
    let attempts = rate_limits::delete_old(db).await?;
    Ok(sessions + tokens + attempts)
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
    } else if db::violates(&error, "users_email_key") {
        Error::invalid("email", "email_taken", "There is an account with this address already.")
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
