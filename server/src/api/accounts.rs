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
pub struct NewAccount {
    username: Option<String>,
    email: Option<String>,
    password: Option<String>,
    /// What stands behind `#` in an invitation's address.
    invitation: Option<String>,
}

pub async fn create(
    State(platform): State<Platform>,
    ClientIp(ip): ClientIp,
    Json(new): Json<NewAccount>,
) -> Result<Response> {
    let username = required(new.username, "username")?;
    let email = required(new.email, "email")?;
    let password = required(new.password, "password")?;
    let new = accounts::NewAccount {
        username: &username,
        email: &email,
        password: &password,
        invitation: new.invitation.as_deref(),
    };
    let user = accounts::sign_up(&platform, new, ip).await?;
    let body = json!({ "id": user.id, "username": user.username, "role": user.role });
    Ok((StatusCode::CREATED, axum::Json(body)).into_response())
}
