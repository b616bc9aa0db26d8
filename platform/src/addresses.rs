//! E-mail addresses of accounts: confirmed by a link that is sent there, changed when the old and the new one say yes.

use crate::access::allow_own;
use crate::audit;
use crate::config::VerifyEmail;
use crate::db::email_tokens::{self, Kind};
use crate::db::users::User;
use crate::mail::{self, Kind as Mail};
use crate::{Error, Platform, Result, accounts, credentials, db};
use domain::access::Action;
use domain::account::{Confirmed, Email};
use domain::actor::Actor;
use domain::audit::Event;
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// Mails that somebody may ask for in a window.
const MAX_MAILS: i32 = 5;

/// Whether what this person may do waits for the address to be confirmed.
pub fn is_held_back(platform: &Platform, user: &User) -> bool {
    // Whoever came by a provider that tells no address has none to confirm.
    platform.config.verify_email == VerifyEmail::Required && !user.email_verified && !user.email.is_empty()
}

/// The link that confirms the address, once more.
pub async fn send_again(platform: &Platform, actor: &Actor) -> Result<()> {
    let user = own(platform, actor).await?;
    credentials::require_mail(platform)?;
    if user.email_verified {
        let message = "Your address is confirmed already.".to_owned();
        return Err(Error::Conflict { code: "already_confirmed", message, details: None });
    }
    accounts::attempt(platform, &format!("mails:{}", user.id), MAX_MAILS).await?;
    Ok(mail::queue(platform, &platform.db, Mail::Verify, Some(&user.id), &user.email).await?)
}

/// Asks for another address. The answer is the same whether or not somebody has it.
pub async fn change(platform: &Platform, actor: &Actor, email: &str, password: &str) -> Result<()> {
    let user = own(platform, actor).await?;
    credentials::require_mail(platform)?;
    let email = Email::parse(email).map_err(accounts::refused)?;
    if user.email_verified && email.as_str().eq_ignore_ascii_case(&user.email) {
        return Err(Error::invalid("email", "same_email", "This is your address already."));
    }
    credentials::insist(platform, &user.id, "password", password).await?;
    accounts::attempt(platform, &format!("mails:{}", user.id), MAX_MAILS).await?;
    let mut tx = platform.db.begin().await?;
    db::users::lock(&mut tx, &user.id).await?.ok_or(Error::NotFound)?;
    email_tokens::delete_changes_of(&mut *tx, &user.id).await?;
    db::mails::delete_changes_of(&mut *tx, &user.id).await?;
    mail::queue(platform, &mut *tx, Mail::ChangeNew, Some(&user.id), email.as_str()).await?;
    if user.email_verified {
        mail::queue(platform, &mut *tx, Mail::ChangeOld, Some(&user.id), email.as_str()).await?;
    }
    tx.commit().await?;
    tracing::info!(user = %user.id, "asked for another address");
    Ok(())
}

async fn own(platform: &Platform, actor: &Actor) -> Result<User> {
    let user = allow_own(actor, Action::Edit)?;
    db::users::get(&platform.db, &user).await?.ok_or(Error::NotFound)
}

/// What the link in a mail says yes to. It works once.
pub async fn confirm(platform: &Platform, token: &str, ip: Option<IpAddr>) -> Result<Confirmed> {
    accounts::attempt_from(platform, ip).await?;
    let hash = Sha256::digest(token);
    let asked = email_tokens::get(&platform.db, &hash).await?.filter(|token| token.kind != Kind::Reset);
    let user = asked.ok_or_else(credentials::dead_link)?.user;
    let mut tx = platform.db.begin().await?;
    let (person, _) = db::users::lock(&mut tx, &user).await?.ok_or_else(credentials::dead_link)?;
    let token = email_tokens::consume(&mut *tx, &hash).await?.ok_or_else(credentials::dead_link)?;
    let email = token.email.clone();
    let other = match token.kind {
        Kind::ChangeOld => Some(Kind::ChangeNew),
        // Without a confirmed address there is nobody else to ask.
        Kind::ChangeNew if person.email_verified => Some(Kind::ChangeOld),
        _ => None,
    };
    let confirmed = match other {
        Some(other) if !email_tokens::was_used(&mut *tx, &user, other, &email).await? => Confirmed::Half { email },
        _ => {
            db::users::confirm_email(&mut *tx, &user, &email).await.map_err(taken)?;
            credentials::withdraw_links(&mut tx, &user).await?;
            email_tokens::delete_claims_of_others(&mut *tx, &user, &email).await?;
            let (event, confirmed) = match token.kind {
                Kind::Verify => (Event::EmailConfirmed, Confirmed::Verified { email }),
                _ => (Event::EmailChanged, Confirmed::Changed { email }),
            };
            audit::write(&mut *tx, event, accounts::from(&user, ip)).await?;
            confirmed
        }
    };
    tx.commit().await?;
    accounts::take_back_from(platform, ip).await?;
    tracing::info!(%user, kind = token.kind.as_str(), "confirmed an address");
    Ok(confirmed)
}

/// Told only to somebody who reads what is sent to that address.
fn taken(error: sqlx::Error) -> Error {
    if db::violates(&error, "users_verified_email_key") {
        Error::invalid("token", "email_taken", "Another account has confirmed this address meanwhile.")
    } else {
        error.into()
    }
}
