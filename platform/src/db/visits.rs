//! Visits in which films are played, and the views that they become.

use domain::id::VideoId;
use domain::watching::Counted;
use sqlx::{PgConnection, PgExecutor};

/// How long a visit is known, in seconds: a day.
const KEPT_SECONDS: f64 = 24.0 * 3600.0;
/// The advisory lock of [`add`].
const ADDING: i64 = 0x6b69_6e6f_7669_6577;

/// Counts a visit that is known, once it has lasted long enough. None if there is no such visit.
pub async fn count(db: impl PgExecutor<'_>, video: &VideoId, key_hash: &[u8]) -> sqlx::Result<Option<Counted>> {
    let row = sqlx::query!(
        r#"WITH v AS (
               SELECT counted, needed_ms - (extract(epoch FROM now() - begun_at) * 1000)::int8 AS left_ms
               FROM visits WHERE video_id = $1 AND key_hash = $2
           ), now_counted AS (
               UPDATE visits SET counted = true FROM v
               WHERE video_id = $1 AND key_hash = $2 AND NOT v.counted AND v.left_ms <= 0
           )
           SELECT (counted OR left_ms <= 0) AS "counted!", greatest(left_ms, 0) AS "left_ms!" FROM v"#,
        video.as_str(),
        key_hash
    )
    .fetch_optional(db)
    .await?;
    Ok(row
        .map(|row| Counted { counted: row.counted, wait_ms: if row.counted { 0 } else { row.left_ms.unsigned_abs() } }))
}

/// Begins a visit, unless it has begun.
pub async fn begin(db: impl PgExecutor<'_>, video: &VideoId, key_hash: &[u8], needed_ms: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO visits (video_id, key_hash, needed_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        video.as_str(),
        key_hash,
        needed_ms
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Adds what was counted to the films' views. Wants a transaction: one process at a time does it, so that none waits for
/// another within.
pub async fn add(db: &mut PgConnection) -> sqlx::Result<u64> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", ADDING).execute(&mut *db).await?;
    let updated = sqlx::query!(
        "WITH counted AS (
             UPDATE visits SET added = true WHERE counted AND NOT added RETURNING video_id
         ), sums AS (
             SELECT video_id, count(*) AS views FROM counted GROUP BY video_id
         )
         UPDATE videos v SET views = v.views + sums.views FROM sums WHERE v.id = sums.video_id"
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected())
}

pub async fn delete_old(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        "DELETE FROM visits WHERE begun_at < now() - make_interval(secs => $1) AND (added OR NOT counted)",
        KEPT_SECONDS
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}
