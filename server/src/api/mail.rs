//! Passwords and addresses, by mail and without.

use crate::json::Json;
use crate::problem::Result;
use crate::viewer::{ClientIp, Whole};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::Confirmed;
use platform::{Error, Platform, addresses, credentials};
use serde::Deserialize;
use tower_sessions::Session;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    #[schema(format = Password)]
    current_password: String,
    #[schema(format = Password)]
    new_password: String,
}

/// Change your password
///
/// Every other session ends, and what signed in by this password has to do so again: the token that was used for this, too.
#[utoipa::path(
    post,
    path = "/account/password",
    operation_id = "changePassword",
    tag = "Account",
    request_body = NewPassword,
    responses((status = 204, description = "It is changed.")),
    extensions(("x-problems" = json!(["wrong_password", "no_password", "too_many_attempts", "password_too_short", "password_too_long", "password_common", "password_personal"]))),
)]
pub async fn change_password(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    ClientIp(ip): ClientIp,
    Extension(session): Extension<Session>,
    Json(given): Json<NewPassword>,
) -> Result<StatusCode> {
    let here = viewer.session.as_deref();
    credentials::change(&platform, &viewer.actor, &given.current_password, &given.new_password, here, ip).await?;
    if here.is_some() {
        session.cycle_id().await.map_err(Error::internal)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Forgotten {
    login: String,
}

/// Ask for a new password
///
/// The same answer whether or not there is such an account.
#[utoipa::path(
    post,
    path = "/account/password/forgot",
    operation_id = "forgotPassword",
    tag = "Account",
    request_body = Forgotten,
    responses((status = 202, description = "If there is such an account, its address has got a link.")),
    security(()),
    extensions(("x-problems" = json!(["too_many_attempts", "no_mail"]))),
)]
pub async fn forgot_password(
    State(platform): State<Platform>,
    ClientIp(ip): ClientIp,
    Json(given): Json<Forgotten>,
) -> Result<StatusCode> {
    credentials::forgot(&platform, &given.login, ip).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordReset)]
pub struct Reset {
    token: String,
    #[schema(format = Password)]
    password: String,
}

/// Choose a new password
#[utoipa::path(
    post,
    path = "/account/password/reset",
    operation_id = "resetPassword",
    tag = "Account",
    request_body = Reset,
    responses((status = 204, description = "It is changed.")),
    security(()),
    extensions(("x-problems" = json!(["link_invalid", "too_many_attempts", "password_too_short", "password_too_long", "password_common", "password_personal"]))),
)]
pub async fn reset_password(
    State(platform): State<Platform>,
    ClientIp(ip): ClientIp,
    Json(given): Json<Reset>,
) -> Result<StatusCode> {
    credentials::reset(&platform, &given.token, &given.password, ip).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAddress {
    #[schema(format = Email, max_length = 254, examples("ada@example.org"))]
    email: String,
    #[schema(format = Password)]
    password: String,
}

/// Change your address
///
/// The address changes once both have been confirmed.
#[utoipa::path(
    post,
    path = "/account/email",
    operation_id = "changeEmail",
    tag = "Account",
    request_body = NewAddress,
    responses((status = 202, description = "Both addresses get a link.")),
    extensions(("x-problems" = json!(["wrong_password", "no_password", "email_invalid", "same_email", "email_taken", "no_mail", "too_many_attempts"]))),
)]
pub async fn change_email(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    Json(given): Json<NewAddress>,
) -> Result<StatusCode> {
    addresses::change(&platform, &viewer.actor, &given.email, &given.password).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Ask for the link that confirms your address
///
/// Sends the link that confirms the address once more.
#[utoipa::path(
    post,
    path = "/account/email/verification",
    operation_id = "sendVerification",
    tag = "Account",
    responses((status = 202, description = "It is on its way.")),
    extensions(("x-problems" = json!(["already_confirmed", "no_mail", "too_many_attempts"]))),
)]
pub async fn send_again(State(platform): State<Platform>, Whole(viewer): Whole) -> Result<StatusCode> {
    addresses::send_again(&platform, &viewer.actor).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AddressLink)]
pub struct Link {
    token: String,
}

/// Confirm an address
#[utoipa::path(
    post,
    path = "/account/email/confirm",
    operation_id = "confirmEmail",
    tag = "Account",
    request_body = Link,
    responses((status = 200, description = "What came of it.", body = Confirmed)),
    security(()),
    extensions(("x-problems" = json!(["link_invalid", "email_taken", "too_many_attempts"]))),
)]
pub async fn confirm_email(
    State(platform): State<Platform>,
    ClientIp(ip): ClientIp,
    Json(given): Json<Link>,
) -> Result<axum::Json<Confirmed>> {
    Ok(axum::Json(addresses::confirm(&platform, &given.token, ip).await?))
}
