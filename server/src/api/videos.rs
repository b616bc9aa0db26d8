use super::{PageOf, rfc3339};
use crate::address::{Path, Query, said};
use crate::conditional::{IfMatch, Tagged};
use crate::json::Json;
use crate::problem::{Problem, Result};
use crate::viewer::Who;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::VideoId;
use domain::poster::{Choice, Poster};
use domain::video::{Card, Notice, Playback, Published, State as Stage, Video, Visibility};
use domain::webvtt::Chapter;
use platform::Platform;
use platform::videos::{self, Edit};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
#[schema(as = Owner)]
struct OwnerOut {
    username: String,
}

/// One of a poster's files.
#[derive(Serialize, ToSchema)]
#[schema(as = PosterFile)]
struct PosterOut {
    url: String,
    width: u32,
    #[serde(rename = "type")]
    content_type: &'static str,
}

fn files(poster: Option<&Poster>) -> Vec<PosterOut> {
    let files = poster.map(Poster::files).unwrap_or_default();
    files
        .into_iter()
        .map(|(width, format, url)| PosterOut { url, width, content_type: format.content_type() })
        .collect()
}

/// Paths from the site's root.
#[derive(Serialize, ToSchema)]
#[schema(as = Playback)]
struct PlaybackOut {
    hls: String,
    dash: Option<String>,
    chapters: Option<String>,
    /// The largest, as a JPEG.
    poster: Option<String>,
    posters: Vec<PosterOut>,
    storyboard: Option<String>,
    waveform: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PosterChoiceState {
    Pending,
    Chosen,
    Failed,
}

/// What became of the poster that was wished for last.
#[derive(Serialize, ToSchema)]
struct PosterChoice {
    state: PosterChoiceState,
    /// Of one that failed: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl From<Choice> for PosterChoice {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Pending => Self { state: PosterChoiceState::Pending, problem: None },
            Choice::Chosen => Self { state: PosterChoiceState::Chosen, problem: None },
            Choice::Failed { problem } => Self { state: PosterChoiceState::Failed, problem: Some(problem) },
        }
    }
}

