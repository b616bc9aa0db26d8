//! One's own account: who one is, where one is signed in, tokens for scripts, and what happened.

use super::{Listing, required, rfc3339};
use crate::problem::{Json, Problem, Result};
use crate::viewer::Whole;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::actor::Scope;
use domain::audit::Entry;
use domain::session::Session;
use domain::token::Token;
use platform::{Error, Platform, audit, sessions, tokens};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub async fn show(Whole(viewer): Whole) -> Result<Response> {
    let user = viewer.user.ok_or_else(Error::sign_in_first)?;
    Ok(axum::Json(json!({
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "role": user.role,
        "scopes": viewer.actor.scopes.names(),
    }))
    .into_response())
}

#[derive(Serialize)]
struct SessionOut {
    id: String,
    device: String,
    address: Option<String>,
    signed_in_at: Option<String>,
    last_seen: Option<String>,
    current: bool,
}

impl From<Session> for SessionOut {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            device: session.device,
            address: session.address,
            signed_in_at: rfc3339(session.signed_in_at),
            last_seen: rfc3339(session.last_seen),
            current: session.current,
        }
    }
}

pub async fn sessions(State(platform): State<Platform>, Whole(viewer): Whole) -> Result<Response> {
    let sessions = sessions::list(&platform, &viewer.actor, viewer.session.as_deref()).await?;
    let items: Vec<SessionOut> = sessions.into_iter().map(SessionOut::from).collect();
    Ok(axum::Json(json!({ "items": items })).into_response())
}

pub async fn end_session(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    sessions::end(&platform, &viewer.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All but the one that asks.
pub async fn end_sessions(State(platform): State<Platform>, Whole(viewer): Whole) -> Result<Response> {
    let ended = sessions::end_others(&platform, &viewer.actor, viewer.session.as_deref()).await?;
    Ok(axum::Json(json!({ "ended": ended })).into_response())
}

#[derive(Serialize)]
struct TokenOut {
    id: String,
    name: String,
    scopes: Vec<Scope>,
    created_at: Option<String>,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    expired: bool,
}

impl From<Token> for TokenOut {
    fn from(token: Token) -> Self {
        Self {
            id: token.id.into(),
            name: token.name,
            scopes: token.scopes,
            created_at: rfc3339(token.created_at),
            expires_at: token.expires_at.and_then(rfc3339),
            last_used_at: token.last_used_at.and_then(rfc3339),
            expired: token.expired,
        }
    }
}

pub async fn tokens(State(platform): State<Platform>, Whole(viewer): Whole) -> Result<Response> {
    let tokens = tokens::personal(&platform, &viewer.actor).await?;
    let items: Vec<TokenOut> = tokens.into_iter().map(TokenOut::from).collect();
    Ok(axum::Json(json!({ "items": items })).into_response())
}

#[derive(Deserialize)]
pub struct NewToken {
    name: Option<String>,
    scopes: Option<Vec<Scope>>,
    /// Never without.
    expires_in_days: Option<u32>,
}

/// 201: a token. Its `secret` is told only now.
pub async fn create_token(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    Json(asked): Json<NewToken>,
) -> Result<Response> {
    let name = required(asked.name, "name")?;
    let scopes = required(asked.scopes, "scopes")?.into_iter().collect();
    let made = tokens::create(&platform, &viewer.actor, &name, scopes, asked.expires_in_days).await?;
    let mut body = serde_json::to_value(TokenOut::from(made.token)).map_err(Error::internal)?;
    body["secret"] = made.secret.into();
    Ok((StatusCode::CREATED, axum::Json(body)).into_response())
}

pub async fn withdraw_token(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    tokens::withdraw(&platform, &viewer.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
pub(super) struct EntryOut {
    id: i64,
    at: Option<String>,
    event: String,
    by: Option<String>,
    account: Option<String>,
    object: Option<String>,
    details: serde_json::Value,
    address: Option<String>,
}

impl From<Entry> for EntryOut {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            at: rfc3339(entry.at),
            event: entry.event,
            by: entry.by,
            account: entry.account,
            object: entry.object,
            details: entry.details,
            address: entry.address,
        }
    }
}

pub async fn log(State(platform): State<Platform>, Whole(viewer): Whole, listing: Listing) -> Result<Response> {
    let page = audit::own(&platform, &viewer.actor, listing.text("cursor"), listing.limit()?).await?;
    let items: Vec<EntryOut> = page.items.into_iter().map(EntryOut::from).collect();
    Ok(axum::Json(json!({ "items": items, "next_cursor": page.next_cursor })).into_response())
}
