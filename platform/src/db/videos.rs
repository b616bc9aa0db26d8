//! Films.

mod access;

pub use access::{Access, access, lock, of_build};

use super::{read, read_option};
use domain::id::{BuildId, UserId, VideoId};
use domain::playlist::AUDIO;
use domain::poster::Stored;
use domain::text::{Description, Title};
use domain::video::{Notice, State, Visibility};
use sqlx::PgExecutor;
use sqlx::types::Json;
use time::OffsetDateTime;

/// A film with what its page and its card show.
#[derive(Debug, Clone)]
pub struct Film {
    pub id: VideoId,
    pub owner: UserId,
    pub username: String,
    pub title: String,
    pub description: String,
    pub visibility: Visibility,
    pub state: State,
    pub failure: Option<String>,
    pub notices: Vec<Notice>,
    /// The build that is watched.
    pub build: Option<BuildId>,
    /// What its owner chose, else that build's.
    pub poster: Option<Stored>,
    /// The fence of that build's waveform.
    pub waveform: Option<i64>,
    /// Whether it has a storyboard.
    pub storyboard: bool,
    /// Of the newest build, 0 to 1.
    pub progress: f64,
    /// Until the newest build is finished, by how it went so far.
    pub eta_seconds: Option<f64>,
    pub duration_ms: Option<i64>,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub created_at: OffsetDateTime,
    pub published_at: Option<OffsetDateTime>,
    pub views: i64,
    pub downloadable: bool,
    pub deleted: bool,
    /// Raised by whatever its owner changes.
    pub version: i64,
}

/// A row as [`films`] selects it, before its words are read.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) owner_id: String,
    pub(super) username: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) visibility: String,
    pub(super) state: String,
    pub(super) failure: Option<String>,
    pub(super) notices: Vec<String>,
    pub(super) build_id: Option<String>,
    pub(super) poster: Option<Json<Stored>>,
    pub(super) waveform: Option<i64>,
    pub(super) storyboard: bool,
    pub(super) progress: f32,
    pub(super) eta_seconds: Option<f64>,
    pub(super) duration_ms: Option<i64>,
    pub(super) width: Option<i32>,
    pub(super) height: Option<i32>,
    pub(super) created_at: OffsetDateTime,
    pub(super) published_at: Option<OffsetDateTime>,
    pub(super) views: i64,
    pub(super) downloadable: bool,
    pub(super) deleted: bool,
    pub(super) version: i64,
}

impl TryFrom<Row> for Film {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        Ok(Film {
            id: read(&row.id)?,
            owner: read(&row.owner_id)?,
            username: row.username,
            title: row.title,
            description: row.description,
            visibility: read(&row.visibility)?,
            state: read(&row.state)?,
            failure: row.failure,
            notices: row.notices.into_iter().filter_map(notice).collect(),
            build: read_option(row.build_id)?,
            poster: row.poster.map(|Json(poster)| poster),
            waveform: row.waveform,
            storyboard: row.storyboard,
            progress: f64::from(row.progress),
            eta_seconds: row.eta_seconds,
            duration_ms: row.duration_ms,
            width: row.width,
            height: row.height,
            created_at: row.created_at,
            published_at: row.published_at,
            views: row.views,
            downloadable: row.downloadable,
            deleted: row.deleted,
            version: row.version,
        })
    }
}

/// Films for a tail of FROM, WHERE and so on, in which they are `v`.
macro_rules! films {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::db::videos::Row,
            r#"SELECT v.id AS "id!", v.owner_id AS "owner_id!", u.username AS "username!", v.title AS "title!",
                   v.description AS "description!", audience(v) AS "visibility!", v.state AS "state!", v.failure,
                   v.notices AS "notices!", v.build_id, coalesce(v.poster, b.poster) AS "poster: _", b.waveform_fence AS "waveform?",
                   (b.storyboard IS NOT NULL) AS "storyboard!",
                   coalesce(n.progress, 0) AS "progress!", n.eta_seconds AS "eta_seconds?", v.duration_ms, v.width, v.height,
                   v.created_at AS "created_at!", v.published_at AS "published_at?",
                   v.views AS "views!", v.downloadable AS "downloadable!",
                   (v.deleted_at IS NOT NULL) AS "deleted!", v.version AS "version!"
               FROM videos v
               JOIN users u ON u.id = v.owner_id
               LEFT JOIN builds b ON b.id = v.build_id
               LEFT JOIN LATERAL (
                   SELECT progress, (CASE WHEN finished_at IS NULL AND progress > 0.01 THEN
                       extract(epoch FROM now() - planned_at) * (1 - progress) / progress END)::float8 AS eta_seconds
                   FROM builds WHERE video_id = v.id ORDER BY created_at DESC LIMIT 1
               ) n ON true "# + $tail
            $(, $argument)*
        )
    };
}
pub(super) use films;

