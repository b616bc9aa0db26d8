//! Playlists and manifests, and the way from their stable lines to presigned URLs.

use crate::problem::{Problem, Result};
use crate::router::AppState;
use crate::viewer::Who;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::id::{BuildId, VideoId};
use platform::videos::Asked;
use platform::{Platform, videos};
use serde::Deserialize;

/// A finished build's playlist never changes; who may see it does.
const FINISHED_CACHE: &str = "private, max-age=60";
/// A growing one is new every few seconds.
const GROWING_CACHE: &str = "private, no-store";
/// A browser's cache must not outlive the session that filled it.
const VARY: &str = "Cookie, Authorization";

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/v/{video}/{build}/{file}", get(playlist))
        .route("/v/{video}/{build}/manifest.mpd", get(manifest))
        .route("/v/{video}/{build}/chapters.vtt", get(chapters))
        .route("/v/{video}/{build}/storyboard.vtt", get(storyboard))
        .route("/m/{*path}", get(object))
}

/// What a player may ask for in the query; what else stands there is passed over.
#[derive(Default, Deserialize)]
struct Asks {
    growing: Option<String>,
    #[serde(rename = "_HLS_msn")]
    segment: Option<String>,
}

async fn playlist(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((video, build, file)): Path<(String, String, String)>,
    asks: std::result::Result<Query<Asks>, QueryRejection>,
) -> Result<Response> {
    let video: VideoId = video.parse().map_err(|_| Problem::not_found())?;
    let build: BuildId = build.parse().map_err(|_| Problem::not_found())?;
    let name = file.strip_suffix(".m3u8").ok_or_else(Problem::not_found)?;
    let asks = asks.map(|Query(asks)| asks).unwrap_or_default();
    let asked = Asked {
        growing: asks.growing.as_deref() == Some("1"),
        segment: asks.segment.and_then(|number| number.parse().ok()),
    };
    let playlist = match name {
        "master" => videos::master(&platform, &actor, &video, &build, asked).await?,
        _ => videos::media_playlist(&platform, &actor, &video, &build, name, asked).await?,
    };
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.apple.mpegurl"),
        (header::CACHE_CONTROL, if playlist.finished { FINISHED_CACHE } else { GROWING_CACHE }),
        (header::VARY, VARY),
    ];
    Ok((headers, playlist.text.to_string()).into_response())
}

/// DASH, of what is finished.
async fn manifest(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((video, build)): Path<(String, String)>,
) -> Result<Response> {
    let video: VideoId = video.parse().map_err(|_| Problem::not_found())?;
    let build: BuildId = build.parse().map_err(|_| Problem::not_found())?;
    let text = videos::manifest(&platform, &actor, &video, &build).await?;
    let headers =
        [(header::CONTENT_TYPE, "application/dash+xml"), (header::CACHE_CONTROL, FINISHED_CACHE), (header::VARY, VARY)];
    Ok((headers, text.to_string()).into_response())
}

async fn chapters(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((video, build)): Path<(String, String)>,
) -> Result<Response> {
    let video: VideoId = video.parse().map_err(|_| Problem::not_found())?;
    let build: BuildId = build.parse().map_err(|_| Problem::not_found())?;
    Ok(vtt(videos::chapters(&platform, &actor, &video, &build).await?))
}

async fn storyboard(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((video, build)): Path<(String, String)>,
) -> Result<Response> {
    let video: VideoId = video.parse().map_err(|_| Problem::not_found())?;
    let build: BuildId = build.parse().map_err(|_| Problem::not_found())?;
    Ok(vtt(videos::storyboard(&platform, &actor, &video, &build).await?))
}

fn vtt(text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/vtt; charset=utf-8"),
        (header::CACHE_CONTROL, FINISHED_CACHE),
        (header::VARY, VARY),
    ];
    (headers, text).into_response()
}

/// The access check, then away: the bytes themselves never pass through here.
async fn object(State(platform): State<Platform>, Who(actor): Who, Path(path): Path<String>) -> Result<Response> {
    let signed = videos::media_url(&platform, &actor, &path).await?;
    let headers = [
        (header::LOCATION, signed.url.to_string()),
        (header::CACHE_CONTROL, format!("private, max-age={}", signed.max_age.as_secs())),
        (header::VARY, VARY.to_owned()),
    ];
    Ok((StatusCode::FOUND, headers).into_response())
}
