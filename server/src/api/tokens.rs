//! Signing in and out, for scripts.

use crate::json::{self, Json};
use crate::problem::{Problem, Result};
use crate::viewer::ClientIp;
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::actor::Scopes;
use platform::tokens::{self, Issued};
use platform::{Error, Platform, signing_in};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use url::form_urlencoded;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// A username or an e-mail address.
    #[schema(examples("ada"))]
    login: String,
    #[schema(format = Password, examples("correct horse battery"))]
    password: String,
    /// A code of an app, or a recovery code: for whoever has a second factor.
    totp: Option<String>,
    /// `read`, `upload`, `manage` and `admin`, with blanks between; all without it.
    #[schema(pattern = "^(read|upload|manage|admin)( (read|upload|manage|admin))*$")]
    scope: Option<String>,
}

/// RFC 6749, 5.1.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenOut {
    /// To be sent as `Authorization: Bearer …`.
    access_token: String,
    /// For the next ones; it is good once.
    refresh_token: String,
    #[schema(examples("Bearer"))]
    token_type: &'static str,
    /// Seconds.
    #[schema(value_type = u64)]
    expires_in: serde_json::Value,
    scope: String,
}

impl From<Issued> for TokenOut {
    fn from(issued: Issued) -> Self {
        Self {
            scope: issued.scopes.names().join(" "),
            access_token: issued.access_token,
            refresh_token: issued.refresh_token,
            token_type: "Bearer",
            expires_in: issued.expires_in.into(),
        }
    }
}

/// Sign in
///
/// Tokens for scripts, by a name and a password.
#[utoipa::path(
    post,
    path = "/tokens",
    operation_id = "createToken",
    tag = "Account",
    request_body = SignIn,
    responses((status = 201, description = "Tokens. They are told only now.", body = TokenOut)),
    security(()),
    extensions(("x-problems" = json!([
        "wrong_credentials", "second_factor_required", "401:wrong_code", "too_many_attempts", "invalid_scope",
    ]))),
)]
pub async fn create(
    State(platform): State<Platform>,
    ClientIp(ip): ClientIp,
    Json(given): Json<SignIn>,
) -> Result<(StatusCode, axum::Json<TokenOut>)> {
    let scopes = given.scope.as_deref().map(scopes).transpose()?.unwrap_or(Scopes::ALL);
    let user = signing_in::at_once(&platform, &given.login, &given.password, given.totp.as_deref(), ip).await?;
    let issued = tokens::issue(&platform, &user.id, scopes).await?;
    Ok((StatusCode::CREATED, axum::Json(issued.into())))
}

/// One or more of the scopes that there are.
pub(super) fn scopes(text: &str) -> Result<Scopes> {
    let scopes = Scopes::parse(text).ok().filter(|scopes| !scopes.is_empty());
    scopes.ok_or_else(|| {
        Problem::field(
            "scope",
            "invalid_scope",
            "Scopes are `read`, `upload`, `manage` and `admin`, with blanks between.",
        )
    })
}

/// The body of a call of OAuth's.
pub struct FormBody(String);

impl<S: Send + Sync> FromRequest<S> for FormBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let body = json::body(request, state).await?;
        String::from_utf8(body.into())
            .map(Self)
            .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "body_unreadable", "The body could not be read."))
    }
}

/// What the token endpoint takes.
#[derive(ToSchema)]
#[allow(dead_code, reason = "what Form reads, for the document")]
struct Grant {
    #[schema(pattern = "^(password|refresh_token)$")]
    grant_type: String,
    /// With `password`: a username or an e-mail address.
    username: Option<String>,
    password: Option<String>,
    /// With `password`, for whoever has a second factor: a code of an app, or a recovery code.
    totp: Option<String>,
    /// With `refresh_token`.
    refresh_token: Option<String>,
    scope: Option<String>,
}

/// How OAuth refuses (RFC 6749, 5.2).
#[derive(Serialize, ToSchema)]
struct OauthRefusal {
    error: &'static str,
    error_description: String,
}