pub(super) fn read_films(rows: Vec<Row>) -> sqlx::Result<Vec<Film>> {
    rows.into_iter().map(Film::try_from).collect()
}

/// One that a newer version wrote is passed over.
fn notice(word: String) -> Option<Notice> {
    serde_json::from_value(serde_json::Value::String(word)).ok()
}

fn word(notice: &Notice) -> Option<String> {
    serde_json::to_value(notice).ok()?.as_str().map(str::to_owned)
}

pub struct NewFilm<'a> {
    pub id: &'a VideoId,
    pub owner: &'a UserId,
    pub title: &'a Title,
    pub description: &'a Description,
    pub visibility: Visibility,
    /// Of the original, in bytes.
    pub size: i64,
}

pub async fn insert(db: impl PgExecutor<'_>, film: NewFilm<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO videos (id, owner_id, title, description, visibility, state, size)
         VALUES ($1, $2, $3, $4, $5, 'uploading', $6)",
        film.id.as_str(),
        film.owner.as_str(),
        film.title.as_str(),
        film.description.as_str(),
        stored(film.visibility),
        film.size
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn get(db: impl PgExecutor<'_>, id: &VideoId) -> sqlx::Result<Option<Film>> {
    films!("WHERE v.id = $1", id.as_str()).fetch_optional(db).await?.map(Film::try_from).transpose()
}

/// Those of `ids` that there are, in no order.
pub async fn all_of(db: impl PgExecutor<'_>, ids: &[VideoId]) -> sqlx::Result<Vec<Film>> {
    let ids: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
    read_films(films!("WHERE v.id = ANY($1)", &ids).fetch_all(db).await?)
}

/// The newest public films, behind (`before`, `id`).
pub async fn newest(
    db: impl PgExecutor<'_>,
    behind: Option<(OffsetDateTime, VideoId)>,
    limit: i64,
) -> sqlx::Result<Vec<Film>> {
    let rows = match behind {
        Some((at, id)) => {
            films!(
                "WHERE v.visibility = 'public' AND v.published_at IS NOT NULL AND v.deleted_at IS NULL
                     AND (v.published_at, v.id) < ($1, $2)
                 ORDER BY v.published_at DESC, v.id DESC LIMIT $3",
                at,
                id.as_str(),
                limit
            )
            .fetch_all(db)
            .await?
        }
        None => {
            films!(
                "WHERE v.visibility = 'public' AND v.published_at IS NOT NULL AND v.deleted_at IS NULL
                 ORDER BY v.published_at DESC, v.id DESC LIMIT $1",
                limit
            )
            .fetch_all(db)
            .await?
        }
    };
    read_films(rows)
}

/// The newest public films of a person.
pub async fn newest_of(db: impl PgExecutor<'_>, owner: &UserId, limit: i64) -> sqlx::Result<Vec<Film>> {
    let rows = films!(
        "WHERE v.owner_id = $1
             AND v.visibility = 'public' AND v.published_at IS NOT NULL AND v.deleted_at IS NULL
         ORDER BY v.published_at DESC, v.id DESC LIMIT $2",
        owner.as_str(),
        limit
    )
    .fetch_all(db)
    .await?;
    read_films(rows)
}

/// How many films everybody may find, that are ready.
pub async fn count_public(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM videos
           WHERE visibility = 'public' AND published_at IS NOT NULL AND deleted_at IS NULL AND state = 'ready'"#
    )
    .fetch_one(db)
    .await
}

