//! Captions that owners added to their films.

use super::read;
use domain::id::{BuildId, CaptionsId, VideoId};
use domain::key::MediaKey;
use domain::language::Language;
use domain::plan::About;
use domain::playlist::Text;
use sqlx::PgExecutor;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captions {
    pub language: Language,
    pub label: String,
    pub object: CaptionsId,
    pub cues: u32,
}

impl Captions {
    /// As players choose among a film's texts.
    pub fn rendition(&self, video: &VideoId) -> Text {
        Text {
            name: format!("captions-{}", self.language),
            key: MediaKey::Captions { video: video.clone(), id: self.object.clone() },
            about: About { language: Some(self.language.to_string()), label: self.label.clone() },
        }
    }
}

struct Row {
    language: String,
    label: String,
    object: String,
    cues: i32,
}

impl TryFrom<Row> for Captions {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        Ok(Captions {
            language: read(&row.language)?,
            label: row.label,
            object: read(&row.object)?,
            cues: row.cues.unsigned_abs(),
        })
    }
}

/// By name.
pub async fn of_video(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<Vec<Captions>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT language, label, object, cues FROM captions WHERE video_id = $1 ORDER BY lower(label), language",
        video.as_str()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Captions::try_from).collect()
}

/// Those in that language. The row is locked with its film's.
pub async fn get(db: impl PgExecutor<'_>, video: &VideoId, language: &Language) -> sqlx::Result<Option<Captions>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT language, label, object, cues FROM captions WHERE video_id = $1 AND language = $2",
        video.as_str(),
        language.as_str()
    )
    .fetch_optional(db)
    .await?;
    row.map(Captions::try_from).transpose()
}

/// Adds captions, or puts them in place of those in their language.
pub async fn put(db: impl PgExecutor<'_>, video: &VideoId, captions: &Captions) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO captions (video_id, language, label, object, cues) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (video_id, language) DO UPDATE
         SET label = excluded.label, object = excluded.object, cues = excluded.cues, added_at = now()",
        video.as_str(),
        captions.language.as_str(),
        captions.label,
        captions.object.as_str(),
        captions.cues as i32
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn remove(db: impl PgExecutor<'_>, video: &VideoId, language: &Language) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM captions WHERE video_id = $1 AND language = $2", video.as_str(), language.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// Something of a film's captions has changed.
pub async fn raise_version(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE videos SET captions_version = captions_version + 1 WHERE id = $1", video.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// None of a film that isn't there any more.
pub async fn version(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!("SELECT captions_version FROM videos WHERE id = $1", video.as_str()).fetch_optional(db).await
}

/// Subtitles that came with a film, as its build has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    pub name: String,
    pub fence: i64,
    pub cues: Option<u32>,
}

pub async fn own(db: impl PgExecutor<'_>, build: &BuildId) -> sqlx::Result<Vec<Own>> {
    let rows =
        sqlx::query!("SELECT name, fence, cues FROM texts WHERE build_id = $1", build.as_str()).fetch_all(db).await?;
    Ok(rows
        .into_iter()
        .map(|row| Own { name: row.name, fence: row.fence, cues: row.cues.map(i32::unsigned_abs) })
        .collect())
}
