//! How much work there is, for those who run it.

use sqlx::PgExecutor;

/// How many tasks of a kind are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    pub kind: String,
    /// "open", "later" (not to be claimed yet), "running" or "dead".
    pub state: String,
    pub count: i64,
}

/// Of what is to be done or can't be. What is done is not counted: that would be a walk through all there ever was.
pub async fn counts(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Count>> {
    sqlx::query_as!(
        Count,
        r#"SELECT kind AS "kind!", CASE WHEN state = 'open' AND run_after > now() THEN 'later' ELSE state END AS "state!",
               count(*) AS "count!"
           FROM tasks WHERE state IN ('open', 'running') GROUP BY 1, 2
           UNION ALL
           SELECT kind, state, count(*) FROM tasks WHERE state = 'dead' GROUP BY 1, 2"#
    )
    .fetch_all(db)
    .await
}

/// For how long the oldest task of each class could have been claimed that nobody has claimed, in seconds. Classes
/// without one are left out.
pub async fn ages(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<(i32, f64)>> {
    let rows = sqlx::query!(
        r#"SELECT class, extract(epoch FROM now() - min(greatest(created_at, run_after)))::double precision AS "age!"
           FROM tasks WHERE state IN ('open', 'running') AND state = 'open' AND run_after <= now() GROUP BY class"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.class, row.age)).collect())
}