/// Get tokens as OAuth has it
///
/// The token endpoint of OAuth 2.0 (RFC 6749, 4.3 and 6): `grant_type` is `password` or `refresh_token`.
#[utoipa::path(
    post,
    path = "/oauth/token",
    operation_id = "grantToken",
    tag = "Account",
    request_body(content = Grant, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Tokens. They are told only now.", body = TokenOut),
        (status = 400, description = "Refused, in OAuth's words.", body = OauthRefusal),
    ),
    security(()),
    extensions(("x-problems" = json!(["too_many_attempts", "second_factor_required"]))),
)]
pub async fn grant(State(platform): State<Platform>, ClientIp(ip): ClientIp, FormBody(body): FormBody) -> Response {
    match granted(&platform, ip, &body).await {
        Ok(issued) => ([(header::CACHE_CONTROL, "no-store")], axum::Json(TokenOut::from(issued))).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn granted(
    platform: &Platform,
    ip: Option<std::net::IpAddr>,
    body: &str,
) -> std::result::Result<Issued, Refusal> {
    let form = Form::read(body)?;
    let scopes = match form.get("scope") {
        Some(text) => {
            let scopes = Scopes::parse(text).ok().filter(|scopes| !scopes.is_empty());
            Some(scopes.ok_or(Refusal::Oauth("invalid_scope", "Scopes are read, upload, manage and admin."))?)
        }
        None => None,
    };
    match form.need("grant_type")? {
        "password" => {
            let (login, password) = (form.need("username")?, form.need("password")?);
            let user = signing_in::at_once(platform, login, password, form.get("totp"), ip).await?;
            Ok(tokens::issue(platform, &user.id, scopes.unwrap_or(Scopes::ALL)).await?)
        }
        "refresh_token" => Ok(tokens::refresh(platform, form.need("refresh_token")?, scopes).await?),
        _ => Err(Refusal::Oauth("unsupported_grant_type", "grant_type is password or refresh_token.")),
    }
}

/// What the revocation endpoint takes.
#[derive(ToSchema)]
#[allow(dead_code, reason = "what Form reads, for the document")]
struct Revocation {
    token: String,
    token_type_hint: Option<String>,
}

/// Sign out
///
/// For scripts (RFC 7009): whatever `token` was, it is nothing any more.
#[utoipa::path(
    post,
    path = "/oauth/revoke",
    operation_id = "revokeToken",
    tag = "Account",
    request_body(content = Revocation, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It is nothing any more."),
        (status = 400, description = "Refused, in OAuth's words.", body = OauthRefusal),
    ),
    security(()),
)]
pub async fn revoke(State(platform): State<Platform>, FormBody(body): FormBody) -> Response {
    let revoked = async {
        let form = Form::read(&body)?;
        tokens::revoke(&platform, form.need("token")?).await?;
        Ok::<_, Refusal>(StatusCode::OK.into_response())
    };
    revoked.await.unwrap_or_else(IntoResponse::into_response)
}

/// Parameters of a form; each can come once (RFC 6749, 3.2).
struct Form(HashMap<String, String>);

impl Form {
    fn read(body: &str) -> std::result::Result<Self, Refusal> {
        let mut form = HashMap::new();
        for (name, value) in form_urlencoded::parse(body.as_bytes()) {
            if form.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Refusal::Oauth("invalid_request", "A parameter is there twice."));
            }
        }
        Ok(Self(form))
    }

    /// An empty one counts as absent.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn need(&self, name: &'static str) -> std::result::Result<&str, Refusal> {
        self.get(name).ok_or(Refusal::Missing(name))
    }
}

/// How OAuth refuses (RFC 6749, 5.2); what isn't about the grant is a problem as everywhere.
enum Refusal {
    Oauth(&'static str, &'static str),
    Missing(&'static str),
    Problem(Problem),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Unauthenticated { message, .. } => Refusal::Oauth("invalid_grant", message),
            Error::Invalid { code: "invalid_scope", .. } => {
                Refusal::Oauth("invalid_scope", "This sign-in was for fewer scopes than that.")
            }
            other => Refusal::Problem(other.into()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (error, description) = match self {
            Refusal::Problem(problem) => return problem.into_response(),
            Refusal::Oauth(error, description) => (error, description.to_owned()),
            Refusal::Missing(name) => ("invalid_request", format!("{name} is missing.")),
        };
        let body = OauthRefusal { error, error_description: description };
        (StatusCode::BAD_REQUEST, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
    }
}
