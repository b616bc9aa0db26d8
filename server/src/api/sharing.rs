use super::videos::parse;
use super::{required, rfc3339};
use crate::problem::{Json, Problem, Result};
use crate::viewer::{ClientIp, Who};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::sharing::Link;
use platform::{Platform, sharing};
use serde::Deserialize;
use serde_json::json;
use tower_sessions::Session;

#[derive(Deserialize)]
pub struct Unlock {
    password: Option<String>,
    share: Option<String>,
}

/// By a film's password, or by what stands in a share link behind `share=`. 204: whoever brings the cookie of this answer may
/// watch the film, be it a browser or a script.
pub async fn unlock(
    State(platform): State<Platform>,
    Who(actor): Who,
    ClientIp(ip): ClientIp,
    session: Session,
    Path(id): Path<String>,
    Json(given): Json<Unlock>,
) -> Result<StatusCode> {
    let video = parse(&id)?;
    let key = match given {
        Unlock { password: Some(password), share: None } => {
            sharing::unlock(&platform, &actor, &video, &password, ip).await?
        }
        Unlock { password: None, share: Some(token) } => sharing::open(&platform, &video, &token).await?,
        _ => return Err(Problem::field("password", "required", "Say either `password` or `share`.")),
    };
    app::server::hold(&session, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(link: Link) -> serde_json::Value {
    json!({
        "id": link.id,
        "label": link.label,
        "created_at": rfc3339(link.created_at),
        "expires_at": link.expires_at.and_then(rfc3339),
        "last_used_at": link.last_used_at.and_then(rfc3339),
        "uses": link.uses,
        "expired": link.expired,
    })
}

pub async fn list(State(platform): State<Platform>, Who(actor): Who, Path(id): Path<String>) -> Result<Response> {
    let links = sharing::links(&platform, &actor, &parse(&id)?).await?;
    let items: Vec<_> = links.into_iter().map(shown).collect();
    Ok(axum::Json(json!({ "items": items })).into_response())
}

#[derive(Deserialize)]
pub struct Create {
    label: Option<String>,
    expires: Option<String>,
}

/// 201: a link. Its `url` is told only now.
pub async fn create(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Json(asked): Json<Create>,
) -> Result<Response> {
    let label = asked.label.unwrap_or_default();
    let lasts = required(asked.expires, "expires")?;
    let made = sharing::create_link(&platform, &actor, &parse(&id)?, &label, &lasts).await?;
    let mut body = shown(made.link);
    body["url"] = made.url.into();
    Ok((StatusCode::CREATED, axum::Json(body)).into_response())
}

pub async fn withdraw(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((id, link)): Path<(String, String)>,
) -> Result<StatusCode> {
    let link = link.parse().map_err(|_| Problem::not_found())?;
    sharing::withdraw(&platform, &actor, &parse(&id)?, &link).await?;
    Ok(StatusCode::NO_CONTENT)
}
