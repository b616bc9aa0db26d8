use super::required;
use crate::problem::{Json, Result};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::{Platform, accounts};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct NewAccount {
    username: Option<String>,
    email: Option<String>,
    password: Option<String>,
}

pub async fn create(State(platform): State<Platform>, Json(new): Json<NewAccount>) -> Result<Response> {
    let username = required(new.username, "username")?;
    let email = required(new.email, "email")?;
    let password = required(new.password, "password")?;
    let user = accounts::sign_up(&platform, &username, &email, &password).await?;
    Ok((StatusCode::CREATED, axum::Json(json!({ "id": user.id, "username": user.username }))).into_response())
}
