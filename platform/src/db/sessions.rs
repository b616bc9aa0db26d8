//! Browser sessions. What is worth asking for (user, device, last seen) is in columns, the rest in `data`.

use super::read_option;
use domain::id::UserId;
use serde_json::Value;
use sqlx::PgExecutor;
use time::OffsetDateTime;

#[derive(Debug, Clone)]
pub struct Session {
    pub user: Option<UserId>,
    pub device: Option<String>,
    pub data: Value,
    pub expires_at: OffsetDateTime,
}

/// False if there is a session of this id.
pub async fn insert(db: impl PgExecutor<'_>, id_hash: &[u8], session: &Session) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "INSERT INTO sessions (id_hash, user_id, device, data, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id_hash) DO NOTHING",
        id_hash,
        session.user.as_ref().map(UserId::as_str),
        session.device,
        session.data,
        session.expires_at
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Writes an existing session. One that was ended meanwhile stays ended.
pub async fn update(db: impl PgExecutor<'_>, id_hash: &[u8], session: &Session) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE sessions SET user_id = $2, device = $3, data = $4, expires_at = $5, last_seen = now() WHERE id_hash = $1",
        id_hash,
        session.user.as_ref().map(UserId::as_str),
        session.device,
        session.data,
        session.expires_at
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn get(db: impl PgExecutor<'_>, id_hash: &[u8]) -> sqlx::Result<Option<Session>> {
    let row = sqlx::query!(
        "SELECT user_id, device, data, expires_at FROM sessions WHERE id_hash = $1 AND expires_at > now()",
        id_hash
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| Ok(Session { user: read_option(r.user_id)?, device: r.device, data: r.data, expires_at: r.expires_at }))
        .transpose()
}

/// Notes that the session was used; at most once a minute, so that reading a page writes nothing.
pub async fn touch(db: impl PgExecutor<'_>, id_hash: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE sessions SET last_seen = now() WHERE id_hash = $1 AND last_seen < now() - interval '1 minute'",
        id_hash
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn delete(db: impl PgExecutor<'_>, id_hash: &[u8]) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM sessions WHERE id_hash = $1", id_hash).execute(db).await?;
    Ok(())
}

pub async fn delete_expired(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    Ok(sqlx::query!("DELETE FROM sessions WHERE expires_at < now()").execute(db).await?.rows_affected())
}
