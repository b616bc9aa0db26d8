use super::{Items, rfc3339};
use crate::address::Path;
use crate::conditional::Tagged;
use crate::json::Json;
use crate::problem::{Problem, Result};
use crate::viewer::Who;
use axum::extract::State;
use axum::http::StatusCode;
use domain::fingerprint::Fingerprint;
use domain::id::{UploadId, VideoId};
use domain::upload::{self, Checksum, PartUrl, Status};
use domain::video::Visibility;
use platform::Platform;
use platform::uploads::{self, NewUpload};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUpload)]
pub struct Create {
    #[schema(examples("Holidays by the sea.mp4"))]
    file_name: String,
    /// Bytes.
    #[schema(minimum = 1, maximum = 5497558138880_u64, examples(734003200))]
    size: u64,
    content_type: Option<String>,
    /// The film's; without it, the file's name.
    #[schema(max_length = 200)]
    title: Option<String>,
    #[schema(max_length = 5000)]
    description: Option<String>,
    /// `private`, unless something else is said. A film gets a password when it's there.
    #[schema(value_type = Option<Visibility>)]
    visibility: Option<String>,
    /// By which the file is known again: the SHA-256 of its size (8 bytes, the least significant first) and of samples of
    /// it. Who sends one goes on with the upload that the same file has already.
    fingerprint: Option<Fingerprint>,
    /// Every part will be asked for with its checksum, and S3 holds the bytes to it.
    checksum_algorithm: Option<Checksum>,
    /// What your line carries, bytes per second: it decides how large parts are.
    #[schema(maximum = 9007199254740991_u64)]
    line: Option<u64>,
}

/// Begin an upload
///
/// A film that waits for its bytes, and how they are to be cut. 201: a new upload. 200: the one that this file has already,
/// some of whose parts may be there.
#[utoipa::path(
    post,
    path = "/uploads",
    operation_id = "createUpload",
    tag = "Uploads",
    request_body = Create,
    params(super::IdempotencyKey),
    responses(
        (status = 201, description = "A new upload.", body = upload::Created),
        (status = 200, description = "The upload that this file has already.", body = upload::Created),
    ),
    extensions(("x-problems" = json!([
        "file_empty", "file_too_large", "quota_exceeded", "blank", "too_long", "visibility_unknown", "password_later",
    ]))),
)]
pub async fn create(
    State(platform): State<Platform>,
    Who(actor): Who,
    Json(asked): Json<Create>,
) -> Result<(StatusCode, axum::Json<upload::Created>)> {
    let new = NewUpload {
        file_name: asked.file_name,
        size: asked.size,
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
    Ok((status, axum::Json(created)))
}

/// List your open uploads
///
/// All that can be gone on with, at most a hundred, so there are no pages.
#[utoipa::path(
    get,
    path = "/uploads",
    operation_id = "listUploads",
    tag = "Uploads",
    responses((status = 200, description = "The uploads, the newest first.", body = Items<StatusOut>)),
)]
pub async fn list(State(platform): State<Platform>, Who(actor): Who) -> Result<axum::Json<Items<StatusOut>>> {
    let open = uploads::open(&platform, &actor).await?;
    Ok(axum::Json(open.into_iter().map(StatusOut::from).collect()))
}

/// Look at an upload
#[utoipa::path(
    get,
    path = "/uploads/{id}",
    operation_id = "getUpload",
    tag = "Uploads",
    params(("id" = UploadId, Path, description = "The upload's.")),
    responses((status = 200, description = "How far it is.", body = StatusOut, headers(("ETag" = String)))),
)]
pub async fn show(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
) -> Result<Tagged<StatusOut>> {
    Ok(Tagged::of(uploads::status(&platform, &actor, &parse(&id)?).await?.into()))
}

/// A session with its times as programs like them.
#[derive(Serialize, ToSchema)]
#[schema(as = Upload)]
pub struct StatusOut {
    upload_id: UploadId,
    video_id: VideoId,
    file_name: String,
    /// Bytes.
    size: u64,
    /// Bytes; the last part may have fewer.
    part_size: u64,
    part_count: u32,
    /// The numbers of the parts that the storage has; null while nobody can tell.
    received: Option<Vec<u32>>,
    state: upload::State,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<Fingerprint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum_algorithm: Option<Checksum>,
    /// When it is given up unless somebody goes on.
    #[schema(format = DateTime)]
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PartsAsked)]
pub struct Parts {
    #[schema(max_items = 1000)]
    parts: Vec<PartAsked>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PartAsked {
    #[schema(minimum = 1, maximum = 10000)]
    number: u32,
    /// Base64 of the part's SHA-256, if S3 shall hold the bytes to it.
    #[schema(pattern = "^[A-Za-z0-9+/]{43}=$")]
    checksum: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct PartUrls {
    parts: Vec<PartOut>,
}

/// Where a part's bytes go: a PUT with exactly these headers. Its length is signed, too.
#[derive(Serialize, ToSchema)]
#[schema(as = PartUrl)]
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

/// Ask where parts go
///
/// Addresses of the storage, for a while. The bytes go straight there.
#[utoipa::path(
    post,
    path = "/uploads/{id}/parts",
    operation_id = "signParts",
    tag = "Uploads",
    params(("id" = UploadId, Path, description = "The upload's.")),
    request_body = Parts,
    responses((status = 200, description = "An address for each part.", body = PartUrls)),
    extensions(("x-problems" = json!([
        "too_many_parts", "part_unknown", "checksum_invalid", "checksum_required", "upload_aborted", "upload_closed",
    ]))),
)]
pub async fn sign_parts(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Json(asked): Json<Parts>,
) -> Result<axum::Json<PartUrls>> {
    let asked = asked.parts.into_iter();
    let parts = asked.map(|part| upload::PartRequest { number: part.number, checksum: part.checksum }).collect();
    let signed = uploads::sign_parts(&platform, &actor, &parse(&id)?, parts).await?;
    Ok(axum::Json(PartUrls { parts: signed.into_iter().map(PartOut::from).collect() }))
}

#[derive(Serialize, ToSchema)]
pub struct Sent {
    video_id: VideoId,
}

/// Complete an upload
///
/// Once all parts are sent. Again is the same answer, so a call whose answer got lost can be repeated.
#[utoipa::path(
    post,
    path = "/uploads/{id}/complete",
    operation_id = "completeUpload",
    tag = "Uploads",
    params(("id" = UploadId, Path, description = "The upload's.")),
    responses((status = 202, description = "The film is on its way.", body = Sent)),
    extensions(("x-problems" = json!([
        "parts_missing", "upload_aborted", "upload_lost", "upload_damaged", "underway",
    ]))),
)]
pub async fn complete(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
) -> Result<(StatusCode, axum::Json<Sent>)> {
    let video_id = uploads::complete(&platform, &actor, &parse(&id)?).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(Sent { video_id })))
}

/// Give an upload up
///
/// What was sent is gone, and its film.
#[utoipa::path(
    delete,
    path = "/uploads/{id}",
    operation_id = "abortUpload",
    tag = "Uploads",
    params(("id" = UploadId, Path, description = "The upload's.")),
    responses((status = 204, description = "It is gone.")),
    extensions(("x-problems" = json!(["upload_closed"]))),
)]
pub async fn abort(State(platform): State<Platform>, Who(actor): Who, Path(id): Path<String>) -> Result<StatusCode> {
    uploads::abort(&platform, &actor, &parse(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn parse(id: &str) -> Result<UploadId> {
    id.parse().map_err(|_| Problem::not_found())
}
