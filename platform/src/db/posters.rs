//! What owners wish for as posters, and what became of it: tasks of their films.

use domain::id::{TaskId, VideoId};
use domain::poster::{Choice, Wish};
use domain::task::Kind;
use sqlx::PgExecutor;
use sqlx::types::Json;

/// What a task is to make a poster of.
pub async fn wish(db: impl PgExecutor<'_>, task: TaskId) -> sqlx::Result<Option<Wish>> {
    let row = sqlx::query_scalar!(r#"SELECT wish AS "wish: Json<Wish>" FROM tasks WHERE id = $1"#, task.0)
        .fetch_optional(db)
        .await?;
    Ok(row.flatten().map(|Json(wish)| wish))
}

/// Whether a task that is still to end makes a poster of that picture.
pub async fn is_wished(db: impl PgExecutor<'_>, video: &VideoId, picture: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT 1 FROM tasks WHERE video_id = $1 AND wish ->> 'picture' = $2 AND state IN ('open', 'running')
           ) AS "wished!""#,
        video.as_str(),
        picture
    )
    .fetch_one(db)
    .await
}

/// Calls off what a film's owner wished for before. Whoever works on it has lost it.
pub async fn call_off(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE tasks SET state = 'failed', error = $3, lease_until = NULL, finished_at = now()
         WHERE video_id = $1 AND kind = $2 AND state IN ('open', 'running')",
        video.as_str(),
        Kind::Poster.as_str(),
        CALLED_OFF
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whatever became of earlier wishes is told no more.
pub async fn forget(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE tasks SET error = $3 WHERE video_id = $1 AND kind = $2",
        video.as_str(),
        Kind::Poster.as_str(),
        CALLED_OFF
    )
    .execute(db)
    .await?;
    Ok(())
}

const CALLED_OFF: &str = "Another poster was chosen.";

/// What became of what a film's owner wished for last. None if that was a poster that is chosen automatically.
pub async fn choice(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<Option<Choice>> {
    let row = sqlx::query!(
        r#"SELECT t.state, t.error, (v.poster IS NOT NULL) AS "chosen!" FROM videos v
           LEFT JOIN LATERAL (
               SELECT state, error FROM tasks
               WHERE video_id = v.id AND kind = $2 AND error IS DISTINCT FROM $3 ORDER BY id DESC LIMIT 1
           ) t ON true
           WHERE v.id = $1"#,
        video.as_str(),
        Kind::Poster.as_str(),
        CALLED_OFF
    )
    .fetch_optional(db)
    .await?;
    Ok(row.and_then(|row| match row.state.as_deref() {
        Some("open" | "running") => Some(Choice::Pending),
        Some("failed") => Some(Choice::Failed { problem: row.error.unwrap_or_default() }),
        // For operators is what an error says of one that is dead.
        Some("dead") => Some(Choice::Failed { problem: WORE_OUT.to_owned() }),
        _ => row.chosen.then_some(Choice::Chosen),
    }))
}

const WORE_OUT: &str = "The poster could not be made: something kept going wrong on our side. Choose it again.";
