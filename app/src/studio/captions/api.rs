//! What the desk asks the server. Files go to the REST API as they are, whatever bytes they have.

use crate::error::ApiError;
#[allow(unused_imports, reason = "used by the server's half")]
use crate::server;
use domain::captions::{Deleted, Listed, Preview};
use domain::id::VideoId;
use gloo_net::http::{Request, RequestBuilder, Response};
use js_sys::encode_uri_component;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::Deserialize;
use web_sys::File;

#[server(input = Json, output = Json)]
pub async fn film_captions(id: VideoId) -> Result<Vec<Listed>, ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::captions::list(&server::platform(), &viewer.actor, &id).await?)
}

/// What captions that the film has say, by their name in the list.
#[server(input = Json, output = Json)]
pub async fn show_captions(id: VideoId, name: String) -> Result<Preview, ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::captions::show(&server::platform(), &viewer.actor, &id, &name).await?)
}

#[server(input = Json, output = Json)]
pub async fn rename_captions(id: VideoId, language: String, label: String) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    platform::captions::rename(&server::platform(), &viewer.actor, &id, &language, &label).await?;
    Ok(())
}

#[server(input = Json, output = Json)]
pub async fn delete_captions(id: VideoId, language: String) -> Result<Deleted, ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::captions::delete(&server::platform(), &viewer.actor, &id, &language).await?)
}

#[server(input = Json, output = Json)]
pub async fn undo_delete_captions(id: VideoId, language: String, deleted: Deleted) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    platform::captions::undo_delete(&server::platform(), &viewer.actor, &id, &language, deleted).await?;
    Ok(())
}

/// What a file says, or in words why it can't be used.
pub async fn preview(film: &VideoId, language: &str, file: &File) -> Result<Preview, String> {
    let language = encode_uri_component(language);
    let request = Request::post(&format!("/api/v1/videos/{film}/captions/preview?language={language}"));
    sent(request, file).await?.json().await.map_err(|_| lost())
}

pub async fn add(film: &VideoId, language: &str, label: &str, file: &File) -> Result<(), String> {
    let (language, label) = (encode_uri_component(language), encode_uri_component(label));
    sent(Request::put(&format!("/api/v1/videos/{film}/captions/{language}?label={label}")), file).await.map(drop)
}

async fn sent(request: RequestBuilder, file: &File) -> Result<Response, String> {
    #[derive(Deserialize)]
    struct Problem {
        detail: String,
    }
    let answer = request.body(file).map_err(|_| lost())?.send().await.map_err(|_| lost())?;
    if answer.ok() {
        return Ok(answer);
    }
    Err(answer.json::<Problem>().await.map_or_else(|_| lost(), |problem| problem.detail))
}

fn lost() -> String {
    "This file could not be sent. Check your connection, and that the file is still where it was; then try again."
        .to_owned()
}
