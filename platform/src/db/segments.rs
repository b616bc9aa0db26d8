//! What is published of a build: a row a chunk and rung.

use domain::id::BuildId;
use domain::playlist::{Chunk, Segment};
use sqlx::PgExecutor;
use std::collections::HashMap;

/// Adds a chunk, once: a row that is there stays as it is, because players know it. False if there is one already.
pub async fn insert(db: impl PgExecutor<'_>, build: &BuildId, rung: &str, chunk: &Chunk) -> sqlx::Result<bool> {
    let sizes: Vec<i64> = chunk.segments.iter().map(|s| s.bytes as i64).collect();
    let durations: Vec<f64> = chunk.segments.iter().map(|s| s.duration_ms).collect();
    let inserted = sqlx::query!(
        "INSERT INTO segments (build_id, rung, chunk, fence, sizes, durations_ms) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
        build.as_str(),
        rung,
        chunk.number as i32,
        chunk.fence,
        &sizes,
        &durations
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Takes back the chunks of a picture from a number on: one of them can't be made.
pub async fn delete_from(db: impl PgExecutor<'_>, build: &BuildId, chunk: u32, except: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM segments WHERE build_id = $1 AND chunk >= $2 AND rung <> $3",
        build.as_str(),
        chunk as i32,
        except
    )
    .execute(db)
    .await?;
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
