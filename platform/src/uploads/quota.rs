//! How much one account's films may take together (`KINORA_QUOTA_BYTES`).

use crate::access::allow_here;
use crate::{Error, Platform, Result, db};
use domain::access::Action;
use domain::actor::Actor;
use domain::id::UserId;
use domain::upload::NoRoom;
use sqlx::PgConnection;

/// Bytes that the actor's next films may have. None where there is no limit.
pub async fn left(platform: &Platform, actor: &Actor) -> Result<Option<u64>> {
    let owner = allow_here(actor, Action::Upload)?;
    let Some(quota) = platform.config.quota_bytes else { return Ok(None) };
    Ok(Some(quota.saturating_sub(db::quota::used(&platform.db, &owner).await?)))
}

/// Whether `size` more bytes fit. The answer holds to the end of the transaction, whatever else is begun meanwhile.
pub(super) async fn check(
    tx: &mut PgConnection,
    quota: Option<u64>,
    owner: &UserId,
    size: u64,
) -> sqlx::Result<Result<(), NoRoom>> {
    let Some(quota) = quota else { return Ok(Ok(())) };
    db::quota::lock(&mut *tx, owner).await?;
    let left = quota.saturating_sub(db::quota::used(&mut *tx, owner).await?);
    Ok(if size > left { Err(NoRoom { size, left }) } else { Ok(()) })
}

pub(super) fn refused(why: NoRoom) -> Error {
    Error::invalid("size", "quota_exceeded", why)
}
