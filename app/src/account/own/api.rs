use crate::components::log::Log;
use crate::error::ApiError;
#[allow(unused_imports, reason = "used by the server's half")]
use crate::server;
use domain::actor::Scope;
#[allow(unused_imports, reason = "used by the server's half")]
use domain::id::TokenId;
use domain::session::Session;
use domain::time::UnixMillis;
use domain::token::{NewToken, Token};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sessions {
    pub sessions: Vec<Session>,
    pub now: UnixMillis,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tokens {
    pub tokens: Vec<Token>,
    pub now: UnixMillis,
}

/// Where the viewer is signed in, the last seen first.
#[server(input = Json, output = Json)]
pub async fn my_sessions() -> Result<Sessions, ApiError> {
    let viewer = server::require_user()?;
    let sessions = platform::sessions::list(&server::platform(), &viewer.actor, viewer.session.as_deref()).await?;
    Ok(Sessions { sessions, now: server::now() })
}

#[server(input = Json, output = Json)]
pub async fn end_session(id: String) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::sessions::end(&server::platform(), &viewer.actor, &id).await?)
}

/// All but this one, scripts that signed in included.
#[server(input = Json, output = Json)]
pub async fn end_other_sessions() -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    platform::sessions::end_others(&server::platform(), &viewer.actor, viewer.session.as_deref()).await?;
    Ok(())
}

#[server(input = Json, output = Json)]
pub async fn my_tokens() -> Result<Tokens, ApiError> {
    let viewer = server::require_user()?;
    let tokens = platform::tokens::personal(&server::platform(), &viewer.actor).await?;
    Ok(Tokens { tokens, now: server::now() })
}

/// `days`: never expires without.
#[server(input = Json, output = Json)]
pub async fn create_token(name: String, scopes: Vec<Scope>, days: Option<u32>) -> Result<NewToken, ApiError> {
    let viewer = server::require_user()?;
    let scopes = scopes.into_iter().collect();
    Ok(platform::tokens::create(&server::platform(), &viewer.actor, &name, scopes, days).await?)
}

#[server(input = Json, output = Json)]
pub async fn withdraw_token(id: TokenId) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::tokens::withdraw(&server::platform(), &viewer.actor, &id).await?)
}

#[server(input = Json, output = Json)]
pub async fn my_log(cursor: Option<String>) -> Result<Log, ApiError> {
    let viewer = server::require_user()?;
    let page = platform::audit::own(&server::platform(), &viewer.actor, cursor.as_deref(), None).await?;
    Ok(Log { page, now: server::now() })
}
