//! What admins do: people, invitations, the whole log.

use super::account::EntryOut;
use super::{Items, PageAsked, PageOf, rfc3339};
use crate::address::{Path, Query, said};
use crate::json::Json;
use crate::problem::{Problem, Result};
use crate::viewer::Who;
use axum::extract::State;
use axum::http::StatusCode;
use domain::actor::Role;
use domain::id::{InvitationId, UserId};
use domain::invitation::Invitation;
use domain::person::Person;
use domain::quota::Quota;
use platform::people::{self, Change};
use platform::{Platform, audit, invitations};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonOut {
    id: String,
    username: String,
    email: String,
    role: Role,
    disabled: bool,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    #[schema(format = DateTime)]
    last_seen: Option<String>,
    films: i64,
    /// Of their originals.
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

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeopleAsked {
    /// What is looked for, in names and addresses.
    #[param(value_type = String, required = false)]
    q: Option<String>,
    /// `next_cursor` of the page before.
    #[param(value_type = String, required = false)]
    cursor: Option<String>,
    /// Entries on a page.
    #[param(value_type = u32, minimum = 1, maximum = 100, default = 24, required = false)]
    limit: Option<String>,
}

/// List people
#[utoipa::path(
    get,
    path = "/people",
    operation_id = "listPeople",
    tag = "Administration",
    params(PeopleAsked),
    responses((status = 200, description = "A page of people.", body = PageOf<PersonOut>)),
    extensions(("x-problems" = json!(["not_found", "limit_invalid", "cursor_invalid", "invalid_cursor"]))),
)]
pub async fn people(
    State(platform): State<Platform>,
    Who(actor): Who,
    Query(asked): Query<PeopleAsked>,
) -> Result<axum::Json<PageOf<PersonOut>>> {
    let (query, cursor) = (said(&asked.q), said(&asked.cursor));
    let page = people::list(&platform, &actor, query, cursor, super::limit(&asked.limit)?).await?;
    Ok(axum::Json(PageOf::of(page)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PersonChanges)]
pub struct Changes {
    role: Option<Role>,
    /// Who is disabled can't sign in, and is signed out everywhere.
    disabled: Option<bool>,
    /// In place of the one before.
    quota: Option<QuotaAsked>,
}

/// Null: as the role says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuotaAsked {
    #[schema(maximum = 9007199254740991_u64)]
    bytes: Option<u64>,
    #[schema(maximum = 9007199254740991_u64)]
    films: Option<u64>,
}

/// Change what somebody may do
#[utoipa::path(
    patch,
    path = "/people/{id}",
    operation_id = "changePerson",
    tag = "Administration",
    params(("id" = UserId, Path, description = "The person's.")),
    request_body = Changes,
    responses((status = 204, description = "It is so from now on.")),
    extensions(("x-problems" = json!(["last_admin"]))),
)]
pub async fn change(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Json(changes): Json<Changes>,
) -> Result<StatusCode> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let quota = changes.quota.map(|QuotaAsked { bytes, films }| Quota { bytes, films });
    let change = Change { role: changes.role, disabled: changes.disabled, quota };
    people::change(&platform, &actor, &id, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub struct InvitationOut {
    id: String,
    role: Role,
    note: String,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    #[schema(format = DateTime)]
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

/// List invitations
///
/// All of them.
#[utoipa::path(
    get,
    path = "/invitations",
    operation_id = "listInvitations",
    tag = "Administration",
    responses((status = 200, description = "The invitations.", body = Items<InvitationOut>)),
    extensions(("x-problems" = json!(["not_found"]))),
)]
pub async fn invitations(
    State(platform): State<Platform>,
    Who(actor): Who,
) -> Result<axum::Json<Items<InvitationOut>>> {
    let invitations = invitations::list(&platform, &actor).await?;
    Ok(axum::Json(invitations.into_iter().map(InvitationOut::from).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    role: Role,
    /// To know whom it went to.
    note: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct MadeInvitation {
    #[serde(flatten)]
    invitation: InvitationOut,
    /// Whoever has it can make an account. Told only now.
    url: String,
}

/// Invite somebody
///
/// Its `url` is told only now, and kept nowhere: this call takes no `Idempotency-Key`.
#[utoipa::path(
    post,
    path = "/invitations",
    operation_id = "createInvitation",
    tag = "Administration",
    request_body = NewInvitation,
    responses((status = 201, description = "An invitation.", body = MadeInvitation)),
    extensions(("x-problems" = json!(["not_found", "too_long"]))),
)]
pub async fn invite(
    State(platform): State<Platform>,
    Who(actor): Who,
    Json(asked): Json<NewInvitation>,
) -> Result<(StatusCode, axum::Json<MadeInvitation>)> {
    let made = invitations::create(&platform, &actor, asked.role, &asked.note.unwrap_or_default()).await?;
    Ok((StatusCode::CREATED, axum::Json(MadeInvitation { invitation: made.invitation.into(), url: made.url })))
}

/// Withdraw an invitation
#[utoipa::path(
    delete,
    path = "/invitations/{id}",
    operation_id = "withdrawInvitation",
    tag = "Administration",
    params(("id" = InvitationId, Path, description = "The invitation's.")),
    responses((status = 204, description = "It is good for nothing any more.")),
)]
pub async fn withdraw_invitation(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    invitations::withdraw(&platform, &actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read the whole log
#[utoipa::path(
    get,
    path = "/audit",
    operation_id = "listAudit",
    tag = "Administration",
    params(PageAsked),
    responses((status = 200, description = "What happened with everybody's account, the newest first.", body = PageOf<EntryOut>)),
    extensions(("x-problems" = json!(["not_found", "limit_invalid", "invalid_cursor"]))),
)]
pub async fn log(
    State(platform): State<Platform>,
    Who(actor): Who,
    Query(asked): Query<PageAsked>,
) -> Result<axum::Json<PageOf<EntryOut>>> {
    let page = audit::all(&platform, &actor, said(&asked.cursor), super::limit(&asked.limit)?).await?;
    Ok(axum::Json(PageOf::of(page)))
}
