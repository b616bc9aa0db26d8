use super::videos::{VideoOut, parse, shown};
use crate::address::Path;
use crate::conditional::{IfMatch, Tagged};
use crate::json::Json;
use crate::problem::{Problem, Result};
use crate::viewer::Who;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::VideoId;
use domain::poster::Wish;
use platform::{Platform, posters, videos};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Either a time of the film, or a picture that was sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PosterWish)]
pub struct Asked {
    /// From the film's beginning.
    #[schema(minimum = 0, maximum = 9007199254740991_u64)]
    at_ms: Option<i64>,
    /// The last key frame before that, which is what the storyboard shows.
    key_frame: Option<bool>,
    /// `picture` of one that was sent.
    picture: Option<String>,
}

/// Choose a poster
///
/// Begun: `poster_choice` of the film tells what becomes of it. Until it is made the film has the one it had.
#[utoipa::path(
    put,
    path = "/videos/{id}/poster",
    operation_id = "choosePoster",
    tag = "Posters",
    params(("id" = VideoId, Path, description = "The film's."), super::IfMatchParam),
    request_body = Asked,
    responses((status = 202, description = "Begun.", body = VideoOut, headers(("ETag" = String)))),
    extensions(("x-problems" = json!([
        "forbidden", "401:password_required", "not_watchable", "no_picture", "out_of_range", "picture_missing",
    ]))),
)]
pub async fn choose(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    IfMatch(meant): IfMatch,
    Json(asked): Json<Asked>,
) -> Result<Tagged<VideoOut>> {
    let wish = match asked {
        Asked { at_ms: Some(at_ms), key_frame, picture: None } => {
            Wish::At { at_ms, key_frame: key_frame.unwrap_or_default() }
        }
        Asked { at_ms: None, picture: Some(picture), .. } => Wish::Picture { picture },
        _ => return Err(Problem::field("at_ms", "required", "Say either `at_ms` or `picture`.")),
    };
    let id = parse(&id)?;
    videos::hold(&platform, &actor, &id, &meant).await?;
    Ok(shown(posters::choose(&platform, &actor, &id, &wish).await?).accepted())
}

/// Go back to the poster that is chosen automatically
#[utoipa::path(
    delete,
    path = "/videos/{id}/poster",
    operation_id = "forgetPoster",
    tag = "Posters",
    params(("id" = VideoId, Path, description = "The film's."), super::IfMatchParam),
    responses((status = 200, description = "The film as it is now.", body = VideoOut, headers(("ETag" = String)))),
    extensions(("x-problems" = json!(["forbidden", "401:password_required"]))),
)]
pub async fn choose_none(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    IfMatch(meant): IfMatch,
) -> Result<Tagged<VideoOut>> {
    let id = parse(&id)?;
    videos::hold(&platform, &actor, &id, &meant).await?;
    Ok(shown(posters::choose_none(&platform, &actor, &id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PictureAsked)]
pub struct Send {
    /// Bytes.
    #[schema(minimum = 1, maximum = 16777216)]
    size: u64,
}

#[derive(Serialize, ToSchema)]
pub struct Picture {
    /// By which it can be wished for once it is there.
    picture: String,
    /// Takes one PUT of exactly the bytes that were promised.
    url: String,
    /// What has to stand in the PUT's head.
    headers: BTreeMap<String, String>,
}

/// Ask where a picture of your own goes
///
/// An address of the storage, as for the parts of a film.
#[utoipa::path(
    post,
    path = "/videos/{id}/poster/pictures",
    operation_id = "sendPicture",
    tag = "Posters",
    params(("id" = VideoId, Path, description = "The film's.")),
    request_body = Send,
    responses((status = 201, description = "An address.", body = Picture)),
    extensions(("x-problems" = json!(["forbidden", "401:password_required", "file_empty", "file_too_large"]))),
)]
pub async fn send(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Json(asked): Json<Send>,
) -> Result<(StatusCode, axum::Json<Picture>)> {
    let way = posters::send(&platform, &actor, &parse(&id)?, asked.size).await?;
    let headers = way.headers.into_iter().collect();
    Ok((StatusCode::CREATED, axum::Json(Picture { picture: way.picture, url: way.url, headers })))
}
