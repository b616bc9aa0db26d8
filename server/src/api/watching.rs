use super::required;
use super::videos::parse;
use crate::problem::{Json, Result};
use crate::viewer::{ClientIp, Who};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::{Platform, watching};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Visited {
    visit: Option<String>,
}

/// The first time a visit begins; told of again after `wait_ms`, it counts.
pub async fn view(
    State(platform): State<Platform>,
    Who(actor): Who,
    ClientIp(ip): ClientIp,
    Path(id): Path<String>,
    Json(visited): Json<Visited>,
) -> Result<Response> {
    let visit = required(visited.visit, "visit")?;
    let counted = watching::view(&platform, &actor, ip, &parse(&id)?, &visit).await?;
    Ok(axum::Json(counted).into_response())
}

#[derive(Deserialize)]
pub struct Position {
    seconds: Option<f64>,
}

pub async fn keep_position(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Json(position): Json<Position>,
) -> Result<StatusCode> {
    let seconds = required(position.seconds, "seconds")?;
    watching::keep_position(&platform, &actor, &parse(&id)?, seconds).await?;
    Ok(StatusCode::NO_CONTENT)
}
