//! One's own account: who one is, where one is signed in, tokens for scripts, and what happened.

use super::{Items, PageAsked, PageOf, rfc3339};
use crate::address::{Path, Query, said};
use crate::json::Json;
use crate::problem::{Problem, Result};
use crate::viewer::Whole;
use axum::extract::State;
use axum::http::StatusCode;
use domain::actor::{Role, Scope};
use domain::audit::Entry;
use domain::id::{TokenId, UserId};
use domain::session::Session;
use domain::token::Token;
use platform::{Error, Platform, audit, sessions, tokens};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who asks, and what by.
#[derive(Serialize, ToSchema)]
pub struct Me {
    id: UserId,
    username: String,
    email: String,
    role: Role,
    /// Of the token; all of them for a browser.
    #[schema(value_type = Vec<Scope>)]
    scopes: Vec<&'static str>,
}

/// Look at your account
#[utoipa::path(
    get,
    path = "/account",
    operation_id = "getAccount",
    tag = "Account",
    responses((status = 200, description = "Who you are.", body = Me)),
)]
pub async fn show(Whole(viewer): Whole) -> Result<axum::Json<Me>> {
    let user = viewer.user.ok_or_else(Error::sign_in_first)?;
    let scopes = viewer.actor.scopes.names();
    Ok(axum::Json(Me { id: user.id, username: user.username, email: user.email, role: user.role, scopes }))
}

#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionOut {
    id: String,
    device: String,
    address: Option<String>,
    #[schema(format = DateTime)]
    signed_in_at: Option<String>,
    #[schema(format = DateTime)]
    last_seen: Option<String>,
    /// The one that asks.
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

/// List your sessions
///
/// Where you are signed in by a browser. All of them.
#[utoipa::path(
    get,
    path = "/account/sessions",
    operation_id = "listSessions",
    tag = "Account",
    responses((status = 200, description = "The sessions.", body = Items<SessionOut>)),
)]
pub async fn sessions(State(platform): State<Platform>, Whole(viewer): Whole) -> Result<axum::Json<Items<SessionOut>>> {
    let sessions = sessions::list(&platform, &viewer.actor, viewer.session.as_deref()).await?;
    Ok(axum::Json(sessions.into_iter().map(SessionOut::from).collect()))
}

/// End a session
#[utoipa::path(
    delete,
    path = "/account/sessions/{id}",
    operation_id = "endSession",
    tag = "Account",
    params(("id" = String, Path, description = "The session's.")),
    responses((status = 204, description = "It is signed out.")),
)]
pub async fn end_session(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    sessions::end(&platform, &viewer.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
pub struct Ended {
    /// How many there were.
    #[schema(value_type = u64)]
    ended: serde_json::Value,
}

/// End all other sessions
///
/// All but the one that asks.
#[utoipa::path(
    delete,
    path = "/account/sessions",
    operation_id = "endSessions",
    tag = "Account",
    responses((status = 200, description = "They are signed out.", body = Ended)),
)]
pub async fn end_sessions(State(platform): State<Platform>, Whole(viewer): Whole) -> Result<axum::Json<Ended>> {
    let ended = sessions::end_others(&platform, &viewer.actor, viewer.session.as_deref()).await?;
    Ok(axum::Json(Ended { ended: ended.into() }))
}

/// A token that somebody made for a script.
#[derive(Serialize, ToSchema)]
#[schema(as = PersonalToken)]
pub struct TokenOut {
    id: String,
    name: String,
    scopes: Vec<Scope>,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    /// Null: it doesn't.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    #[schema(format = DateTime)]
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

/// List your tokens
///
/// Those that were made for scripts. All of them.
#[utoipa::path(
    get,
    path = "/account/tokens",
    operation_id = "listTokens",
    tag = "Account",
    responses((status = 200, description = "The tokens.", body = Items<TokenOut>)),
)]
pub async fn tokens(State(platform): State<Platform>, Whole(viewer): Whole) -> Result<axum::Json<Items<TokenOut>>> {
    let tokens = tokens::personal(&platform, &viewer.actor).await?;
    Ok(axum::Json(tokens.into_iter().map(TokenOut::from).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPersonalToken)]
pub struct NewToken {
    /// To know what it is for.
    #[schema(examples("Backup"))]
    name: String,
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
    /// Never without.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct MadeToken {
    #[serde(flatten)]
    token: TokenOut,
    /// To be sent as `Authorization: Bearer …`. Told only now.
    secret: String,
}

/// Make a token
///
/// For a script. Its `secret` is told only now, and kept nowhere: this call takes no `Idempotency-Key`.
#[utoipa::path(
    post,
    path = "/account/tokens",
    operation_id = "createPersonalToken",
    tag = "Account",
    request_body = NewToken,
    responses((status = 201, description = "A token.", body = MadeToken)),
    extensions(("x-problems" = json!(["invalid_name", "out_of_range", "too_many_tokens", "invalid_scope"]))),
)]
pub async fn create_token(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    Json(asked): Json<NewToken>,
) -> Result<(StatusCode, axum::Json<MadeToken>)> {
    let scopes = asked.scopes.into_iter().collect();
    let made = tokens::create(&platform, &viewer.actor, &asked.name, scopes, asked.expires_in_days).await?;
    Ok((StatusCode::CREATED, axum::Json(MadeToken { token: made.token.into(), secret: made.secret })))
}

/// Withdraw a token
#[utoipa::path(
    delete,
    path = "/account/tokens/{id}",
    operation_id = "withdrawToken",
    tag = "Account",
    params(("id" = TokenId, Path, description = "The token's.")),
    responses((status = 204, description = "It is good for nothing any more.")),
)]
pub async fn withdraw_token(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    tokens::withdraw(&platform, &viewer.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
#[schema(as = LogEntry)]
pub struct EntryOut {
    id: i64,
    #[schema(format = DateTime)]
    at: Option<String>,
    event: String,
    /// The name of whoever did it, if that is known.
    by: Option<String>,
    /// The name of the account that it is about.
    account: Option<String>,
    /// A film's id, say, or a token's name.
    object: Option<String>,
    #[schema(value_type = Object)]
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

/// Read your log
#[utoipa::path(
    get,
    path = "/account/log",
    operation_id = "listLog",
    tag = "Account",
    params(PageAsked),
    responses((status = 200, description = "What happened with your account, the newest first.", body = PageOf<EntryOut>)),
    extensions(("x-problems" = json!(["limit_invalid", "invalid_cursor"]))),
)]
pub async fn log(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    Query(asked): Query<PageAsked>,
) -> Result<axum::Json<PageOf<EntryOut>>> {
    let page = audit::own(&platform, &viewer.actor, said(&asked.cursor), super::limit(&asked.limit)?).await?;
    Ok(axum::Json(PageOf::of(page)))
}
