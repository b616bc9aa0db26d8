//! How far people have come in films.

use domain::id::{UserId, VideoId};
use sqlx::PgExecutor;

pub async fn get(db: impl PgExecutor<'_>, user: &UserId, video: &VideoId) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "SELECT position_ms FROM watch_positions WHERE user_id = $1 AND video_id = $2",
        user.as_str(),
        video.as_str()
    )
    .fetch_optional(db)
    .await
}

pub async fn keep(db: impl PgExecutor<'_>, user: &UserId, video: &VideoId, position_ms: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO watch_positions (user_id, video_id, position_ms) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, video_id) DO UPDATE SET position_ms = excluded.position_ms, kept_at = now()",
        user.as_str(),
        video.as_str(),
        position_ms
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn forget(db: impl PgExecutor<'_>, user: &UserId, video: &VideoId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM watch_positions WHERE user_id = $1 AND video_id = $2", user.as_str(), video.as_str())
        .execute(db)
        .await?;
    Ok(())
}
