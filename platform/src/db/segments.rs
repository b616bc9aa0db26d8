//! What is published of a build: a row a chunk and rung.

use domain::id::{BuildId, TaskId};
use domain::playlist::{Chunk, Segment};
use sqlx::PgExecutor;
use std::collections::HashMap;

/// Adds a chunk under a claim's fence, once; again is the same. False if the task is another's now.
///
/// The task's row is locked for sharing: a claim that takes over either waits and sees this row, or this sees the claim.
pub async fn insert(
    db: impl PgExecutor<'_>,
    task: TaskId,
    fence: i64,
    build: &BuildId,
    rung: &str,
    chunk: &Chunk,
    first_index: u32,
) -> sqlx::Result<bool> {
    let sizes: Vec<i64> = chunk.segments.iter().map(|s| s.bytes as i64).collect();
    let durations: Vec<f64> = chunk.segments.iter().map(|s| s.duration_ms).collect();
    let inserted = sqlx::query!(
        "WITH mine AS (SELECT id FROM tasks WHERE id = $1 AND fence = $2 AND state = 'running' FOR SHARE)
         INSERT INTO segments (build_id, rung, chunk, fence, first_index, sizes, durations_ms)
         SELECT $3, $4, $5, $2, $6, $7, $8 FROM mine
         ON CONFLICT (build_id, rung, chunk) DO UPDATE
             SET fence = excluded.fence, first_index = excluded.first_index, sizes = excluded.sizes,
                 durations_ms = excluded.durations_ms",
        task.0,
        fence,
        build.as_str(),
        rung,
        chunk.number as i32,
        first_index as i32,
        &sizes,
        &durations
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Forgets what earlier claims published of a build.
pub async fn delete_older(db: impl PgExecutor<'_>, build: &BuildId, fence: i64) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM segments WHERE build_id = $1 AND fence < $2", build.as_str(), fence).execute(db).await?;
    Ok(())
}

/// All chunks of a build by rendition, in order; of one rendition, if `rung` is given.
pub async fn chunks(
    db: impl PgExecutor<'_>,
    build: &BuildId,
    rung: Option<&str>,
) -> sqlx::Result<HashMap<String, Vec<Chunk>>> {
    let rows = sqlx::query!(
        "SELECT rung, chunk, fence, sizes, durations_ms FROM segments
         WHERE build_id = $1 AND ($2::text IS NULL OR rung = $2) ORDER BY rung, chunk",
        build.as_str(),
        rung
    )
    .fetch_all(db)
    .await?;
    let mut chunks: HashMap<String, Vec<Chunk>> = HashMap::new();
    for row in rows {
        let segments = row
            .sizes
            .iter()
            .zip(&row.durations_ms)
            .map(|(bytes, duration_ms)| Segment { bytes: bytes.unsigned_abs(), duration_ms: *duration_ms })
            .collect();
        let chunk = Chunk { number: row.chunk.unsigned_abs(), fence: row.fence, segments };
        chunks.entry(row.rung).or_default().push(chunk);
    }
    Ok(chunks)
}
