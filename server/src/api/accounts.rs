use crate::json::Json;
use crate::problem::Result;
use crate::viewer::ClientIp;
use axum::extract::State;
use axum::http::StatusCode;
use domain::actor::Role;
use domain::id::UserId;
use platform::{Platform, accounts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// ASCII letters, digits, dots, dashes and underscores.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{2,29}$", examples("ada"))]
    username: String,
    #[schema(format = Email, max_length = 254, examples("ada@example.org"))]
    email: String,
    #[schema(format = Password, min_length = 8, max_length = 1024, examples("correct horse battery"))]
    password: String,
    /// What stands behind `#` in an invitation's address.
    invitation: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Account {
    id: UserId,
    username: String,
    role: Role,
}

/// Make an account
#[utoipa::path(
    post,
    path = "/accounts",
    operation_id = "createAccount",
    tag = "Account",
    request_body = NewAccount,
    responses((status = 201, description = "The account is there.", body = Account)),
    security(()),
    extensions(("x-problems" = json!([
        "username_invalid", "username_taken", "email_invalid", "email_taken", "password_too_short", "password_too_long",
        "password_common", "password_personal", "invitation_invalid", "invitation_required", "sign_up_closed", "too_many_attempts",
    ]))),
)]
pub async fn create(
    State(platform): State<Platform>,
    ClientIp(ip): ClientIp,
    Json(new): Json<NewAccount>,
) -> Result<(StatusCode, axum::Json<Account>)> {
    let new = accounts::NewAccount {
        username: &new.username,
        email: &new.email,
        password: &new.password,
        invitation: new.invitation.as_deref(),
    };
    let user = accounts::sign_up(&platform, new, ip).await?;
    let account = Account { id: user.id, username: user.username, role: user.role };
    Ok((StatusCode::CREATED, axum::Json(account)))
}
