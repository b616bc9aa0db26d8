//! The REST API: what people do on pages, for scripts. Each handler reads its input, calls one use case, and answers.
//!
//! A new call is a handler with `#[utoipa::path(…)]` and a line in [`calls`]; router and document come from the same. What
//! it says of itself:
//! - its first doc line is its name in the document, what follows tells more; `operation_id` is its name for programs;
//! - bodies are structs with `ToSchema`, those that come in with `deny_unknown_fields`, and read by [`crate::json::Json`];
//!   what stands in the address by [`crate::address`];
//! - without `security` it is for people with an account, which [`guard`] sees to; `security(())` is for all, `security((), ("bearer" = []),
//!   ("cookie" = []))` for all, and answers differently to who is known;
//! - `x-problems` names the codes of its own, which stand in [`codes`]; what all calls of its kind can be refused for is
//!   added by [`document`];
//! - `IdempotencyKey` among its `params` makes it take one (see [`crate::idempotency`]); `IfMatchParam` says that it takes
//!   [`crate::conditional::IfMatch`].

mod account;
mod accounts;
mod admin;
mod captions;
mod codes;
mod document;
mod factors;
mod guard;
mod identities;
mod mail;
mod originals;
mod page;
mod posters;
mod sharing;
mod tokens;
mod uploads;
mod videos;
mod watching;

use crate::address::said;
use crate::limits::{self, Limits};
use crate::problem::{Problem, Result};
use crate::router::AppState;
use crate::{conditional, events, idempotency, viewer};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use document::Document;
use domain::page::Page;
use domain::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::openapi::OpenApi;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PREFIX: &str = "/api/v1";

/// All calls, as they are found below `/api/v1`.
fn calls() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(OpenApi::default())
        .routes(routes!(accounts::create))
        .routes(routes!(tokens::create))
        .routes(routes!(tokens::grant))
        .routes(routes!(tokens::revoke))
        .routes(routes!(account::show))
        .routes(routes!(account::sessions, account::end_sessions))
        .routes(routes!(account::end_session))
        .routes(routes!(account::tokens, account::create_token))
        .routes(routes!(account::withdraw_token))
        .routes(routes!(account::log))
        .routes(routes!(identities::list))
        .routes(routes!(identities::unlink))
        .routes(routes!(identities::providers))
        .routes(routes!(mail::change_password))
        .routes(routes!(mail::forgot_password))
        .routes(routes!(mail::reset_password))
        .routes(routes!(mail::change_email))
        .routes(routes!(mail::send_again))
        .routes(routes!(mail::confirm_email))
        .routes(routes!(factors::show))
        .routes(routes!(factors::begin, factors::confirm, factors::disable))
        .routes(routes!(factors::renew_recovery))
        .routes(routes!(factors::begin_passkey))
        .routes(routes!(factors::add_passkey))
        .routes(routes!(factors::remove_passkey))
        .routes(routes!(admin::people))
        .routes(routes!(admin::change))
        .routes(routes!(admin::invitations, admin::invite))
        .routes(routes!(admin::withdraw_invitation))
        .routes(routes!(admin::log))
        .routes(routes!(uploads::list, uploads::create))
        .routes(routes!(uploads::show, uploads::abort))
        .routes(routes!(uploads::sign_parts))
        .routes(routes!(uploads::complete))
        .routes(routes!(videos::list))
        .routes(routes!(videos::show, videos::edit, videos::delete))
        .routes(routes!(videos::restore))
        .routes(routes!(videos::reprocess))
        .routes(routes!(originals::download))
        .routes(routes!(posters::choose, posters::choose_none))
        .routes(routes!(posters::send))
        .routes(routes!(captions::list))
        .routes(routes!(captions::read, captions::preview))
        .routes(routes!(captions::put, captions::rename, captions::delete))
        .routes(routes!(sharing::list, sharing::create))
        .routes(routes!(sharing::withdraw))
        .routes(routes!(sharing::unlock))
        .routes(routes!(watching::view))
        .routes(routes!(watching::keep_position))
        .routes(routes!(events::follow))
        .routes(routes!(events::follow_all))
}

/// The calls, the document that tells of them, and the page that shows it.
pub fn routes(state: &AppState) -> Router<AppState> {
    let (calls, openapi) = calls().split_for_parts();
    let document = Arc::new(Document::new(&openapi));
    let held = idempotency::Calls::new(&state.platform, document.taking_keys(PREFIX));
    let guard = guard::Guard::new(&document);
    let limits = Limits::new(state.platform.config.api.rate);
    let calls = calls
        .fallback(viewer::no_such_call)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(Arc::new(held), idempotency::hold))
        .layer(from_fn(conditional::unless_known))
        .layer(from_fn_with_state(Arc::new(guard), guard::hold))
        .layer(from_fn_with_state(Arc::new(limits), limits::count))
        .layer(from_fn(never_stored))
        .layer(DefaultBodyLimit::max(crate::router::BODY_LIMIT));
    Router::new()
        .nest(PREFIX, calls)
        .merge(document::routes(&document))
        .merge(page::routes(&document, &state.platform.config))
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

/// All of a short list.
#[derive(Serialize, ToSchema)]
struct Items<T> {
    items: Vec<T>,
}

impl<T> FromIterator<T> for Items<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self { items: items.into_iter().collect() }
    }
}

/// A page of a long one.
#[derive(Serialize, ToSchema)]
struct PageOf<T> {
    items: Vec<T>,
    /// To be given back as `cursor`; null at the end.
    next_cursor: Option<String>,
}

impl<T> PageOf<T> {
    fn of<U: Into<T>>(page: Page<U>) -> Self {
        Self { items: page.items.into_iter().map(Into::into).collect(), next_cursor: page.next_cursor }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PageAsked {
    /// `next_cursor` of the page before.
    #[param(value_type = String, required = false)]
    cursor: Option<String>,
    /// Entries on a page.
    #[param(value_type = u32, minimum = 1, maximum = 100, default = 24, required = false)]
    limit: Option<String>,
}

fn limit(asked: &Option<String>) -> Result<Option<u32>> {
    let number = |text: &str| text.parse().ok().filter(|limit| *limit > 0);
    let refused = || Problem::field("limit", "limit_invalid", "`limit` is a number from 1 on.");
    said(asked).map(|text| number(text).ok_or_else(refused)).transpose()
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "what crate::conditional reads, for the document")]
struct IfMatchParam {
    /// The film's `ETag` as you know it: refused with 412 if its owner has changed it meanwhile.
    #[param(rename = "If-Match", value_type = String, required = false)]
    if_match: (),
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "what crate::idempotency reads, for the document")]
struct IdempotencyKey {
    /// Made up at random for this call: who repeats it within a day, because its answer got lost, gets that answer.
    #[param(rename = "Idempotency-Key", value_type = String, required = false, pattern = "^[!-~]{1,255}$")]
    idempotency_key: (),
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
