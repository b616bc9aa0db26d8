//! Passwords that are chosen, changed and forgotten.

use crate::access::allow_own;
use crate::accounts::User;
use crate::audit;
use crate::db::email_tokens::{self, Kind};
use crate::mail::{self, Kind as Mail};
use crate::passwords::{self, Weak};
use crate::{Error, Platform, Result, accounts, db, sessions};
use domain::access::Action;
use domain::account::Password;
use domain::actor::Actor;
use domain::audit::Event;
use domain::id::UserId;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use std::net::IpAddr;

/// Wrong passwords a window by somebody who is signed in.
const MAX_WRONG: i32 = 10;
/// The longest a login can be: an e-mail address.
const MAX_LOGIN_CHARS: usize = 254;

/// A password that somebody may have, with that name and that address. `field` is where it was typed.
pub(crate) fn choose(
    platform: &Platform,
    field: &'static str,
    password: &str,
    username: &str,
    email: &str,
) -> Result<Password> {
    let password = Password::parse(password).map_err(|why| match accounts::refused(why) {
        Error::Invalid { code, message, .. } => Error::Invalid { field, code, message },
        other => other,
    })?;
    let site = platform.config.public_url.host_str().unwrap_or_default();
    match passwords::weakness(
        &password,
        &[username, email, email.split('@').next().unwrap_or_default(), site, "Kinora"],
    ) {
        None => Ok(password),
        Some(Weak::Common) => {
            let message = "Many people have this password, so it is tried first. Choose another.";
            Err(Error::invalid(field, "password_common", message))
        }
        Some(Weak::Personal) => {
            let message = "This password is your name, your address or the site's name. Choose another.";
            Err(Error::invalid(field, "password_personal", message))
        }
    }
}

/// Whether `password` is this person's, who is signed in. Wrong ones are counted.
pub(crate) async fn insist(platform: &Platform, user: &UserId, field: &'static str, password: &str) -> Result<()> {
    let key = format!("password:{user}");
    accounts::attempt(platform, &key, MAX_WRONG).await?;
    let Some(secret) = db::users::password(&platform.db, user).await? else {
        let message = "This account has no password. Choose one by “Forgot your password?”.".to_owned();
        return Err(Error::Conflict { code: "no_password", message, details: None });
    };
    if !passwords::matches(password, Some(secret)).await? {
        return Err(Error::invalid(field, "wrong_password", "That isn't your password."));
    }
    Ok(db::rate_limits::clear(&platform.db, &key).await?)
}

/// Another password for somebody who knows the present one. Every session ends but the one that is named `keep`, and scripts that
/// signed in have to do so again.
pub async fn change(
    platform: &Platform,
    actor: &Actor,
    current: &str,
    new: &str,
    keep: Option<&str>,
    ip: Option<IpAddr>,
) -> Result<User> {
    let user = &allow_own(actor, Action::Edit)?;
    let person = db::users::get(&platform.db, user).await?.ok_or(Error::NotFound)?;
    let new = choose(platform, "new_password", new, &person.username, &person.email)?;
    insist(platform, user, "current_password", current).await?;
    let hash = passwords::hash(new).await?;
    let mut tx = platform.db.begin().await?;
    db::users::lock(&mut tx, user).await?.ok_or(Error::NotFound)?;
    replace(platform, &mut tx, user, &hash, keep).await?;
    audit::write(&mut *tx, Event::PasswordChanged, accounts::from(user, ip)).await?;
    tx.commit().await?;
    tracing::info!(%user, "changed the password");
    Ok(person)
}

/// Somebody has forgotten a password. Whether there is such an account is found out when the mail is sent.
pub async fn forgot(platform: &Platform, login: &str, ip: Option<IpAddr>) -> Result<()> {
    require_mail(platform)?;
    let login: String = login.trim().chars().filter(|c| !c.is_control()).take(MAX_LOGIN_CHARS).collect();
    if login.is_empty() {
        return Err(Error::invalid("login", "required", "Give your username or your address."));
    }
    accounts::attempt_from(platform, ip).await?;
    Ok(mail::queue(platform, &platform.db, Mail::Reset, None, &login).await?)
}

/// A new password, by the link in a mail. Every session ends, and scripts that signed in have to do so again; nobody is signed in
/// by the link.
pub async fn reset(platform: &Platform, token: &str, new: &str, ip: Option<IpAddr>) -> Result<()> {
    accounts::attempt_from(platform, ip).await?;
    let hash = Sha256::digest(token);
    let asked = email_tokens::get(&platform.db, &hash).await?.filter(|token| token.kind == Kind::Reset);
    let user = asked.ok_or_else(dead_link)?.user;
    let person = db::users::get(&platform.db, &user).await?.ok_or_else(dead_link)?;
    let new = choose(platform, "password", new, &person.username, &person.email)?;
    let secret = passwords::hash(new).await?;
    let mut tx = platform.db.begin().await?;
    let (person, _) = db::users::lock(&mut tx, &user).await?.ok_or_else(dead_link)?;
    let token = email_tokens::consume(&mut *tx, &hash).await?.ok_or_else(dead_link)?;
    // The address was another one when the link was sent.
    if !person.email_verified || !person.email.eq_ignore_ascii_case(&token.email) {
        return Err(dead_link());
    }
    replace(platform, &mut tx, &user, &secret, None).await?;
    audit::write(&mut *tx, Event::PasswordReset, accounts::from(&user, ip)).await?;
    tx.commit().await?;
    accounts::take_back_from(platform, ip).await?;
    tracing::info!(%user, "chose a new password by mail");
    Ok(())
}

async fn replace(
    platform: &Platform,
    tx: &mut PgConnection,
    user: &UserId,
    hash: &str,
    keep: Option<&str>,
) -> Result<()> {
    db::users::set_password(&mut *tx, user, hash).await?;
    withdraw_links(&mut *tx, user).await?;
    sessions::sign_out(&mut *tx, user, keep).await?;
    db::known_places::delete_of(&mut *tx, user).await?;
    Ok(mail::queue(platform, &mut *tx, Mail::PasswordChanged, Some(user), "").await?)
}

/// Links that were sent before open nothing any more, and a change of the address that is on its way is off.
pub(crate) async fn withdraw_links(tx: &mut PgConnection, user: &UserId) -> sqlx::Result<()> {
    email_tokens::delete_of(&mut *tx, user).await?;
    db::mails::delete_changes_of(&mut *tx, user).await
}

pub(crate) fn require_mail(platform: &Platform) -> Result<()> {
    if platform.mail.is_some() {
        return Ok(());
    }
    let message = "This site sends no mail. Ask whoever runs it.".to_owned();
    Err(Error::Conflict { code: "no_mail", message, details: None })
}

pub(crate) fn dead_link() -> Error {
    Error::invalid("token", "link_invalid", "This link was used already, or is too old. Ask for a new one.")
}
