//! Playlists, and the way from their stable lines to presigned URLs.

use crate::problem::{Problem, Result};
use crate::router::AppState;
use crate::viewer::Who;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::id::{BuildId, VideoId};
use platform::{Platform, videos};

/// A playlist of a build never changes; who may see it does.
const PLAYLIST_CACHE: &str = "private, max-age=60";
/// A browser's cache must not outlive the session that filled it.
const VARY: &str = "Cookie, Authorization";

pub fn routes() -> Router<AppState> {
    Router::new().route("/v/{video}/{build}/{file}", get(playlist)).route("/m/{*path}", get(object))
}

async fn playlist(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((video, build, file)): Path<(String, String, String)>,
) -> Result<Response> {
    let video: VideoId = video.parse().map_err(|_| Problem::not_found())?;
    // One build is watched at a time: an address that names an older one gets the present one.
    let _: BuildId = build.parse().map_err(|_| Problem::not_found())?;
    let name = file.strip_suffix(".m3u8").ok_or_else(Problem::not_found)?;
    let text = match name {
        "master" => videos::master(&platform, &actor, &video).await?,
        _ => videos::media_playlist(&platform, &actor, &video, name).await?,
    };
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.apple.mpegurl"),
        (header::CACHE_CONTROL, PLAYLIST_CACHE),
        (header::VARY, VARY),
    ];
    Ok((headers, text).into_response())
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
