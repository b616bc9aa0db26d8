//! Mails that wait to be sent.

use super::{read, read_option};
use crate::mail::Kind;
use domain::id::UserId;
use sqlx::PgExecutor;

/// A mail that this process sends now.
#[derive(Debug)]
pub struct Waiting {
    pub id: i64,
    pub kind: Kind,
    pub user: Option<UserId>,
    /// An address; of a forgotten password what was typed.
    pub about: String,
    /// This one included.
    pub attempts: i32,
    pub age_seconds: i64,
}

pub async fn insert(db: impl PgExecutor<'_>, kind: Kind, user: Option<&UserId>, about: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO mails (kind, user_id, about) VALUES ($1, $2, $3)",
        kind.as_str(),
        user.map(UserId::as_str),
        about
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The mail that has been due for longest. Nobody else gets it for `seconds`: whoever dies with it loses nothing.
pub async fn claim(db: impl PgExecutor<'_>, seconds: f64) -> sqlx::Result<Option<Waiting>> {
    let row = sqlx::query!(
        r#"UPDATE mails SET attempts = attempts + 1, due_at = now() + make_interval(secs => $1)
           WHERE id = (SELECT id FROM mails WHERE due_at <= now() ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
           RETURNING id, kind, user_id, about, attempts, extract(epoch FROM now() - created_at)::int8 AS "age!""#,
        seconds
    )
    .fetch_optional(db)
    .await?;
    let waiting = |id, kind: String, user, about, attempts, age_seconds| {
        Ok(Waiting { id, kind: read(&kind)?, user: read_option(user)?, about, attempts, age_seconds })
    };
    row.map(|r| waiting(r.id, r.kind, r.user_id, r.about, r.attempts, r.age)).transpose()
}

/// What a change of the address still had to say.
pub async fn delete_changes_of(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM mails WHERE user_id = $1 AND kind IN ('change_old', 'change_new')", user.as_str())
        .execute(db)
        .await?;
    Ok(())
}

pub async fn put_off(db: impl PgExecutor<'_>, id: i64, seconds: f64) -> sqlx::Result<()> {
    sqlx::query!("UPDATE mails SET due_at = now() + make_interval(secs => $2) WHERE id = $1", id, seconds)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn delete(db: impl PgExecutor<'_>, id: i64) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM mails WHERE id = $1", id).execute(db).await?;
    Ok(())
}
