use super::{required, rfc3339};
use crate::problem::{Json, Problem, Result};
use crate::viewer::Who;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::fingerprint::Fingerprint;
use domain::id::{UploadId, VideoId};
use domain::upload::{Checksum, PartRequest, PartUrl, Status};
use platform::Platform;
use platform::uploads::{self, NewUpload};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub struct Create {
    file_name: Option<String>,
    size: Option<u64>,
    content_type: Option<String>,
    title: Option<String>,
    description: Option<String>,
    visibility: Option<String>,
    fingerprint: Option<Fingerprint>,
    checksum_algorithm: Option<Checksum>,
    line: Option<u64>,
}

/// 201: a new session. 200: the one that this file has already.
pub async fn create(State(platform): State<Platform>, Who(actor): Who, Json(asked): Json<Create>) -> Result<Response> {
    let new = NewUpload {
        file_name: required(asked.file_name, "file_name")?,
        size: required(asked.size, "size")?,
        content_type: asked.content_type,
        title: asked.title,
        description: asked.description,
        visibility: asked.visibility,
        fingerprint: asked.fingerprint,
        checksum_algorithm: asked.checksum_algorithm,
        line: asked.line,
    };
    let created = uploads::create(&platform, &actor, new).await?;
    let status = if created.resumed { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(created)).into_response())
}

pub async fn list(State(platform): State<Platform>, Who(actor): Who) -> Result<Response> {
    let open = uploads::open(&platform, &actor).await?;
    let items: Vec<StatusOut> = open.into_iter().map(StatusOut::from).collect();
    Ok(axum::Json(json!({ "items": items })).into_response())
}

pub async fn show(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
) -> Result<axum::Json<StatusOut>> {
    Ok(axum::Json(uploads::status(&platform, &actor, &parse(&id)?).await?.into()))
}

/// A session with its times as programs like them.
#[derive(Serialize)]
pub struct StatusOut {
    upload_id: UploadId,
    video_id: VideoId,
    file_name: String,
    size: u64,
    part_size: u64,
    part_count: u32,
    received: Option<Vec<u32>>,
    state: domain::upload::State,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<Fingerprint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum_algorithm: Option<Checksum>,
    expires_at: Option<String>,
}

impl From<Status> for StatusOut {
    fn from(status: Status) -> Self {
        Self {
            upload_id: status.upload_id,
            video_id: status.video_id,
            file_name: status.file_name,
            size: status.size,
            part_size: status.part_size,
            part_count: status.part_count,
            received: status.received,
            state: status.state,
            fingerprint: status.fingerprint,
            checksum_algorithm: status.checksum_algorithm,
            expires_at: rfc3339(status.expires_at),
        }
    }
}

#[derive(Deserialize)]
pub struct Parts {
    parts: Option<Vec<PartRequest>>,
}

/// Headers as programs like them: an object.
#[derive(Serialize)]
struct PartOut {
    number: u32,
    url: String,
    headers: BTreeMap<String, String>,
}

impl From<PartUrl> for PartOut {
    fn from(part: PartUrl) -> Self {
        Self { number: part.number, url: part.url, headers: part.headers.into_iter().collect() }
    }
}

pub async fn sign_parts(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Json(asked): Json<Parts>,
) -> Result<Response> {
    let parts = required(asked.parts, "parts")?;
    let signed = uploads::sign_parts(&platform, &actor, &parse(&id)?, parts).await?;
    let parts: Vec<PartOut> = signed.into_iter().map(PartOut::from).collect();
    Ok(axum::Json(json!({ "parts": parts })).into_response())
}

/// 202: what was sent is there; the film is on its way.
pub async fn complete(State(platform): State<Platform>, Who(actor): Who, Path(id): Path<String>) -> Result<Response> {
    let video = uploads::complete(&platform, &actor, &parse(&id)?).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(json!({ "video_id": video }))).into_response())
}

pub async fn abort(State(platform): State<Platform>, Who(actor): Who, Path(id): Path<String>) -> Result<StatusCode> {
    uploads::abort(&platform, &actor, &parse(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn parse(id: &str) -> Result<UploadId> {
    id.parse().map_err(|_| Problem::not_found())
}
