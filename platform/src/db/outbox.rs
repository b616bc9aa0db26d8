//! Messages for Kafka, written in the transaction of what they tell of.

use sqlx::types::Json;
use sqlx::{PgExecutor, Result};

/// A message that waits.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: i64,
    /// A topic of `domain::event`, without the prefix.
    pub topic: String,
    pub key: Option<String>,
    pub payload: serde_json::Value,
}

pub async fn insert(
    db: impl PgExecutor<'_>,
    topic: &str,
    key: Option<&str>,
    payload: &impl serde::Serialize,
) -> Result<()> {
    let payload = serde_json::to_value(payload).map_err(|e| sqlx::Error::Encode(e.into()))?;
    sqlx::query!("INSERT INTO outbox (topic, key, payload) VALUES ($1, $2, $3)", topic, key, payload)
        .execute(db)
        .await?;
    Ok(())
}

/// The oldest that no other relay holds, locked until the transaction ends.
pub async fn take(tx: impl PgExecutor<'_>, limit: i64) -> Result<Vec<Row>> {
    let rows = sqlx::query!(
        r#"SELECT id, topic, key, payload AS "payload: Json<serde_json::Value>"
           FROM outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED"#,
        limit
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|r| Row { id: r.id, topic: r.topic, key: r.key, payload: r.payload.0 }).collect())
}

pub async fn delete(tx: impl PgExecutor<'_>, ids: &[i64]) -> Result<()> {
    sqlx::query!("DELETE FROM outbox WHERE id = ANY($1)", ids).execute(tx).await?;
    Ok(())
}
