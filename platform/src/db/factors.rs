//! Apps that make codes, and recovery codes.

use domain::id::UserId;
use sqlx::{PgConnection, PgExecutor};

/// An app's secret, sealed, and the step whose code was used last.
pub struct Totp {
    pub sealed: Vec<u8>,
    pub last_step: i64,
    pub confirmed: bool,
}

/// Whether somebody has switched codes on, and how many recovery codes are left.
pub async fn state(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<(bool, i64)> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM totp WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS "on!",
               (SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL) AS "left!""#,
        user.as_str()
    )
    .fetch_one(db)
    .await?;
    Ok((row.on, row.left))
}

/// Whether a password alone is not enough.
pub async fn any(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM totp WHERE user_id = $1 AND confirmed_at IS NOT NULL)
               OR EXISTS (SELECT FROM passkeys WHERE user_id = $1) AS "any!""#,
        user.as_str()
    )
    .fetch_one(db)
    .await
}

/// A secret that doesn't count yet. False if there is one that does.
pub async fn begin(db: impl PgExecutor<'_>, user: &UserId, sealed: &[u8]) -> sqlx::Result<bool> {
    let begun = sqlx::query!(
        "INSERT INTO totp (user_id, secret) VALUES ($1, $2)
         ON CONFLICT (user_id) DO UPDATE SET secret = $2, last_step = 0, created_at = now()
             WHERE totp.confirmed_at IS NULL",
        user.as_str(),
        sealed
    )
    .execute(db)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Nobody else uses a code of it until the transaction ends.
pub async fn lock(db: &mut PgConnection, user: &UserId) -> sqlx::Result<Option<Totp>> {
    let row = sqlx::query!(
        r#"SELECT secret, last_step, confirmed_at IS NOT NULL AS "confirmed!" FROM totp WHERE user_id = $1 FOR UPDATE"#,
        user.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|r| Totp { sealed: r.secret, last_step: r.last_step, confirmed: r.confirmed }))
}

/// The code of this step was right: it isn't any more.
pub async fn used(db: impl PgExecutor<'_>, user: &UserId, step: i64, sealed: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE totp SET last_step = $2, secret = $3, confirmed_at = coalesce(confirmed_at, now()) WHERE user_id = $1",
        user.as_str(),
        step,
        sealed
    )
    .execute(db)
    .await?;
    Ok(())
}

/// False if there was none that counts.
pub async fn delete(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<bool> {
    let deleted = sqlx::query!("DELETE FROM totp WHERE user_id = $1 AND confirmed_at IS NOT NULL", user.as_str())
        .execute(db)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Puts these in the place of all that there were.
pub async fn put_recovery(db: &mut PgConnection, user: &UserId, hashes: &[Vec<u8>]) -> sqlx::Result<()> {
    delete_recovery(&mut *db, user).await?;
    sqlx::query!("INSERT INTO recovery_codes (user_id, hash) SELECT $1, unnest($2::bytea[])", user.as_str(), hashes)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn delete_recovery(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM recovery_codes WHERE user_id = $1", user.as_str()).execute(db).await?;
    Ok(())
}

/// False if it is none, or was used before.
pub async fn use_recovery(db: impl PgExecutor<'_>, user: &UserId, hash: &[u8]) -> sqlx::Result<bool> {
    let used = sqlx::query!(
        "UPDATE recovery_codes SET used_at = now() WHERE user_id = $1 AND hash = $2 AND used_at IS NULL",
        user.as_str(),
        hash
    )
    .execute(db)
    .await?;
    Ok(used.rows_affected() == 1)
}
