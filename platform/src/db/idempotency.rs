//! Calls that can be repeated without being done twice.

use domain::id::UserId;
use sqlx::PgExecutor;

/// How long an answer is kept.
pub const KEPT_SECONDS: f64 = 24.0 * 3600.0;
/// Nobody answers for so long: the server that was asked is gone.
const ABANDONED_SECONDS: f64 = 120.0;

/// What is known of a call that was made before.
#[derive(Debug)]
pub struct Known {
    pub request_hash: Vec<u8>,
    /// Status and body. None while it is being answered.
    pub answer: Option<(u16, Vec<u8>)>,
}

/// Takes a key, if nobody has it. True: the call is the caller's to make.
pub async fn take(db: impl PgExecutor<'_>, user: &UserId, key: &[u8], request: &[u8]) -> sqlx::Result<bool> {
    let taken = sqlx::query!(
        "INSERT INTO idempotency_keys (user_id, key_hash, request_hash) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, key_hash) DO UPDATE
             SET request_hash = excluded.request_hash, begun_at = now(), status = NULL, body = NULL
             WHERE idempotency_keys.begun_at < now() - make_interval(secs =>
                 CASE WHEN idempotency_keys.status IS NULL THEN $4::float8 ELSE $5::float8 END)",
        user.as_str(),
        key,
        request,
        ABANDONED_SECONDS,
        KEPT_SECONDS
    )
    .execute(db)
    .await?;
    Ok(taken.rows_affected() == 1)
}

pub async fn known(db: impl PgExecutor<'_>, user: &UserId, key: &[u8]) -> sqlx::Result<Option<Known>> {
    let row = sqlx::query!(
        "SELECT request_hash, status, body FROM idempotency_keys WHERE user_id = $1 AND key_hash = $2",
        user.as_str(),
        key
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Known {
        request_hash: row.request_hash,
        answer: row.status.and_then(|status| u16::try_from(status).ok()).zip(row.body),
    }))
}

pub async fn keep(db: impl PgExecutor<'_>, user: &UserId, key: &[u8], status: u16, body: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE idempotency_keys SET status = $3, body = $4 WHERE user_id = $1 AND key_hash = $2",
        user.as_str(),
        key,
        i32::from(status),
        body
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets a key go whose call came to nothing.
pub async fn release(db: impl PgExecutor<'_>, user: &UserId, key: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM idempotency_keys WHERE user_id = $1 AND key_hash = $2 AND status IS NULL",
        user.as_str(),
        key
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn delete_old(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    let deleted =
        sqlx::query!("DELETE FROM idempotency_keys WHERE begun_at < now() - make_interval(secs => $1)", KEPT_SECONDS)
            .execute(db)
            .await?;
    Ok(deleted.rows_affected())
}
