//! What admins do: people, invitations, the whole log.

use super::account::EntryOut;
use super::{Listing, required, rfc3339};
use crate::problem::{Json, Problem, Result};
use crate::viewer::Who;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::actor::Role;
use domain::invitation::Invitation;
use domain::person::Person;
use domain::quota::Quota;
use platform::people::{self, Change};
use platform::{Platform, audit, invitations};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Serialize)]
struct PersonOut {
    id: String,
    username: String,
    email: String,
    role: Role,
    disabled: bool,
    created_at: Option<String>,
    last_seen: Option<String>,
    films: i64,
    /// Bytes of their originals.
    bytes: i64,
    /// What was decided for this person; null is as the role says.
    quota: Quota,
}

impl From<Person> for PersonOut {
    fn from(person: Person) -> Self {
        Self {
            id: person.id.into(),
            username: person.username,
            email: person.email,
            role: person.role,
            disabled: person.disabled,
            created_at: rfc3339(person.created_at),
            last_seen: person.last_seen.and_then(rfc3339),
            films: person.films,
            bytes: person.bytes,
            quota: person.quota,
        }
    }
}

pub async fn people(State(platform): State<Platform>, Who(actor): Who, listing: Listing) -> Result<Response> {
    let (query, cursor) = (listing.text("q"), listing.text("cursor"));
    let page = people::list(&platform, &actor, query, cursor, listing.limit()?).await?;
    let items: Vec<PersonOut> = page.items.into_iter().map(PersonOut::from).collect();
    Ok(axum::Json(json!({ "items": items, "next_cursor": page.next_cursor })).into_response())
}

#[derive(Deserialize)]
pub struct Changes {
    role: Option<Role>,
    disabled: Option<bool>,
    quota: Option<Quota>,
}

pub async fn change(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Json(changes): Json<Changes>,
) -> Result<StatusCode> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let change = Change { role: changes.role, disabled: changes.disabled, quota: changes.quota };
    people::change(&platform, &actor, &id, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
struct InvitationOut {
    id: String,
    role: Role,
    note: String,
    created_at: Option<String>,
    expires_at: Option<String>,
    expired: bool,
    used_by: Option<String>,
}

impl From<Invitation> for InvitationOut {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id.into(),
            role: invitation.role,
            note: invitation.note,
            created_at: rfc3339(invitation.created_at),
            expires_at: rfc3339(invitation.expires_at),
            expired: invitation.expired,
            used_by: invitation.used_by,
        }
    }
}

pub async fn invitations(State(platform): State<Platform>, Who(actor): Who) -> Result<Response> {
    let invitations = invitations::list(&platform, &actor).await?;
    let items: Vec<InvitationOut> = invitations.into_iter().map(InvitationOut::from).collect();
    Ok(axum::Json(json!({ "items": items })).into_response())
}

#[derive(Deserialize)]
pub struct NewInvitation {
    role: Option<Role>,
    note: Option<String>,
}

/// 201: an invitation. Its `url` is told only now.
pub async fn invite(
    State(platform): State<Platform>,
    Who(actor): Who,
    Json(asked): Json<NewInvitation>,
) -> Result<Response> {
    let role = required(asked.role, "role")?;
    let made = invitations::create(&platform, &actor, role, &asked.note.unwrap_or_default()).await?;
    let mut body = serde_json::to_value(InvitationOut::from(made.invitation)).map_err(platform::Error::internal)?;
    body["url"] = made.url.into();
    Ok((StatusCode::CREATED, axum::Json(body)).into_response())
}

pub async fn withdraw_invitation(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    invitations::withdraw(&platform, &actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn log(State(platform): State<Platform>, Who(actor): Who, listing: Listing) -> Result<Response> {
    let page = audit::all(&platform, &actor, listing.text("cursor"), listing.limit()?).await?;
    let items: Vec<EntryOut> = page.items.into_iter().map(EntryOut::from).collect();
    Ok(axum::Json(json!({ "items": items, "next_cursor": page.next_cursor })).into_response())
}