impl From<Playback> for PlaybackOut {
    fn from(playback: Playback) -> Self {
        Self {
            poster: playback.poster.as_ref().map(Poster::largest),
            posters: files(playback.poster.as_ref()),
            hls: playback.hls,
            dash: playback.dash,
            chapters: playback.chapters,
            storyboard: playback.storyboard,
            waveform: playback.waveform,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Film)]
pub struct VideoOut {
    id: VideoId,
    title: String,
    description: String,
    owner: OwnerOut,
    visibility: Visibility,
    state: Stage,
    /// 0 to 1.
    progress: f64,
    /// How much of the film can be watched, from its beginning.
    published_ms: i64,
    /// Until all of it is processed; null while nobody can tell.
    eta_seconds: Option<u64>,
    watchable: bool,
    /// How far each rendition is.
    renditions: Vec<Published>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    notices: Vec<Notice>,
    /// Empty for all but its owner.
    details: Vec<String>,
    chapters: Vec<Chapter>,
    duration_ms: Option<i64>,
    width: Option<i32>,
    height: Option<i32>,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    /// When it could first be watched.
    #[schema(format = DateTime)]
    published_at: Option<String>,
    playback: Option<PlaybackOut>,
    views: u64,
    /// Where whoever asks stopped watching it.
    position_ms: Option<i64>,
    /// Whether others may have the original.
    downloadable: bool,
    /// Null for all but its owner.
    poster_choice: Option<PosterChoice>,
}

/// A film with its tag.
pub(super) fn shown(video: Video) -> Tagged<VideoOut> {
    Tagged::version(video.version, video.into())
}

impl From<Video> for VideoOut {
    fn from(video: Video) -> Self {
        Self {
            published_ms: video.published_ms(),
            eta_seconds: video.eta_seconds,
            renditions: video.renditions,
            id: video.id,
            title: video.title,
            description: video.description,
            owner: OwnerOut { username: video.owner.username },
            visibility: video.visibility,
            state: video.state,
            progress: video.progress,
            watchable: video.watchable,
            failure: video.failure,
            notices: video.notices,
            details: video.details,
            chapters: video.chapters,
            duration_ms: video.duration_ms,
            width: video.width,
            height: video.height,
            created_at: rfc3339(video.created_at),
            published_at: video.published_at.and_then(rfc3339),
            playback: video.playback.map(PlaybackOut::from),
            views: video.views,
            position_ms: video.position_ms,
            downloadable: video.downloadable,
            poster_choice: video.poster_choice.map(PosterChoice::from),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = FilmInList)]
pub struct CardOut {
    id: VideoId,
    title: String,
    description: String,
    owner: OwnerOut,
    visibility: Visibility,
    state: Stage,
    duration_ms: Option<i64>,
    /// The largest, as a JPEG.
    poster: Option<String>,
    posters: Vec<PosterOut>,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    #[schema(format = DateTime)]
    published_at: Option<String>,
    views: u64,
}

impl From<Card> for CardOut {
    fn from(card: Card) -> Self {
        Self {
            id: card.id,
            title: card.title,
            description: card.description,
            owner: OwnerOut { username: card.owner },
            visibility: card.visibility,
            state: card.state,
            duration_ms: card.duration_ms,
            poster: card.poster.as_ref().map(Poster::largest),
            posters: files(card.poster.as_ref()),
            created_at: rfc3339(card.created_at),
            published_at: card.published_at.and_then(rfc3339),
            views: card.views,
        }
    }
}

/// Look at a film
#[utoipa::path(
    get,
    path = "/videos/{id}",
    operation_id = "getFilm",
    tag = "Films",
    params(("id" = VideoId, Path, description = "The film's.")),
    responses((status = 200, description = "The film.", body = VideoOut, headers(("ETag" = String)))),
    security((), ("bearer" = []), ("cookie" = [])),
    extensions(("x-problems" = json!(["401:password_required"]))),
)]
pub async fn show(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
) -> Result<Tagged<VideoOut>> {
    Ok(shown(videos::get(&platform, &actor, &parse(&id)?).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// What is looked for, in titles, descriptions and names. Without it: the newest films.
    #[param(value_type = String, required = false)]
    q: Option<String>,
    /// `me`: your own films, in whatever state they are, the newest first. Can't be searched.
    #[param(value_type = String, pattern = "^(me)?$", required = false)]
    owner: Option<String>,
    /// `next_cursor` of the page before.
    #[param(value_type = String, required = false)]
    cursor: Option<String>,
    /// Films on a page.
    #[param(value_type = u32, minimum = 1, maximum = 100, default = 24, required = false)]
    limit: Option<String>,
}

/// List films
#[utoipa::path(
    get,
    path = "/videos",
    operation_id = "listFilms",
    tag = "Films",
    params(Asked),
    responses((status = 200, description = "A page of films. Public ones, unless it is told which.", body = PageOf<CardOut>)),
    security((), ("bearer" = []), ("cookie" = [])),
    extensions(("x-problems" = json!(["limit_invalid", "cursor_invalid", "owner_unknown", "sign_in_required"]))),
)]
pub async fn list(
    State(platform): State<Platform>,
    Who(actor): Who,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<PageOf<CardOut>>> {
    let limit = super::limit(&asked.limit)?;
    let (q, cursor) = (said(&asked.q), said(&asked.cursor));
    let page = match said(&asked.owner) {
        None => videos::list(&platform, q, cursor, limit).await?,
        Some("me") => videos::mine(&platform, &actor, cursor, limit).await?,
        Some(_) => return Err(Problem::field("owner", "owner_unknown", "`owner` is `me`, or isn't there.")),
    };
    Ok(axum::Json(PageOf::of(page)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FilmChanges)]
pub struct Changes {
    #[schema(min_length = 1, max_length = 200)]
    title: Option<String>,
    #[schema(max_length = 5000)]
    description: Option<String>,
    #[schema(value_type = Option<Visibility>)]
    visibility: Option<String>,
    /// Whether others may have the original.
    downloadable: Option<bool>,
    /// Of a film that is, or becomes, one behind a password.
    #[schema(format = Password, min_length = 8, max_length = 1024)]
    password: Option<String>,
}

/// Edit a film
///
/// What isn't named stays as it is.
#[utoipa::path(
    patch,
    path = "/videos/{id}",
    operation_id = "editFilm",
    tag = "Films",
    params(("id" = VideoId, Path, description = "The film's."), super::IfMatchParam),
    request_body = Changes,
    responses((status = 200, description = "The film as it is now.", body = VideoOut, headers(("ETag" = String)))),
    extensions(("x-problems" = json!([
        "forbidden", "401:password_required", "blank", "too_long", "visibility_unknown", "422:password_required",
        "no_password_film", "password_too_short", "password_too_long",
    ]))),
)]
pub async fn edit(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    IfMatch(meant): IfMatch,
    Json(changes): Json<Changes>,
) -> Result<Tagged<VideoOut>> {
    let Changes { title, description, visibility, downloadable, password } = changes;
    let edit = Edit { title, description, visibility, downloadable, password, meant };
    Ok(shown(videos::edit(&platform, &actor, &parse(&id)?, edit).await?))
}

/// Process a film again
///
/// One that failed starts over, one that is ready plays as it is until the new one takes over.
#[utoipa::path(
    post,
    path = "/videos/{id}/reprocess",
    operation_id = "reprocessFilm",
    tag = "Films",
    params(("id" = VideoId, Path, description = "The film's."), super::IdempotencyKey),
    responses((status = 202, description = "Begun.", body = VideoOut, headers(("ETag" = String)))),
    extensions(("x-problems" = json!([
        "forbidden", "401:password_required", "not_uploaded", "in_work", "original_gone",
    ]))),
)]
pub async fn reprocess(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
) -> Result<Tagged<VideoOut>> {
    Ok(shown(videos::reprocess(&platform, &actor, &parse(&id)?).await?).accepted())
}

/// Delete a film
///
/// It is gone from everywhere at once. For a day it can be restored.
#[utoipa::path(
    delete,
    path = "/videos/{id}",
    operation_id = "deleteFilm",
    tag = "Films",
    params(("id" = VideoId, Path, description = "The film's."), super::IfMatchParam),
    responses((status = 204, description = "It is gone.")),
    extensions(("x-problems" = json!(["forbidden", "401:password_required"]))),
)]
pub async fn delete(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    IfMatch(meant): IfMatch,
) -> Result<StatusCode> {
    videos::delete_as(&platform, &actor, &parse(&id)?, &meant).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a deleted film
#[utoipa::path(
    post,
    path = "/videos/{id}/restore",
    operation_id = "restoreFilm",
    tag = "Films",
    params(("id" = VideoId, Path, description = "The film's.")),
    responses((status = 204, description = "It is back.")),
    extensions(("x-problems" = json!(["forbidden", "401:password_required", "too_late"]))),
)]
pub async fn restore(State(platform): State<Platform>, Who(actor): Who, Path(id): Path<String>) -> Result<StatusCode> {
    videos::undo_delete(&platform, &actor, &parse(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn parse(id: &str) -> Result<VideoId> {
    id.parse().map_err(|_| Problem::not_found())
}
