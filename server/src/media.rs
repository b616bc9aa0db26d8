//! What players read of a build as text: playlists, a manifest, chapters.

use crate::headers::FOR_OTHER_SITES;
use crate::problem::{Problem, Result};
use crate::router::AppState;
use crate::viewer::Who;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::id::{BuildId, VideoId};
use platform::videos::{Asked, Text};
use platform::{Config, videos};
use serde::Deserialize;
use std::sync::Arc;

/// A finished build's playlist never changes; who may see it does. Seconds.
const FINISHED_LIFE: u64 = 60;
/// A growing one is new every few seconds.
const GROWING_CACHE: &str = "private, no-store";
/// A browser's cache must not outlive the session that filled it.
pub const VARY: &str = "Cookie, Authorization";

pub fn routes() -> Router<AppState> {
    Router::new().route("/v/{video}/{build}/{file}", get(text))
}

/// What a player may ask for in the query; what else stands there is passed over.
#[derive(Default, Deserialize)]
struct Asks {
    growing: Option<String>,
    #[serde(rename = "_HLS_msn")]
    segment: Option<String>,
}

/// A token of the CDN that stands in it is valid for half of its life at least: what a cache has kept should lead there for
/// a while yet.
fn finished_cache(config: &Config) -> String {
    let life = config.cdn.as_ref().map_or(FINISHED_LIFE, |cdn| FINISHED_LIFE.min(cdn.seconds / 4));
    format!("private, max-age={life}")
}

/// Whatever text of a build a player asks for by its name.
async fn text(
    State(AppState { platform, shutdown, .. }): State<AppState>,
    Who(actor): Who,
    Path((video, build, file)): Path<(String, String, String)>,
    asks: std::result::Result<Query<Asks>, QueryRejection>,
    wanted: HeaderMap,
) -> Result<Response> {
    const HLS: &str = "application/vnd.apple.mpegurl";
    const DASH: &str = "application/dash+xml";
    const WEBVTT: &str = "text/vtt; charset=utf-8";
    let written = |text: String| Arc::new(Text::new(text));
    let video: VideoId = video.parse().map_err(|_| Problem::not_found())?;
    let build: BuildId = build.parse().map_err(|_| Problem::not_found())?;
    let finished = &*finished_cache(&platform.config);
    let (kind, cache, body) = match file.as_str() {
        // DASH is of what is finished.
        "manifest.mpd" => {
            (DASH, finished, written(videos::manifest(&platform, &actor, &video, &build).await?.to_string()))
        }
        "chapters.vtt" => (WEBVTT, finished, written(videos::chapters(&platform, &actor, &video, &build).await?)),
        "storyboard.vtt" => (WEBVTT, finished, written(videos::storyboard(&platform, &actor, &video, &build).await?)),
        playlist => {
            let name = playlist.strip_suffix(".m3u8").ok_or_else(Problem::not_found)?;
            let asks = asks.map(|Query(asks)| asks).unwrap_or_default();
            let asked = Asked {
                growing: asks.growing.as_deref() == Some("1"),
                segment: asks.segment.and_then(|number| number.parse().ok()),
            };
            let playlist = match name {
                "master" => videos::master(&platform, &actor, &video, &build, asked).await?,
                _ => {
                    let of = async |asked| videos::media_playlist(&platform, &actor, &video, &build, name, asked).await;
                    // A server that is to end has all who wait look again, at another one.
                    match shutdown.run_until_cancelled(of(asked)).await {
                        Some(playlist) => playlist?,
                        None => of(Asked { segment: None, ..asked }).await?,
                    }
                }
            };
            (HLS, if playlist.finished { finished } else { GROWING_CACHE }, playlist.text)
        }
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache), (header::VARY, VARY)];
    let mut response = (headers, [FOR_OTHER_SITES]).into_response();
    // What ten thousand wait for is compressed once; other codings are left to the layer for all answers.
    let body = if takes_brotli(&wanted) {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        body.brotli()
    } else {
        body.plain()
    };
    *response.body_mut() = body.into();
    Ok(response)
}

/// Whether an answer may be coded by brotli (RFC 9110, 12.5.3): it is named, and not refused by a weight of 0.
pub fn takes_brotli(wanted: &HeaderMap) -> bool {
    let values = wanted.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("br") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_for_those_who_name_it() {
        let takes = |value: &'static str| {
            takes_brotli(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert!(takes("br") && takes("gzip, deflate, br, zstd") && takes("gzip;q=0.5, BR;q=0.8"));
        assert!(!takes("gzip") && !takes("br;q=0, gzip") && !takes("br; q=0.0") && !takes("") && !takes("brr"));
        assert!(!takes_brotli(&HeaderMap::new()));
    }
}
