//! What films take.

use super::read;
use domain::actor::Role;
use domain::id::{UserId, VideoId};
use domain::quota::{Quota, Used};
use sqlx::PgExecutor;

/// What somebody is to be judged by: the role, and what was decided for this person. Nobody else adds to this one's films
/// until the end of the transaction.
pub async fn lock(db: impl PgExecutor<'_>, owner: &UserId) -> sqlx::Result<Option<(Role, Quota)>> {
    let row = sqlx::query!(
        "SELECT role, quota_bytes, quota_films FROM users WHERE id = $1 FOR NO KEY UPDATE",
        owner.as_str()
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| Ok((read(&r.role)?, quota(r.quota_bytes, r.quota_films)))).transpose()
}

/// The same, held from nobody.
pub async fn look(db: impl PgExecutor<'_>, owner: &UserId) -> sqlx::Result<Option<(Role, Quota)>> {
    let row = sqlx::query!("SELECT role, quota_bytes, quota_films FROM users WHERE id = $1", owner.as_str())
        .fetch_optional(db)
        .await?;
    row.map(|r| Ok((read(&r.role)?, quota(r.quota_bytes, r.quota_films)))).transpose()
}

pub(super) fn quota(bytes: Option<i64>, films: Option<i64>) -> Quota {
    Quota { bytes: bytes.map(i64::unsigned_abs), films: films.map(i64::unsigned_abs) }
}

/// Decides for one person; None is as the role says.
pub async fn set(db: impl PgExecutor<'_>, owner: &UserId, quota: Quota) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE users SET quota_bytes = $2, quota_films = $3 WHERE id = $1",
        owner.as_str(),
        quota.bytes.map(|bytes| bytes as i64),
        quota.films.map(|films| films as i64)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// All originals that somebody has, those included that are still being sent. Deleted films count no more.
pub async fn used(db: impl PgExecutor<'_>, owner: &UserId) -> sqlx::Result<Used> {
    let row = sqlx::query!(
        r#"SELECT coalesce(sum(size), 0)::bigint AS "bytes!", count(*) AS "films!"
           FROM videos WHERE owner_id = $1 AND deleted_at IS NULL"#,
        owner.as_str()
    )
    .fetch_one(db)
    .await?;
    Ok(Used { bytes: row.bytes.unsigned_abs(), films: row.films.unsigned_abs() })
}

/// The same of all people together.
pub async fn used_by_all(db: impl PgExecutor<'_>) -> sqlx::Result<Used> {
    let row = sqlx::query!(
        r#"SELECT coalesce(sum(size), 0)::bigint AS "bytes!", count(*) AS "films!" FROM videos WHERE deleted_at IS NULL"#
    )
    .fetch_one(db)
    .await?;
    Ok(Used { bytes: row.bytes.unsigned_abs(), films: row.films.unsigned_abs() })
}

/// Nobody adds to anybody's films until the end of the transaction.
pub async fn lock_all(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!(r#"SELECT pg_advisory_xact_lock(hashtext('kinora.site_quota')) AS "locked: ()""#)
        .fetch_one(db)
        .await?;
    Ok(())
}

/// Whose film it is that nobody could watch yet.
pub async fn owner_of_new(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<Option<(UserId, u64)>> {
    let row = sqlx::query!(
        r#"SELECT owner_id, coalesce(size, 0) AS "size!" FROM videos WHERE id = $1 AND published_at IS NULL"#,
        video.as_str()
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| Ok((read(&r.owner_id)?, r.size.unsigned_abs()))).transpose()
}
