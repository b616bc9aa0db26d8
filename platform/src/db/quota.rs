//! What somebody's films take.

use domain::id::UserId;
use sqlx::PgExecutor;

/// Nobody else adds to this one's films until the end of the transaction.
pub async fn lock(db: impl PgExecutor<'_>, owner: &UserId) -> sqlx::Result<()> {
    sqlx::query!("SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE", owner.as_str()).fetch_optional(db).await?;
    Ok(())
}

/// Bytes of all originals that somebody has, those included that are still being sent. Deleted films count no more.
pub async fn used(db: impl PgExecutor<'_>, owner: &UserId) -> sqlx::Result<u64> {
    let bytes = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(size), 0)::bigint AS "bytes!" FROM videos WHERE owner_id = $1 AND deleted_at IS NULL"#,
        owner.as_str()
    )
    .fetch_one(db)
    .await?;
    Ok(bytes.unsigned_abs())
}
