//! Signing in and out, for scripts.

use super::required;
use crate::problem::{Json, Problem, Result};
use crate::viewer::ClientIp;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::actor::Scopes;
use platform::tokens::{self, Issued};
use platform::{Error, Platform, accounts};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use url::form_urlencoded;

#[derive(Deserialize)]
pub struct SignIn {
    login: Option<String>,
    password: Option<String>,
    /// Names with blanks between; all without it.
    scope: Option<String>,
}

pub async fn create(
    State(platform): State<Platform>,
    ClientIp(ip): ClientIp,
    Json(given): Json<SignIn>,
) -> Result<Response> {
    let login = required(given.login, "login")?;
    let password = required(given.password, "password")?;
    let scopes = given.scope.as_deref().map(scopes).transpose()?.unwrap_or(Scopes::ALL);
    let user = accounts::sign_in(&platform, &login, &password, ip).await?;
    let issued = tokens::issue(&platform, &user.id, scopes).await?;
    Ok((StatusCode::CREATED, axum::Json(told(&issued))).into_response())
}

/// RFC 6749, 5.1.
fn told(issued: &Issued) -> Value {
    json!({
        "access_token": issued.access_token,
        "refresh_token": issued.refresh_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "scope": issued.scopes.names().join(" "),
    })
}

/// One or more of the scopes that there are.
fn some_scopes(text: &str) -> Option<Scopes> {
    Scopes::parse(text).ok().filter(|scopes| !scopes.is_empty())
}

fn scopes(text: &str) -> Result<Scopes> {
    some_scopes(text).ok_or_else(|| {
        Problem::field(
            "scope",
            "invalid_scope",
            "Scopes are `read`, `upload`, `manage` and `admin`, with blanks between.",
        )
    })
}

/// The token endpoint of OAuth 2.0 (RFC 6749, 4.3 and 6): `grant_type` is `password` or `refresh_token`.
pub async fn grant(State(platform): State<Platform>, ClientIp(ip): ClientIp, body: String) -> Response {
    match granted(&platform, ip, &body).await {
        Ok(issued) => ([(header::CACHE_CONTROL, "no-store")], axum::Json(told(&issued))).into_response(),
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
        Some(text) => Some(
            some_scopes(text).ok_or(Refusal::Oauth("invalid_scope", "Scopes are read, upload, manage and admin."))?,
        ),
        None => None,
    };
    match form.need("grant_type")? {
        "password" => {
            let (login, password) = (form.need("username")?, form.need("password")?);
            let user = accounts::sign_in(platform, login, password, ip).await?;
            Ok(tokens::issue(platform, &user.id, scopes.unwrap_or(Scopes::ALL)).await?)
        }
        "refresh_token" => Ok(tokens::refresh(platform, form.need("refresh_token")?, scopes).await?),
        _ => Err(Refusal::Oauth("unsupported_grant_type", "grant_type is password or refresh_token.")),
    }
}

/// Signing out, for scripts (RFC 7009): whatever `token` was, it is nothing any more.
pub async fn revoke(State(platform): State<Platform>, body: String) -> Response {
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
        let body = json!({ "error": error, "error_description": description });
        (StatusCode::BAD_REQUEST, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
    }
}
