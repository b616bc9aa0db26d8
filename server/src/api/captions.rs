use super::videos::parse;
use crate::problem::{Json, Problem, Result};
use crate::viewer::Who;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::captions::{Listed, MOST_BYTES, Preview};
use platform::{Platform, captions};
use serde::Deserialize;
use serde_json::json;

/// A file as it is: whatever its type is called, its content tells.
type Sent = std::result::Result<Bytes, BytesRejection>;

fn file(sent: Sent) -> Result<Bytes> {
    sent.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let most = MOST_BYTES >> 20;
            let detail =
                format!("Captions may have {most} MB at most. This file has more, so it may be something else.");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "captions_too_large", detail)
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "body_unreadable", "The body could not be read."),
    })
}

#[derive(Default, Deserialize)]
pub struct Asked {
    language: Option<String>,
    label: Option<String>,
}

type Asks = std::result::Result<Query<Asked>, QueryRejection>;

fn asked(query: Asks) -> Result<Asked> {
    let unreadable = || {
        Problem::new(StatusCode::BAD_REQUEST, "malformed_query", "The part of the address behind `?` can't be read.")
    };
    let Query(Asked { language, label }) = query.map_err(|_| unreadable())?;
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(Asked { language: some(language), label: some(label) })
}

pub async fn list(State(platform): State<Platform>, Who(actor): Who, Path(id): Path<String>) -> Result<Response> {
    let items = captions::list(&platform, &actor, &parse(&id)?).await?;
    Ok(axum::Json(json!({ "items": items })).into_response())
}

/// What a file says; nothing is kept of it. `language` helps where encodings look alike.
pub async fn preview(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    query: Asks,
    sent: Sent,
) -> Result<axum::Json<Preview>> {
    let Asked { language, .. } = asked(query)?;
    Ok(axum::Json(captions::preview(&platform, &actor, &parse(&id)?, language.as_deref(), file(sent)?).await?))
}

/// 201: they were added. 200: they stand in place of those before.
pub async fn put(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((id, language)): Path<(String, String)>,
    query: Asks,
    sent: Sent,
) -> Result<Response> {
    let Asked { label, .. } = asked(query)?;
    let kept = captions::put(&platform, &actor, &parse(&id)?, &language, label.as_deref(), file(sent)?).await?;
    let status = if kept.replaced { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(kept)).into_response())
}

#[derive(Deserialize)]
pub struct Changes {
    label: Option<String>,
}

pub async fn rename(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((id, language)): Path<(String, String)>,
    Json(Changes { label }): Json<Changes>,
) -> Result<axum::Json<Listed>> {
    let label = super::required(label, "label")?;
    Ok(axum::Json(captions::rename(&platform, &actor, &parse(&id)?, &language, &label).await?))
}

pub async fn delete(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((id, language)): Path<(String, String)>,
) -> Result<StatusCode> {
    captions::delete(&platform, &actor, &parse(&id)?, &language).await?;
    Ok(StatusCode::NO_CONTENT)
}
