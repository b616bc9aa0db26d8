//! Passkeys, and what browsers were asked to sign with them.

use super::{millis, read, read_option};
use domain::factors::Passkey;
use domain::id::{PasskeyId, UserId};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

pub struct New<'a> {
    pub id: &'a PasskeyId,
    pub user: &'a UserId,
    pub credential_id: &'a [u8],
    pub credential: &'a Value,
    pub name: &'a str,
}

/// Fails by `passkeys_credential_id_key` if it is somebody's already.
pub async fn insert(db: impl PgExecutor<'_>, new: New<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO passkeys (id, user_id, credential_id, credential, name) VALUES ($1, $2, $3, $4, $5)",
        new.id.as_str(),
        new.user.as_str(),
        new.credential_id,
        new.credential,
        new.name
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Somebody's, the newest first.
pub async fn of(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<Vec<Passkey>> {
    let rows = sqlx::query!(
        "SELECT id, name, created_at, last_used_at FROM passkeys WHERE user_id = $1 ORDER BY created_at DESC, id",
        user.as_str()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Passkey {
                id: read(&r.id)?,
                name: r.name,
                created_at: millis(r.created_at),
                last_used_at: r.last_used_at.map(millis),
            })
        })
        .collect()
}

pub async fn credentials(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<Vec<Value>> {
    sqlx::query_scalar!("SELECT credential FROM passkeys WHERE user_id = $1", user.as_str()).fetch_all(db).await
}

/// Whose it is, and nobody else uses it until the transaction ends. None of somebody who is disabled.
pub async fn lock(db: &mut PgConnection, credential_id: &[u8]) -> sqlx::Result<Option<(UserId, Value)>> {
    let row = sqlx::query!(
        "SELECT p.user_id, p.credential FROM passkeys p JOIN users u ON u.id = p.user_id
         WHERE p.credential_id = $1 AND u.disabled_at IS NULL FOR UPDATE OF p",
        credential_id
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| Ok((read(&r.user_id)?, r.credential))).transpose()
}

pub async fn used(db: impl PgExecutor<'_>, credential_id: &[u8], credential: &Value) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE passkeys SET credential = $2, last_used_at = now() WHERE credential_id = $1",
        credential_id,
        credential
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What it was called.
pub async fn delete(db: impl PgExecutor<'_>, user: &UserId, id: &PasskeyId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "DELETE FROM passkeys WHERE user_id = $1 AND id = $2 RETURNING name",
        user.as_str(),
        id.as_str()
    )
    .fetch_optional(db)
    .await
}

/// How many ways in somebody has besides passkeys: a password, identities of providers.
pub async fn other_ways(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "ways!" FROM identities WHERE user_id = $1"#, user.as_str())
        .fetch_one(db)
        .await
}

/// What a browser is asked to sign, for so many seconds.
pub async fn ask(
    db: impl PgExecutor<'_>,
    hash: &[u8],
    user: Option<&UserId>,
    state: &Value,
    seconds: f64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO ceremonies (hash, user_id, state, expires_at) VALUES ($1, $2, $3, now() + make_interval(secs => $4))",
        hash,
        user.map(UserId::as_str),
        state,
        seconds
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The same once: the second answer finds nothing.
pub async fn answer(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<Option<(Option<UserId>, Value)>> {
    let row = sqlx::query!(
        r#"DELETE FROM ceremonies WHERE hash = $1 RETURNING user_id, state, expires_at > now() AS "fresh!""#,
        hash
    )
    .fetch_optional(db)
    .await?;
    row.filter(|r| r.fresh).map(|r| Ok((read_option(r.user_id)?, r.state))).transpose()
}

pub async fn delete_expired(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    let deleted = sqlx::query!("DELETE FROM ceremonies WHERE expires_at < now()").execute(db).await?;
    Ok(deleted.rows_affected())
}