/// The same films, the oldest first: what was told of them once stays on its page.
pub async fn oldest(db: impl PgExecutor<'_>, offset: i64, limit: i64) -> sqlx::Result<Vec<Film>> {
    let rows = films!(
        "JOIN (
             SELECT id FROM videos
             WHERE visibility = 'public' AND published_at IS NOT NULL AND deleted_at IS NULL AND state = 'ready'
             ORDER BY published_at, id OFFSET $1 LIMIT $2
         ) page ON page.id = v.id
         ORDER BY v.published_at, v.id",
        offset,
        limit
    )
    .fetch_all(db)
    .await?;
    read_films(rows)
}

/// A person's films, newest first, behind (`created_at`, `id`).
pub async fn of_owner(
    db: impl PgExecutor<'_>,
    owner: &UserId,
    behind: Option<(OffsetDateTime, VideoId)>,
    limit: i64,
) -> sqlx::Result<Vec<Film>> {
    let (at, id) = behind.unzip();
    let rows = films!(
        "WHERE v.owner_id = $1 AND v.deleted_at IS NULL
             AND ($2::timestamptz IS NULL OR (v.created_at, v.id) < ($2, $3))
         ORDER BY v.created_at DESC, v.id DESC LIMIT $4",
        owner.as_str(),
        at,
        id.as_ref().map(VideoId::as_str),
        limit
    )
    .fetch_all(db)
    .await?;
    read_films(rows)
}

/// Sets the poster that a film's owner chose; None: its build's.
pub async fn set_poster(db: impl PgExecutor<'_>, id: &VideoId, poster: Option<&Stored>) -> sqlx::Result<()> {
    sqlx::query!("UPDATE videos SET poster = $2 WHERE id = $1", id.as_str(), poster.map(Json) as _).execute(db).await?;
    Ok(())
}

/// The poster that a film's owner chose.
pub async fn poster(db: impl PgExecutor<'_>, id: &VideoId) -> sqlx::Result<Option<Stored>> {
    let row = sqlx::query_scalar!(r#"SELECT poster AS "poster: Json<Stored>" FROM videos WHERE id = $1"#, id.as_str())
        .fetch_optional(db)
        .await?;
    Ok(row.flatten().map(|Json(poster)| poster))
}

/// A film behind a password is a private one that has a key for it (`audience` in the schema).
fn stored(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Password => Visibility::Private.as_str(),
        other => other.as_str(),
    }
}

