use super::Items;
use super::videos::parse;
use crate::address::{Path, Query, said};
use crate::conditional::IfMatch;
use crate::json::{self, Json};
use crate::problem::{Problem, Result};
use crate::viewer::Who;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use bytes::Bytes;
use domain::captions::{Listed, MOST_BYTES, Preview};
use domain::id::VideoId;
use platform::{Platform, captions, videos};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A file as it is: whatever its type is called, its content tells.
pub struct File(Bytes);

impl<S: Send + Sync> FromRequest<S> for File {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        json::body(request, state).await.map(Self).map_err(|problem| match problem.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let most = MOST_BYTES >> 20;
                let detail =
                    format!("Captions may have {most} MB at most. This file has more, so it may be something else.");
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "captions_too_large", detail)
            }
            _ => problem,
        })
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Named {
    /// What they are called in the player's menu. Without it: by their language.
    #[param(value_type = String, max_length = 80, required = false)]
    label: Option<String>,
}

/// Captions that were added.
#[derive(Serialize, ToSchema)]
pub struct Kept {
    #[serde(flatten)]
    captions: Listed,
    /// What of the file was left out, and what looks wrong, in words.
    notes: Vec<String>,
}

/// List a film's captions
///
/// Those of its file, and those that were added: one a language, so there are no pages.
#[utoipa::path(
    get,
    path = "/videos/{id}/captions",
    operation_id = "listCaptions",
    tag = "Captions",
    params(("id" = VideoId, Path, description = "The film's.")),
    responses((status = 200, description = "The captions, as players show them.", body = Items<Listed>)),
    extensions(("x-problems" = json!(["forbidden", "401:password_required"]))),
)]
pub async fn list(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
) -> Result<axum::Json<Items<Listed>>> {
    Ok(axum::Json(captions::list(&platform, &actor, &parse(&id)?).await?.into_iter().collect()))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// `name` of captions in the list.
    #[param(value_type = String, required = true)]
    name: Option<String>,
}

/// Read a film's captions
#[utoipa::path(
    get,
    path = "/videos/{id}/captions/preview",
    operation_id = "readCaptions",
    tag = "Captions",
    params(("id" = VideoId, Path, description = "The film's."), Which),
    responses((status = 200, description = "The first of what they say.", body = Preview)),
    extensions(("x-problems" = json!(["forbidden", "401:password_required", "required"]))),
)]
pub async fn read(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<axum::Json<Preview>> {
    let name = which.name.ok_or_else(|| Problem::missing("name"))?;
    Ok(axum::Json(captions::show(&platform, &actor, &parse(&id)?, &name).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Guess {
    /// Helps where encodings look alike.
    #[param(value_type = String, required = false, example = "de")]
    language: Option<String>,
}

/// Try a captions file
///
/// What a file says that may be added. Nothing of it is kept.
#[utoipa::path(
    post,
    path = "/videos/{id}/captions/preview",
    operation_id = "previewCaptions",
    tag = "Captions",
    params(("id" = VideoId, Path, description = "The film's."), Guess),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "SRT or WebVTT, in whatever encoding."),
    responses((status = 200, description = "The first of what it says.", body = Preview)),
    extensions(("x-problems" = json!([
        "forbidden", "401:password_required", "language_unknown", "captions_empty", "captions_too_many",
        "captions_unreadable", "captions_too_large",
    ]))),
)]
pub async fn preview(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Query(guess): Query<Guess>,
    File(file): File,
) -> Result<axum::Json<Preview>> {
    Ok(axum::Json(captions::preview(&platform, &actor, &parse(&id)?, said(&guess.language), file).await?))
}

/// Add captions
///
/// In place of those that the film has in that language, if it has any.
#[utoipa::path(
    put,
    path = "/videos/{id}/captions/{language}",
    operation_id = "putCaptions",
    tag = "Captions",
    params(
        ("id" = VideoId, Path, description = "The film's."),
        ("language" = String, Path, description = "A tag of BCP 47.", example = "de"),
        Named,
        super::IfMatchParam,
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "SRT or WebVTT, in whatever encoding."),
    responses(
        (status = 201, description = "They were added.", body = Kept),
        (status = 200, description = "They stand in place of those before.", body = Kept),
    ),
    extensions(("x-problems" = json!([
        "forbidden", "401:password_required", "language_unknown", "blank", "too_long", "control_character",
        "captions_empty", "captions_too_many", "captions_unreadable", "captions_too_large", "too_many_captions",
    ]))),
)]
pub async fn put(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((id, language)): Path<(String, String)>,
    Query(named): Query<Named>,
    IfMatch(meant): IfMatch,
    File(file): File,
) -> Result<(StatusCode, axum::Json<Kept>)> {
    let id = parse(&id)?;
    videos::hold(&platform, &actor, &id, &meant).await?;
    let kept = captions::put(&platform, &actor, &id, &language, said(&named.label), file).await?;
    let status = if kept.replaced { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(Kept { captions: kept.captions, notes: kept.notes })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CaptionsChanges)]
pub struct Changes {
    #[schema(min_length = 1, max_length = 80)]
    label: String,
}

/// Rename captions
///
/// Of those that were added.
#[utoipa::path(
    patch,
    path = "/videos/{id}/captions/{language}",
    operation_id = "renameCaptions",
    tag = "Captions",
    params(
        ("id" = VideoId, Path, description = "The film's."),
        ("language" = String, Path, description = "A tag of BCP 47.", example = "de"),
        super::IfMatchParam,
    ),
    request_body = Changes,
    responses((status = 200, description = "The captions as they are now.", body = Listed)),
    extensions(("x-problems" = json!([
        "forbidden", "401:password_required", "language_unknown", "blank", "too_long",
    ]))),
)]
pub async fn rename(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((id, language)): Path<(String, String)>,
    IfMatch(meant): IfMatch,
    Json(Changes { label }): Json<Changes>,
) -> Result<axum::Json<Listed>> {
    let id = parse(&id)?;
    videos::hold(&platform, &actor, &id, &meant).await?;
    Ok(axum::Json(captions::rename(&platform, &actor, &id, &language, &label).await?))
}

/// Delete captions
///
/// Of those that were added. The film's own in that language are shown again, if it has any.
#[utoipa::path(
    delete,
    path = "/videos/{id}/captions/{language}",
    operation_id = "deleteCaptions",
    tag = "Captions",
    params(
        ("id" = VideoId, Path, description = "The film's."),
        ("language" = String, Path, description = "A tag of BCP 47.", example = "de"),
        super::IfMatchParam,
    ),
    responses((status = 204, description = "They are gone.")),
    extensions(("x-problems" = json!(["forbidden", "401:password_required", "language_unknown"]))),
)]
pub async fn delete(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((id, language)): Path<(String, String)>,
    IfMatch(meant): IfMatch,
) -> Result<StatusCode> {
    let id = parse(&id)?;
    videos::hold(&platform, &actor, &id, &meant).await?;
    captions::delete(&platform, &actor, &id, &language).await?;
    Ok(StatusCode::NO_CONTENT)
}
