use super::required;
use super::videos::{VideoOut, parse};
use crate::problem::{Json, Problem, Result};
use crate::viewer::Who;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::poster::Wish;
use platform::{Platform, posters};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Either a time of the film, or a picture that was sent.
#[derive(Deserialize)]
pub struct Asked {
    at_ms: Option<i64>,
    key_frame: Option<bool>,
    picture: Option<String>,
}

/// Begun: `poster_choice` of the film tells what becomes of it.
pub async fn choose(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<Response> {
    let wish = match asked {
        Asked { at_ms: Some(at_ms), key_frame, picture: None } => {
            Wish::At { at_ms, key_frame: key_frame.unwrap_or_default() }
        }
        Asked { at_ms: None, picture: Some(picture), .. } => Wish::Picture { picture },
        _ => return Err(Problem::field("at_ms", "required", "Say either `at_ms` or `picture`.")),
    };
    let video = posters::choose(&platform, &actor, &parse(&id)?, &wish).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(VideoOut::from(video))).into_response())
}

pub async fn choose_none(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
) -> Result<Response> {
    let video = posters::choose_none(&platform, &actor, &parse(&id)?).await?;
    Ok(axum::Json(VideoOut::from(video)).into_response())
}

#[derive(Deserialize)]
pub struct Send {
    /// Bytes.
    size: Option<u64>,
}

/// An address for a picture, as for the parts of a film.
pub async fn send(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Json(asked): Json<Send>,
) -> Result<Response> {
    let way = posters::send(&platform, &actor, &parse(&id)?, required(asked.size, "size")?).await?;
    let headers: BTreeMap<String, String> = way.headers.into_iter().collect();
    let body = json!({ "picture": way.picture, "url": way.url, "headers": headers });
    Ok((StatusCode::CREATED, axum::Json(body)).into_response())
}