pub async fn edit(
    db: impl PgExecutor<'_>,
    id: &VideoId,
    title: Option<&Title>,
    description: Option<&Description>,
    visibility: Option<Visibility>,
    downloadable: Option<bool>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE videos SET title = coalesce($2, title), description = coalesce($3, description),
             visibility = coalesce($4, visibility), downloadable = coalesce($5, downloadable)
         WHERE id = $1",
        id.as_str(),
        title.map(Title::as_str),
        description.map(Description::as_str),
        visibility.map(stored),
        downloadable
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Moves a film on to `to`, with the reason if that is a failure. False if from where it is there is no way.
pub async fn set_state(db: impl PgExecutor<'_>, id: &VideoId, to: State, failure: Option<&str>) -> sqlx::Result<bool> {
    let from: Vec<String> =
        State::ALL.into_iter().filter(|s| s.may_become(to)).map(|s| s.as_str().to_owned()).collect();
    let updated = sqlx::query!(
        "UPDATE videos SET state = $2, failure = $3,
             build_id = CASE WHEN $2 = 'failed' THEN NULL ELSE build_id END,
             published_at = CASE WHEN $2 = 'failed' THEN NULL ELSE published_at END
         WHERE id = $1 AND state = ANY($4)",
        id.as_str(),
        to.as_str(),
        failure,
        &from
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// What is known of a film once its plan is made. `duration_ms` is what the file says.
pub async fn set_shape(
    db: impl PgExecutor<'_>,
    id: &VideoId,
    duration_ms: Option<i64>,
    picture: Option<(u32, u32)>,
) -> sqlx::Result<()> {
    let (width, height) = picture.map(|(w, h)| (w as i32, h as i32)).unzip();
    sqlx::query!(
        "UPDATE videos SET duration_ms = $2, width = $3, height = $4 WHERE id = $1 AND build_id IS NULL",
        id.as_str(),
        duration_ms,
        width,
        height
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets a film be watched in a build that still grows, if its first seconds are there, sound and picture, and there is
/// nothing yet to watch it in. Returns whether that has happened now.
pub async fn make_watchable(db: impl PgExecutor<'_>, id: &VideoId, build: &BuildId) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE videos SET build_id = $2, published_at = coalesce(published_at, now())
         WHERE id = $1 AND build_id IS NULL AND state = 'processing'
             AND (EXISTS (SELECT 1 FROM segments WHERE build_id = $2 AND chunk = 0 AND NOT starts_with(rung, $3))
                 OR NOT EXISTS (SELECT 1 FROM renditions WHERE build_id = $2 AND NOT starts_with(name, $3)))
             AND (EXISTS (SELECT 1 FROM segments WHERE build_id = $2 AND chunk = 0 AND rung = $3)
                 OR NOT EXISTS (SELECT 1 FROM renditions WHERE build_id = $2 AND name = $3))",
        id.as_str(),
        build.as_str(),
        AUDIO
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// The build that a film is watched in.
pub async fn watched_build(db: impl PgExecutor<'_>, id: &VideoId) -> sqlx::Result<Option<BuildId>> {
    let build =
        sqlx::query_scalar!("SELECT build_id FROM videos WHERE id = $1", id.as_str()).fetch_optional(db).await?;
    read_option(build.flatten())
}

/// How long a film is, if that is known; None at all if there is nothing of it to watch.
pub async fn watchable_length(db: impl PgExecutor<'_>, id: &VideoId) -> sqlx::Result<Option<Option<i64>>> {
    sqlx::query_scalar!(
        "SELECT duration_ms FROM videos WHERE id = $1 AND build_id IS NOT NULL AND deleted_at IS NULL",
        id.as_str()
    )
    .fetch_optional(db)
    .await
}

/// Tells the owner of a film that it is made anew.
pub async fn set_remaking(db: impl PgExecutor<'_>, id: &VideoId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE videos SET notices = array_append(array_remove(notices, $3), $2) WHERE id = $1",
        id.as_str(),
        word(&Notice::Remaking),
        word(&Notice::NotRemade)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Tells the owner of a film that was to be made anew that it is what it was.
pub async fn set_not_remade(db: impl PgExecutor<'_>, id: &VideoId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE videos SET notices = array_replace(notices, $2, $3) WHERE id = $1",
        id.as_str(),
        word(&Notice::Remaking),
        word(&Notice::NotRemade)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Films of which something was given up that isn't their fault, and that nobody deleted.
pub async fn given_up(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<VideoId>> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM videos v
         WHERE deleted_at IS NULL AND (state = 'failed' OR notices && $1)
             AND EXISTS (SELECT 1 FROM tasks t WHERE t.video_id = v.id AND t.state = 'dead')
         ORDER BY created_at",
        &[Notice::GivenUp, Notice::NotRemade].iter().filter_map(word).collect::<Vec<_>>()
    )
    .fetch_all(db)
    .await?;
    ids.iter().map(|id| read(id)).collect()
}

/// Points a film at its finished build. False if it has failed meanwhile.
pub async fn publish(
    db: impl PgExecutor<'_>,
    id: &VideoId,
    build: &BuildId,
    duration_ms: i64,
    notices: &[Notice],
) -> sqlx::Result<bool> {
    let notices: Vec<String> = notices.iter().filter_map(word).collect();
    let updated = sqlx::query!(
        "UPDATE videos SET state = 'ready', failure = NULL, build_id = $2, duration_ms = $3, notices = $4,
             published_at = coalesce(published_at, now())
         WHERE id = $1 AND state IN ('queued', 'processing', 'ready')",
        id.as_str(),
        build.as_str(),
        duration_ms,
        &notices
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

pub async fn set_deleted(db: impl PgExecutor<'_>, id: &VideoId, deleted: bool) -> sqlx::Result<()> {
    sqlx::query!("UPDATE videos SET deleted_at = CASE WHEN $2 THEN now() END WHERE id = $1", id.as_str(), deleted)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes the row and all that hangs on it: upload, builds, segments, tasks.
pub async fn remove(db: impl PgExecutor<'_>, id: &VideoId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM videos WHERE id = $1", id.as_str()).execute(db).await?;
    Ok(())
}
