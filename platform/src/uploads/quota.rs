//! How much films may take together: one account's, by its role (`KINORA_QUOTA_BYTES`, `KINORA_QUOTA_FILMS`) or as an admin
//! decided for it; and all of them (`KINORA_SITE_QUOTA_BYTES`, `KINORA_SITE_QUOTA_FILMS`).

use crate::access::allow_here;
use crate::config::Quotas;
use crate::{Error, Platform, Result, db};
use domain::access::Action;
use domain::actor::{Actor, Role};
use domain::id::{UserId, VideoId};
use domain::quota::{NoRoom, Quota};
use sqlx::PgConnection;

/// What is left for the actor's next films.
pub async fn left(platform: &Platform, actor: &Actor) -> Result<Quota> {
    let owner = allow_here(actor, Action::Upload)?;
    let found = db::quota::look(&platform.db, &owner).await?.ok_or(Error::NotFound)?;
    let quota = of(&platform.config.quotas, found);
    if quota.is_unlimited() {
        return Ok(quota);
    }
    Ok(quota.left(db::quota::used(&platform.db, &owner).await?))
}

/// What was decided for the person goes before what the role says.
fn of(quotas: &Quotas, (role, own): (Role, Quota)) -> Quota {
    let by_role = quotas.of(role);
    Quota { bytes: own.bytes.or(by_role.bytes), films: own.films.or(by_role.films) }
}

/// Whether one more film of `size` bytes fits. The answer holds to the end of the transaction, whatever else is begun
/// meanwhile.
pub(super) async fn check(
    tx: &mut PgConnection,
    quotas: &Quotas,
    owner: &UserId,
    size: u64,
) -> sqlx::Result<Result<(), NoRoom>> {
    if !quotas.site.is_unlimited() {
        db::quota::lock_all(&mut *tx).await?;
        let left = quotas.site.left(db::quota::used_by_all(&mut *tx).await?);
        if left.takes(size).is_err() {
            return Ok(Err(NoRoom::Site));
        }
    }
    let Some(found) = db::quota::lock(&mut *tx, owner).await? else { return Ok(Ok(())) };
    let quota = of(quotas, found);
    if quota.is_unlimited() {
        return Ok(Ok(()));
    }
    Ok(quota.left(db::quota::used(&mut *tx, owner).await?).takes(size))
}

/// Whether a film that is to be processed for the first time is still within what its owner may keep: much may have happened
/// since its upload began.
pub async fn holds(platform: &Platform, video: &VideoId) -> Result<Result<(), NoRoom>> {
    let Some((owner, size)) = db::quota::owner_of_new(&platform.db, video).await? else { return Ok(Ok(())) };
    let Some(found) = db::quota::look(&platform.db, &owner).await? else { return Ok(Ok(())) };
    let quota = of(&platform.config.quotas, found);
    if quota.is_unlimited() {
        return Ok(Ok(()));
    }
    let used = db::quota::used(&platform.db, &owner).await?;
    if quota.holds(used) {
        return Ok(Ok(()));
    }
    let without = quota.left(domain::quota::Used { bytes: used.bytes.saturating_sub(size), films: used.films - 1 });
    Ok(Err(without.takes(size).err().unwrap_or(NoRoom::Films)))
}

pub(super) fn refused(why: NoRoom) -> Error {
    Error::invalid("size", "quota_exceeded", why)
}
