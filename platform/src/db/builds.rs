//! Builds: one processing of one original each.

use super::read;
use domain::id::{BuildId, VideoId};
use domain::playlist::Rendition;
use sqlx::PgExecutor;
use sqlx::types::Json;

pub async fn insert(db: impl PgExecutor<'_>, id: &BuildId, video: &VideoId) -> sqlx::Result<()> {
    sqlx::query!("INSERT INTO builds (id, video_id) VALUES ($1, $2)", id.as_str(), video.as_str()).execute(db).await?;
    Ok(())
}

pub async fn of_video(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<Vec<BuildId>> {
    let ids = sqlx::query_scalar!("SELECT id FROM builds WHERE video_id = $1", video.as_str()).fetch_all(db).await?;
    ids.iter().map(|id| read(id)).collect()
}

/// Begins a build anew under a claim's fence. The first claim decides which engine makes it.
pub async fn begin(db: impl PgExecutor<'_>, id: &BuildId, fence: i64, engine_version: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE builds SET fence = $2, engine_version = coalesce(engine_version, $3), progress = 0 WHERE id = $1",
        id.as_str(),
        fence,
        engine_version
    )
    .execute(db)
    .await?;
    Ok(())
}

/// `progress` is 0 to 1.
pub async fn set_progress(db: impl PgExecutor<'_>, id: &BuildId, fence: i64, progress: f64) -> sqlx::Result<()> {
    sqlx::query!("UPDATE builds SET progress = $3 WHERE id = $1 AND fence = $2", id.as_str(), fence, progress as f32)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn finish(
    db: impl PgExecutor<'_>,
    id: &BuildId,
    fence: i64,
    renditions: &[Rendition],
    poster: bool,
    duration_ms: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE builds SET fence = $2, renditions = $3, poster = $4, duration_ms = $5, progress = 1, finished_at = now()
         WHERE id = $1",
        id.as_str(),
        fence,
        Json(renditions) as _,
        poster,
        duration_ms
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The renditions of a finished build and the fence under which they were made.
pub async fn renditions(db: impl PgExecutor<'_>, id: &BuildId) -> sqlx::Result<Option<(i64, Vec<Rendition>)>> {
    let row = sqlx::query!(
        r#"SELECT fence, renditions AS "renditions: Json<Vec<Rendition>>" FROM builds WHERE id = $1"#,
        id.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.and_then(|r| Some((r.fence?, r.renditions?.0))))
}
