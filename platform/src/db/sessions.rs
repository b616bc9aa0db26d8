//! Browser sessions. What is worth asking for (user, device, address, last seen) is in columns, the rest in `data`.

use super::{millis, read_option};
use domain::id::UserId;
use domain::session;
use serde_json::Value;
use sqlx::PgExecutor;
use std::time::Duration;
use time::OffsetDateTime;

#[derive(Debug, Clone)]
pub struct Session {
    pub user: Option<UserId>,
    pub device: Option<String>,
    pub address: Option<String>,
    pub data: Value,
    pub expires_at: OffsetDateTime,
}

/// False if there is a session of this id.
pub async fn insert(db: impl PgExecutor<'_>, id_hash: &[u8], session: &Session) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "INSERT INTO sessions (id_hash, user_id, device, address, data, expires_at, signed_in_at)
         VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $2::text IS NOT NULL THEN now() END)
         ON CONFLICT (id_hash) DO NOTHING",
        id_hash,
        session.user.as_ref().map(UserId::as_str),
        session.device,
        session.address,
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
        "UPDATE sessions SET user_id = $2, device = $3, address = $4, data = $5, expires_at = $6, last_seen = now(),
             signed_in_at = CASE WHEN $2::text IS NOT NULL THEN coalesce(signed_in_at, now()) END
         WHERE id_hash = $1",
        id_hash,
        session.user.as_ref().map(UserId::as_str),
        session.device,
        session.address,
        session.data,
        session.expires_at
    )
    .execute(db)
    .await?;
    Ok(())
}

/// None if it has ended: some time after it was last used, or `longest` after somebody signed in, used or not.
pub async fn get(db: impl PgExecutor<'_>, id_hash: &[u8], longest: Duration) -> sqlx::Result<Option<Session>> {
    let row = sqlx::query!(
        "SELECT user_id, device, address, data, expires_at FROM sessions
         WHERE id_hash = $1 AND expires_at > now()
             AND (user_id IS NULL OR coalesce(signed_in_at, created_at) > now() - make_interval(secs => $2))",
        id_hash,
        longest.as_secs_f64()
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| {
        let user = read_option(r.user_id)?;
        Ok(Session { user, device: r.device, address: r.address, data: r.data, expires_at: r.expires_at })
    })
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

/// Where somebody is signed in, the last seen first. A session is named by its hash, in hexadecimal digits.
pub async fn of(
    db: impl PgExecutor<'_>,
    user: &UserId,
    longest: Duration,
    current: Option<&str>,
) -> sqlx::Result<Vec<session::Session>> {
    let rows = sqlx::query!(
        r#"SELECT encode(id_hash, 'hex') AS "id!", device, address, last_seen,
               coalesce(signed_in_at, created_at) AS "signed_in_at!"
           FROM sessions
           WHERE user_id = $1 AND expires_at > now()
               AND coalesce(signed_in_at, created_at) > now() - make_interval(secs => $2)
           ORDER BY last_seen DESC, id_hash"#,
        user.as_str(),
        longest.as_secs_f64()
    )
    .fetch_all(db)
    .await?;
    let sessions = rows.into_iter().map(|r| session::Session {
        current: current == Some(&*r.id),
        id: r.id,
        device: session::device(r.device.as_deref().unwrap_or_default()),
        address: r.address,
        signed_in_at: millis(r.signed_in_at),
        last_seen: millis(r.last_seen),
    });
    Ok(sessions.collect())
}

/// Ends one of somebody's sessions. False if there is none of that name.
pub async fn end(db: impl PgExecutor<'_>, user: &UserId, id: &str) -> sqlx::Result<bool> {
    let ended =
        sqlx::query!("DELETE FROM sessions WHERE user_id = $1 AND encode(id_hash, 'hex') = $2", user.as_str(), id)
            .execute(db)
            .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends all of somebody's sessions but that one.
pub async fn end_others(db: impl PgExecutor<'_>, user: &UserId, current: Option<&str>) -> sqlx::Result<u64> {
    let ended = sqlx::query!(
        "DELETE FROM sessions WHERE user_id = $1 AND encode(id_hash, 'hex') IS DISTINCT FROM $2",
        user.as_str(),
        current
    )
    .execute(db)
    .await?;
    Ok(ended.rows_affected())
}

pub async fn delete_expired(db: impl PgExecutor<'_>, longest: Duration) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        "DELETE FROM sessions WHERE expires_at < now()
             OR (user_id IS NOT NULL AND coalesce(signed_in_at, created_at) < now() - make_interval(secs => $1))",
        longest.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}
