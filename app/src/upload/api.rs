use crate::error::ApiError;
#[allow(unused_imports, reason = "used by the server's half")]
use crate::server;
use domain::id::{UploadId, VideoId};
#[allow(unused_imports, reason = "used by the server's half")]
use domain::upload::{Created, PartRequest, PartUrl, Status};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

/// What the page has to know to refuse a file before a byte leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub max_bytes: u64,
}

/// For whoever may upload.
#[server(input = Json, output = Json)]
pub async fn upload_limits() -> Result<Limits, ApiError> {
    server::require_user()?;
    Ok(Limits { max_bytes: server::platform().config.upload_max_bytes })
}

/// What a film is before its bytes come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFilm {
    pub file_name: String,
    pub size: u64,
    pub content_type: Option<String>,
    pub title: String,
    pub visibility: String,
}

#[server(input = Json, output = Json)]
pub async fn create_upload(film: NewFilm) -> Result<Created, ApiError> {
    let viewer = server::require_user()?;
    let upload = platform::uploads::NewUpload {
        file_name: film.file_name,
        size: film.size,
        content_type: film.content_type,
        title: Some(film.title),
        description: None,
        visibility: Some(film.visibility),
    };
    Ok(platform::uploads::create(&server::platform(), &viewer.actor, upload).await?)
}

#[server(input = Json, output = Json)]
pub async fn sign_parts(upload: UploadId, numbers: Vec<u32>) -> Result<Vec<PartUrl>, ApiError> {
    let viewer = server::require_user()?;
    let parts = numbers.into_iter().map(|number| PartRequest { number, checksum: None }).collect();
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
