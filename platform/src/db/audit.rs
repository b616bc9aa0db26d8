//! The log of what happened to accounts: written once, see the table's triggers.

use super::millis;
use domain::audit::{Entry, Event};
use domain::id::UserId;
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

/// A line to be written.
#[derive(Debug, Default)]
pub struct Line<'a> {
    /// Who did it.
    pub actor: Option<&'a UserId>,
    /// Whose account it is about.
    pub account: Option<&'a UserId>,
    pub object: Option<&'a str>,
    pub details: Option<Value>,
    pub address: Option<String>,
}

pub async fn insert(db: impl PgExecutor<'_>, event: Event, line: Line<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO audit (event, actor, account, name, object, details, address)
         VALUES ($1, $2, $3, (SELECT username FROM users WHERE id = $3), $4, coalesce($5, '{}'::jsonb), $6)",
        event.as_str(),
        line.actor.map(UserId::as_str),
        line.account.map(UserId::as_str),
        line.object,
        line.details,
        line.address
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The newest lines before `before`, of one account or of all.
pub async fn list(
    db: impl PgExecutor<'_>,
    account: Option<&UserId>,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Entry>> {
    let rows = sqlx::query!(
        r#"SELECT a.id, a.at, a.event, coalesce(u.username, a.actor) AS by, a.name, a.object, a.details, a.address
           FROM audit a LEFT JOIN users u ON u.id = a.actor
           WHERE ($1::text IS NULL OR a.account = $1) AND ($2::bigint IS NULL OR a.id < $2)
           ORDER BY a.id DESC LIMIT $3"#,
        account.map(UserId::as_str),
        before,
        limit
    )
    .fetch_all(db)
    .await?;
    let entries = rows.into_iter().map(|r| Entry {
        id: r.id,
        at: millis(r.at),
        event: r.event,
        by: r.by,
        account: r.name,
        object: r.object,
        details: r.details,
        address: r.address,
    });
    Ok(entries.collect())
}

/// Deletes what is older than that. Nothing else can be deleted.
pub async fn delete_old(db: &mut PgConnection, days: u32) -> sqlx::Result<u64> {
    sqlx::query!(r#"SELECT set_config('kinora.audit_retention', 'on', true) AS "set""#).fetch_one(&mut *db).await?;
    let deleted =
        sqlx::query!("DELETE FROM audit WHERE at < now() - make_interval(days => $1)", days as i32).execute(db).await?;
    Ok(deleted.rows_affected())
}
