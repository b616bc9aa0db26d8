//! Invitations to make an account: by admins, and by a server that has none yet.

use crate::access::allow_here;
use crate::audit::{self, Line};
use crate::db::invitations::{self, New};
use crate::{Error, Platform, Result, accounts, db};
use domain::access::Action;
use domain::actor::{Actor, Role};
use domain::audit::Event;
use domain::id::InvitationId;
use domain::invitation::{Invitation, NewInvitation};
use domain::sharing::Label;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

/// What an invitation's secret begins with, so that scanners for leaked secrets know it.
const PREFIX: &str = "kiv_";
/// How long an invitation is good, in seconds: a week.
const SECONDS: i64 = 7 * 24 * 3600;
/// How long the first one is, which is made anew whenever a server starts: a day.
const FIRST_SECONDS: i64 = 24 * 3600;

/// Makes an invitation, whose address is told only now.
pub async fn create(platform: &Platform, actor: &Actor, role: Role, note: &str) -> Result<NewInvitation> {
    let admin = allow_here(actor, Action::Administer)?;
    let note = Label::parse(note).ok_or_else(|| {
        Error::invalid("note", "too_long", format!("A note has at most {} characters.", Label::MAX_CHARS))
    })?;
    let (id, token) = (InvitationId::from_random(rand::random()), secret());
    let mut tx = platform.db.begin().await?;
    let new =
        New { id: &id, hash: &Sha256::digest(&token), role, note: note.as_str(), by: Some(&admin), seconds: SECONDS };
    invitations::insert(&mut *tx, new).await?;
    let details = serde_json::json!({ "role": role });
    let line = Line { actor: Some(&admin), object: Some(id.as_str()), details: Some(details), ..Line::default() };
    audit::write(&mut *tx, Event::Invited, line).await?;
    let made = invitations::list(&mut *tx).await?.into_iter().find(|invitation| invitation.id == id);
    tx.commit().await?;
    let invitation = made.ok_or_else(|| Error::internal("an invitation that was just written isn't there"))?;
    Ok(NewInvitation { invitation, url: address(platform, &token) })
}

pub async fn list(platform: &Platform, actor: &Actor) -> Result<Vec<Invitation>> {
    allow_here(actor, Action::Administer)?;
    Ok(invitations::list(&platform.db).await?)
}

/// It opens nothing any more.
pub async fn withdraw(platform: &Platform, actor: &Actor, id: &InvitationId) -> Result<()> {
    let admin = allow_here(actor, Action::Administer)?;
    let mut tx = platform.db.begin().await?;
    if !invitations::withdraw(&mut *tx, id).await? {
        return Err(Error::NotFound);
    }
    let line = Line { actor: Some(&admin), object: Some(id.as_str()), ..Line::default() };
    audit::write(&mut *tx, Event::InvitationWithdrawn, line).await?;
    tx.commit().await?;
    Ok(())
}

/// The address at which the first admin's account is made; None if there is an admin.
pub async fn first(platform: &Platform) -> Result<Option<String>> {
    if db::users::has_admin(&platform.db).await? {
        return Ok(None);
    }
    let token = secret();
    let new = New {
        id: &InvitationId::from_random(rand::random()),
        hash: &Sha256::digest(&token),
        role: Role::Admin,
        note: "",
        by: None,
        seconds: FIRST_SECONDS,
    };
    invitations::insert(&platform.db, new).await?;
    Ok(Some(address(platform, &token)))
}

/// The invitation that `token` is, kept from others until the transaction ends.
pub(crate) async fn lock(db: &mut PgConnection, token: &str) -> Result<(InvitationId, Role)> {
    let found = if token.starts_with(PREFIX) { invitations::lock(db, &Sha256::digest(token)).await? } else { None };
    found.ok_or_else(|| {
        let why = "This invitation isn't good any more. Ask whoever sent it for another one.";
        Error::invalid("invitation", "invitation_invalid", why)
    })
}

pub async fn sweep(platform: &Platform) -> Result<u64> {
    Ok(invitations::delete_expired(&platform.db).await?)
}

fn secret() -> String {
    format!("{PREFIX}{}", accounts::hex(&rand::random::<[u8; 20]>()))
}

/// The secret stands behind `#`, so that it is in no request's address, and in no log.
fn address(platform: &Platform, token: &str) -> String {
    format!("{}/signup#{token}", platform.config.public_url.as_str().trim_end_matches('/'))
}
