//! What opens films that aren't for everybody: passwords and share links.

use super::{millis, read};
use domain::id::{KeyId, VideoId};
use domain::sharing::{Label, Lasts, Link};
use sqlx::PgExecutor;
use time::OffsetDateTime;

/// A key that opens now, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Valid {
    pub key: KeyId,
    pub expires_at: Option<OffsetDateTime>,
}

pub async fn valid(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<Vec<Valid>> {
    let rows = sqlx::query!(
        "SELECT id, expires_at FROM keys WHERE video_id = $1 AND (expires_at IS NULL OR expires_at > now())",
        video.as_str()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Ok(Valid { key: read(&row.id)?, expires_at: row.expires_at })).collect()
}

/// The key behind a film's password, and the password's hash.
pub async fn password(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<Option<(KeyId, String)>> {
    let row = sqlx::query!(
        r#"SELECT id, password AS "password!" FROM keys WHERE video_id = $1 AND kind = 'password'"#,
        video.as_str()
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok((read(&row.id)?, row.password))).transpose()
}

/// `hash` is argon2id in PHC format.
pub async fn insert_password(db: impl PgExecutor<'_>, video: &VideoId, key: &KeyId, hash: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO keys (id, video_id, kind, password) VALUES ($1, $2, 'password', $3)",
        key.as_str(),
        video.as_str(),
        hash
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn remove_password(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM keys WHERE video_id = $1 AND kind = 'password'", video.as_str()).execute(db).await?;
    Ok(())
}

pub async fn note_use(db: impl PgExecutor<'_>, key: &KeyId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE keys SET uses = uses + 1, last_used_at = now() WHERE id = $1", key.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// A row of a share link, before its id is read.
struct Row {
    id: String,
    label: String,
    created_at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
    last_used_at: Option<OffsetDateTime>,
    uses: i64,
    expired: bool,
}

impl TryFrom<Row> for Link {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        Ok(Link {
            id: read(&row.id)?,
            label: row.label,
            created_at: millis(row.created_at),
            expires_at: row.expires_at.map(millis),
            last_used_at: row.last_used_at.map(millis),
            uses: row.uses,
            expired: row.expired,
        })
    }
}

/// `hash` is SHA-256 of what stands in its address.
pub async fn insert_link(
    db: impl PgExecutor<'_>,
    video: &VideoId,
    key: &KeyId,
    hash: &[u8],
    label: &Label,
    lasts: Lasts,
) -> sqlx::Result<Link> {
    let row = sqlx::query_as!(
        Row,
        r#"INSERT INTO keys (id, video_id, kind, token_hash, label, expires_at)
           VALUES ($1, $2, 'link', $3, $4, now() + make_interval(secs => $5))
           RETURNING id, label, created_at, expires_at, last_used_at, uses, false AS "expired!""#,
        key.as_str(),
        video.as_str(),
        hash,
        label.as_str(),
        lasts.seconds().map(f64::from)
    )
    .fetch_one(db)
    .await?;
    row.try_into()
}

/// A film's share links, the newest first.
pub async fn links(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<Vec<Link>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, label, created_at, expires_at, last_used_at, uses, coalesce(expires_at <= now(), false) AS "expired!"
           FROM keys WHERE video_id = $1 AND kind = 'link' ORDER BY created_at DESC, id"#,
        video.as_str()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Link::try_from).collect()
}

/// Notes that somebody came by a share link. None if it isn't one of this film, or not any more.
pub async fn use_link(db: impl PgExecutor<'_>, video: &VideoId, hash: &[u8]) -> sqlx::Result<Option<KeyId>> {
    let id = sqlx::query_scalar!(
        "UPDATE keys SET uses = uses + 1, last_used_at = now()
         WHERE video_id = $1 AND token_hash = $2 AND (expires_at IS NULL OR expires_at > now()) RETURNING id",
        video.as_str(),
        hash
    )
    .fetch_optional(db)
    .await?;
    id.as_deref().map(read).transpose()
}

/// False if the film has no such share link.
pub async fn remove_link(db: impl PgExecutor<'_>, video: &VideoId, key: &KeyId) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        "DELETE FROM keys WHERE id = $1 AND video_id = $2 AND kind = 'link'",
        key.as_str(),
        video.as_str()
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Forgets share links that expired a month ago: until then their owner sees that they did.
pub async fn delete_expired(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    let deleted = sqlx::query!("DELETE FROM keys WHERE expires_at < now() - interval '30 days'").execute(db).await?;
    Ok(deleted.rows_affected())
}
