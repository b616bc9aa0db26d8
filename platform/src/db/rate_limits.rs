//! Attempts counted in fixed windows, by all processes together.

use sqlx::PgExecutor;

/// How long a window is.
pub const WINDOW_SECONDS: f64 = 900.0;

/// Counts an attempt. Returns how many there were in this window, this one included, and the seconds until it ends.
pub async fn hit(db: impl PgExecutor<'_>, key: &str) -> sqlx::Result<(i32, i64)> {
    let row = sqlx::query!(
        r#"WITH w AS (
               SELECT to_timestamp(floor(extract(epoch FROM now())::float8 / $2) * $2) AS starts
           )
           INSERT INTO rate_limits (key, window_start, count) SELECT $1, w.starts, 1 FROM w
           ON CONFLICT (key, window_start) DO UPDATE SET count = rate_limits.count + 1
           RETURNING count, ceil(extract(epoch FROM window_start)::float8 + $2 - extract(epoch FROM now())::float8)::int8 AS "left!""#,
        key,
        WINDOW_SECONDS
    )
    .fetch_one(db)
    .await?;
    Ok((row.count, row.left.max(1)))
}

/// Forgets all attempts under `key`.
pub async fn clear(db: impl PgExecutor<'_>, key: &str) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM rate_limits WHERE key = $1", key).execute(db).await?;
    Ok(())
}

/// Takes one attempt back: it was none.
pub async fn take_back(db: impl PgExecutor<'_>, key: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE rate_limits SET count = count - 1
         WHERE key = $1 AND count > 0 AND window_start > now() - make_interval(secs => $2)",
        key,
        WINDOW_SECONDS
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn delete_old(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    let deleted =
        sqlx::query!("DELETE FROM rate_limits WHERE window_start < now() - make_interval(secs => $1)", WINDOW_SECONDS)
            .execute(db)
            .await?;
    Ok(deleted.rows_affected())
}
