use crate::error::ApiError;
#[allow(unused_imports, reason = "used by the server's half")]
use crate::server;
use domain::fingerprint::Fingerprint;
use domain::id::{UploadId, VideoId};
use domain::quota::Quota;
use domain::time::UnixMillis;
#[allow(unused_imports, reason = "used by the server's half")]
use domain::upload::{Checksum, Created, PartRequest, PartUrl, Status};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

/// What the page has to know before a byte leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    pub max_bytes: u64,
    /// What is left for this account's next films.
    pub left: Quota,
    /// What was begun, here or elsewhere, and can be gone on with; the newest first.
    pub unfinished: Vec<Status>,
    pub now: UnixMillis,
}

/// For whoever may upload.
#[server(input = Json, output = Json)]
pub async fn upload_desk() -> Result<Desk, ApiError> {
    let viewer = server::require_user()?;
    let platform = server::platform();
    let unfinished = platform::uploads::open(&platform, &viewer.actor).await?;
    let left = platform::uploads::left(&platform, &viewer.actor).await?;
    Ok(Desk { max_bytes: platform.config.upload_max_bytes, left, unfinished, now: server::now() })
}

/// What a film is before its bytes come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFilm {
    pub file_name: String,
    pub size: u64,
    pub content_type: Option<String>,
    pub title: String,
    pub description: String,
    pub visibility: String,
    pub fingerprint: Fingerprint,
    /// What this browser's line carries, bytes per second, if it knows.
    pub line: Option<u64>,
}

/// A new session, or the one that this file has already.
#[server(input = Json, output = Json)]
pub async fn create_upload(film: NewFilm) -> Result<Created, ApiError> {
    let viewer = server::require_user()?;
    let upload = platform::uploads::NewUpload {
        file_name: film.file_name,
        size: film.size,
        content_type: film.content_type,
        title: Some(film.title),
        description: Some(film.description),
        visibility: Some(film.visibility),
        fingerprint: Some(film.fingerprint),
        checksum_algorithm: Some(Checksum::Sha256),
        line: film.line,
    };
    Ok(platform::uploads::create(&server::platform(), &viewer.actor, upload).await?)
}

#[server(input = Json, output = Json)]
pub async fn sign_parts(upload: UploadId, parts: Vec<PartRequest>) -> Result<Vec<PartUrl>, ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::uploads::sign_parts(&server::platform(), &viewer.actor, &upload, parts).await?)
}

#[server(input = Json, output = Json)]
pub async fn upload_status(upload: UploadId) -> Result<Status, ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::uploads::status(&server::platform(), &viewer.actor, &upload).await?)
}

#[server(input = Json, output = Json)]
pub async fn complete_upload(upload: UploadId) -> Result<VideoId, ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::uploads::complete(&server::platform(), &viewer.actor, &upload).await?)
}

#[server(input = Json, output = Json)]
pub async fn abort_upload(upload: UploadId) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::uploads::abort(&server::platform(), &viewer.actor, &upload).await?)
}
