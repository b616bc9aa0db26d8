//! The REST API: what people do on pages, for scripts. Each handler reads its input, calls one use case, and answers.

mod account;
mod accounts;
mod admin;
mod captions;
mod mail;
mod originals;
mod posters;
mod sharing;
mod tokens;
mod uploads;
mod videos;
mod watching;

use crate::problem::{Problem, Result};
use crate::router::AppState;
use crate::{events, viewer};
use axum::Router;
use axum::extract::{FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{delete, get, patch, post, put};
use domain::time::UnixMillis;
use std::collections::HashMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Below `/api/v1`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/accounts", post(accounts::create))
        .route("/account/password", post(mail::change_password))
        .route("/account/password/forgot", post(mail::forgot_password))
        .route("/account/password/reset", post(mail::reset_password))
        .route("/account/email", post(mail::change_email))
        .route("/account/email/verification", post(mail::send_again))
        .route("/account/email/confirm", post(mail::confirm_email))
        .route("/tokens", post(tokens::create))
        .route("/oauth/token", post(tokens::grant))
        .route("/oauth/revoke", post(tokens::revoke))
        .route("/account", get(account::show))
        .route("/account/sessions", get(account::sessions).delete(account::end_sessions))
        .route("/account/sessions/{id}", delete(account::end_session))
        .route("/account/tokens", get(account::tokens).post(account::create_token))
        .route("/account/tokens/{id}", delete(account::withdraw_token))
        .route("/account/log", get(account::log))
        .route("/people", get(admin::people))
        .route("/people/{id}", patch(admin::change))
        .route("/invitations", get(admin::invitations).post(admin::invite))
        .route("/invitations/{id}", delete(admin::withdraw_invitation))
        .route("/audit", get(admin::log))
        .route("/uploads", get(uploads::list).post(uploads::create))
        .route("/uploads/{id}", get(uploads::show).delete(uploads::abort))
        .route("/uploads/{id}/parts", post(uploads::sign_parts))
        .route("/uploads/{id}/complete", post(uploads::complete))
        .route("/videos", get(videos::list))
        .route("/videos/{id}", get(videos::show).patch(videos::edit).delete(videos::delete))
        .route("/videos/{id}/poster", put(posters::choose).delete(posters::choose_none))
        .route("/videos/{id}/poster/pictures", post(posters::send))
        .route("/videos/{id}/captions", get(captions::list))
        .route("/videos/{id}/captions/preview", post(captions::preview))
        .route("/videos/{id}/captions/{language}", put(captions::put).patch(captions::rename).delete(captions::delete))
        .route("/videos/{id}/reprocess", post(videos::reprocess))
        .route("/videos/{id}/unlock", post(sharing::unlock))
        .route("/videos/{id}/links", get(sharing::list).post(sharing::create))
        .route("/videos/{id}/links/{link}", delete(sharing::withdraw))
        .route("/videos/{id}/events", get(events::follow))
        .route("/events", get(events::follow_all))
        .route("/videos/{id}/original", get(originals::download))
        .route("/videos/{id}/views", post(watching::view))
        .route("/videos/{id}/position", put(watching::keep_position))
        .fallback(viewer::no_such_call)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(never_stored))
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This can't be done here by this method.")
}

/// Answers differ by who asks, and some hold tokens and signed URLs.
async fn never_stored(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    response
}

/// The query of a list: `q`, `cursor` and `limit`; an empty one counts as none.
struct Listing(HashMap<String, String>);

impl Listing {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn limit(&self) -> Result<Option<u32>> {
        self.text("limit")
            .map(|limit| limit.parse::<u32>().ok().filter(|limit| *limit > 0))
            .map(|limit| {
                limit.ok_or_else(|| Problem::field("limit", "invalid_limit", "`limit` is a number from 1 on."))
            })
            .transpose()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Listing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let query = Query::<HashMap<String, String>>::from_request_parts(parts, state).await;
        query.map(|Query(query)| Self(query)).map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "malformed_query",
                "The part of the address behind `?` can't be read.",
            )
        })
    }
}

/// A field that has to be there.
fn required<T>(value: Option<T>, name: &'static str) -> Result<T> {
    value.ok_or_else(|| Problem::field(name, "required", format!("`{name}` is missing.")))
}

fn rfc3339(instant: UnixMillis) -> Option<String> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(instant.0) * 1_000_000).ok()?.format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::rfc3339;
    use domain::time::UnixMillis;

    #[test]
    fn instants_are_rfc_3339_in_utc() {
        assert_eq!(rfc3339(UnixMillis(1_000)).as_deref(), Some("1970-01-01T00:00:01Z"));
        assert_eq!(rfc3339(UnixMillis(1_500)).as_deref(), Some("1970-01-01T00:00:01.5Z"));
        assert_eq!(rfc3339(UnixMillis(i64::MAX)), None);
    }
}
