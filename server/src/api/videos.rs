use super::{Listing, rfc3339};
use crate::problem::{Json, Problem, Result};
use crate::viewer::Who;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::id::VideoId;
use domain::poster::{Choice, Poster};
use domain::video::{Card, Notice, Playback, Published, State as Stage, Video, Visibility};
use domain::webvtt::Chapter;
use platform::Platform;
use platform::videos::{self, Edit};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Serialize)]
struct OwnerOut {
    username: String,
}

/// One of a poster's files.
#[derive(Serialize)]
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
#[derive(Serialize)]
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

#[derive(Serialize)]
pub(super) struct VideoOut {
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
    created_at: Option<String>,
    published_at: Option<String>,
    playback: Option<PlaybackOut>,
    views: u64,
    /// Where whoever asks stopped watching it.
    position_ms: Option<i64>,
    /// Whether others may have the original.
    downloadable: bool,
    /// Null for all but its owner.
    poster_choice: Option<Choice>,
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
            poster_choice: video.poster_choice,
        }
    }
}

#[derive(Serialize)]
struct CardOut {
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
    created_at: Option<String>,
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

pub async fn show(State(platform): State<Platform>, Who(actor): Who, Path(id): Path<String>) -> Result<Response> {
    let video = videos::get(&platform, &actor, &parse(&id)?).await?;
    Ok(axum::Json(VideoOut::from(video)).into_response())
}

pub async fn list(State(platform): State<Platform>, listing: Listing) -> Result<Response> {
    let page = videos::list(&platform, listing.text("q"), listing.text("cursor"), listing.limit()?).await?;
    let items: Vec<CardOut> = page.items.into_iter().map(CardOut::from).collect();
    Ok(axum::Json(json!({ "items": items, "next_cursor": page.next_cursor })).into_response())
}

#[derive(Deserialize)]
pub struct Changes {
    title: Option<String>,
    description: Option<String>,
    visibility: Option<String>,
    downloadable: Option<bool>,
    password: Option<String>,
}

pub async fn edit(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Json(changes): Json<Changes>,
) -> Result<Response> {
    let Changes { title, description, visibility, downloadable, password } = changes;
    let edit = Edit { title, description, visibility, downloadable, password };
    let video = videos::edit(&platform, &actor, &parse(&id)?, edit).await?;
    Ok(axum::Json(VideoOut::from(video)).into_response())
}

/// Begun: how it goes is told as of any film in work.
pub async fn reprocess(State(platform): State<Platform>, Who(actor): Who, Path(id): Path<String>) -> Result<Response> {
    let video = videos::reprocess(&platform, &actor, &parse(&id)?).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(VideoOut::from(video))).into_response())
}

pub async fn delete(State(platform): State<Platform>, Who(actor): Who, Path(id): Path<String>) -> Result<StatusCode> {
    videos::delete(&platform, &actor, &parse(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn parse(id: &str) -> Result<VideoId> {
    id.parse().map_err(|_| Problem::not_found())
}
