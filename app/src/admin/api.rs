use crate::components::log::Log;
use crate::error::ApiError;
#[allow(unused_imports, reason = "used by the server's half")]
use crate::server;
use domain::actor::Role;
#[allow(unused_imports, reason = "used by the server's half")]
use domain::id::{InvitationId, UserId};
use domain::invitation::{Invitation, NewInvitation};
use domain::page::Page;
use domain::person::Person;
use domain::time::UnixMillis;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Everybody {
    pub page: Page<Person>,
    pub now: UnixMillis,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invited {
    pub invitations: Vec<Invitation>,
    pub now: UnixMillis,
}

#[server(input = Json, output = Json)]
pub async fn people(query: Option<String>, cursor: Option<String>) -> Result<Everybody, ApiError> {
    let viewer = server::require_user()?;
    let (query, cursor) = (query.as_deref(), cursor.as_deref());
    let page = platform::people::list(&server::platform(), &viewer.actor, query, cursor, None).await?;
    Ok(Everybody { page, now: server::now() })
}

/// What is None stays as it is.
#[server(input = Json, output = Json)]
pub async fn change_person(id: UserId, role: Option<Role>, disabled: Option<bool>) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    let change = platform::people::Change { role, disabled, quota: None };
    Ok(platform::people::change(&server::platform(), &viewer.actor, &id, change).await?)
}

#[server(input = Json, output = Json)]
pub async fn invitations() -> Result<Invited, ApiError> {
    let viewer = server::require_user()?;
    let invitations = platform::invitations::list(&server::platform(), &viewer.actor).await?;
    Ok(Invited { invitations, now: server::now() })
}

#[server(input = Json, output = Json)]
pub async fn invite(role: Role, note: String) -> Result<NewInvitation, ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::invitations::create(&server::platform(), &viewer.actor, role, &note).await?)
}

#[server(input = Json, output = Json)]
pub async fn withdraw_invitation(id: InvitationId) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::invitations::withdraw(&server::platform(), &viewer.actor, &id).await?)
}

#[server(input = Json, output = Json)]
pub async fn audit_log(cursor: Option<String>) -> Result<Log, ApiError> {
    let viewer = server::require_user()?;
    let page = platform::audit::all(&server::platform(), &viewer.actor, cursor.as_deref(), None).await?;
    Ok(Log { page, now: server::now() })
}
