//! Which versions of the engine there are workers of.

use super::read;
use domain::id::{BuildId, VideoId};
use sqlx::PgExecutor;
use std::time::Duration;

/// Notes that a worker with this engine is there.
pub async fn seen(db: impl PgExecutor<'_>, version: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO engines (version) VALUES ($1) ON CONFLICT (version) DO UPDATE SET seen_at = now()",
        version
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes over what is left to do for finished builds whose engine hasn't been seen for so long: pictures, which any
/// engine may make.
pub async fn inherit(db: impl PgExecutor<'_>, version: i32, unseen: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE builds b SET engine_version = $1
         WHERE b.id IN (SELECT build_id FROM tasks WHERE kind IN ('pictures', 'storyboard') AND state IN ('open', 'running'))
             AND b.finished_at IS NOT NULL AND b.engine_version <> $1
             AND NOT EXISTS (
                 SELECT 1 FROM engines e
                 WHERE e.version = b.engine_version AND e.seen_at > now() - make_interval(secs => $2)
             )",
        version,
        unseen.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Some builds that aren't finished, and whose engine hasn't been seen for so long.
pub async fn stranded(
    db: impl PgExecutor<'_>,
    version: i32,
    unseen: Duration,
) -> sqlx::Result<Vec<(BuildId, VideoId)>> {
    let rows = sqlx::query!(
        "SELECT b.id, b.video_id FROM builds b
         WHERE b.finished_at IS NULL AND b.engine_version <> $1
             AND EXISTS (SELECT 1 FROM tasks t WHERE t.build_id = b.id AND t.kind <> 'tidy' AND t.state IN ('open', 'running'))
             AND NOT EXISTS (
                 SELECT 1 FROM engines e
                 WHERE e.version = b.engine_version AND e.seen_at > now() - make_interval(secs => $2)
             )
         ORDER BY b.created_at LIMIT 100",
        version,
        unseen.as_secs_f64()
    )
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((read(&row.id)?, read(&row.video_id)?))).collect()
}
