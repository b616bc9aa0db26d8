use super::required;
use crate::problem::{Json, Result};
use crate::viewer::ClientIp;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::{Platform, accounts};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct SignIn {
    login: Option<String>,
    password: Option<String>,
}

pub async fn create(
    State(platform): State<Platform>,
    ClientIp(ip): ClientIp,
    Json(given): Json<SignIn>,
) -> Result<Response> {
    let login = required(given.login, "login")?;
    let password = required(given.password, "password")?;
    let user = accounts::sign_in(&platform, &login, &password, ip).await?;
    let token = accounts::issue_token(&platform, &user.id).await?;
    let answer = json!({
        "access_token": token.access_token,
        "token_type": "Bearer",
        "expires_in": token.expires_in,
    });
    Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
}
