//! Access tokens of the REST API; only their hashes.

use super::read;
use super::users::User;
use domain::id::UserId;
use sqlx::PgExecutor;

pub async fn insert(db: impl PgExecutor<'_>, hash: &[u8], user: &UserId, seconds: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO access_tokens (hash, user_id, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))",
        hash,
        user.as_str(),
        seconds as f64
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn user(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<Option<User>> {
    let row = sqlx::query!(
        "SELECT u.id, u.username, u.email FROM access_tokens t JOIN users u ON u.id = t.user_id
         WHERE t.hash = $1 AND t.expires_at > now()",
        hash
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| Ok(User { id: read(&r.id)?, username: r.username, email: r.email })).transpose()
}

pub async fn delete_expired(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    Ok(sqlx::query!("DELETE FROM access_tokens WHERE expires_at < now()").execute(db).await?.rows_affected())
}
