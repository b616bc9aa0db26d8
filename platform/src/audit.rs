//! The log of sign-ins, changes of rights, moderation and deletions: everybody reads their own, admins all of it.

use crate::access::{allow_here, allow_own};
use crate::{Error, Platform, Result, db};
use domain::access::Action;
use domain::actor::Actor;
use domain::audit::Entry;
use domain::page::{MAX_LIMIT, Page};

pub use crate::db::audit::Line;
pub(crate) use crate::db::audit::insert as write;

/// What happened to the account of whoever asks, the newest first.
pub async fn own(platform: &Platform, actor: &Actor, cursor: Option<&str>, limit: Option<u32>) -> Result<Page<Entry>> {
    let user = allow_own(actor, Action::Inspect)?;
    page(platform, Some(&user), cursor, limit).await
}

/// What happened to all accounts; for admins.
pub async fn all(platform: &Platform, actor: &Actor, cursor: Option<&str>, limit: Option<u32>) -> Result<Page<Entry>> {
    allow_here(actor, Action::Administer)?;
    page(platform, None, cursor, limit).await
}

async fn page(
    platform: &Platform,
    account: Option<&domain::id::UserId>,
    cursor: Option<&str>,
    limit: Option<u32>,
) -> Result<Page<Entry>> {
    let before = cursor.map(str::parse::<i64>).transpose();
    let before = before.map_err(|_| Error::invalid("cursor", "invalid_cursor", domain::page::InvalidCursor))?;
    let limit = limit.unwrap_or(50).clamp(1, MAX_LIMIT) as usize;
    let entries = db::audit::list(&platform.db, account, before, limit as i64 + 1).await?;
    Ok(Page::cut(entries, limit, |entry| entry.id.to_string()))
}

/// Deletes what is older than `KINORA_AUDIT_DAYS`.
pub async fn sweep(platform: &Platform) -> Result<u64> {
    let mut tx = platform.db.begin().await?;
    let deleted = db::audit::delete_old(&mut tx, platform.config.audit_days).await?;
    tx.commit().await?;
    Ok(deleted)
}
