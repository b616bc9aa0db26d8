//! Passwords and addresses, by mail and without.

use super::required;
use crate::problem::{Json, Result};
use crate::viewer::{ClientIp, Whole};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::Confirmed;
use platform::{Error, Platform, addresses, credentials};
use serde::Deserialize;
use tower_sessions::Session;

#[derive(Deserialize)]
pub struct NewPassword {
    current_password: Option<String>,
    new_password: Option<String>,
}

/// Every other session ends, and what signed in by this password has to do so again: the token that was used for this, too.
pub async fn change_password(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    ClientIp(ip): ClientIp,
    Extension(session): Extension<Session>,
    Json(given): Json<NewPassword>,
) -> Result<StatusCode> {
    let current = required(given.current_password, "current_password")?;
    let new = required(given.new_password, "new_password")?;
    let here = viewer.session.as_deref();
    credentials::change(&platform, &viewer.actor, &current, &new, here, ip).await?;
    if here.is_some() {
        session.cycle_id().await.map_err(Error::internal)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub struct Forgotten {
    login: Option<String>,
}

/// The same answer whether or not there is such an account.
pub async fn forgot_password(
    State(platform): State<Platform>,
    ClientIp(ip): ClientIp,
    Json(given): Json<Forgotten>,
) -> Result<StatusCode> {
    credentials::forgot(&platform, &required(given.login, "login")?, ip).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
pub struct Reset {
    token: Option<String>,
    password: Option<String>,
}

pub async fn reset_password(
    State(platform): State<Platform>,
    ClientIp(ip): ClientIp,
    Json(given): Json<Reset>,
) -> Result<StatusCode> {
    let (token, password) = (required(given.token, "token")?, required(given.password, "password")?);
    credentials::reset(&platform, &token, &password, ip).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub struct NewAddress {
    email: Option<String>,
    password: Option<String>,
}

/// The address changes once both have been confirmed.
pub async fn change_email(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    Json(given): Json<NewAddress>,
) -> Result<StatusCode> {
    let (email, password) = (required(given.email, "email")?, required(given.password, "password")?);
    addresses::change(&platform, &viewer.actor, &email, &password).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sends the link that confirms the address once more.
pub async fn send_again(State(platform): State<Platform>, Whole(viewer): Whole) -> Result<StatusCode> {
    addresses::send_again(&platform, &viewer.actor).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
pub struct Link {
    token: Option<String>,
}

pub async fn confirm_email(
    State(platform): State<Platform>,
    ClientIp(ip): ClientIp,
    Json(given): Json<Link>,
) -> Result<axum::Json<Confirmed>> {
    Ok(axum::Json(addresses::confirm(&platform, &required(given.token, "token")?, ip).await?))
}
