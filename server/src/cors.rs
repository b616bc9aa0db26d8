//! Which other sites' pages may call the API (`KINORA_API_CORS_ORIGINS`). Never with cookies: a page says who asks by a token,
//! which it has to have been given.

use crate::router::AppState;
use crate::session;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use platform::Config;
use platform::config::Cors;

const BELOW: &str = "/api/v1/";
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const SENT: HeaderValue =
    HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match");
const TOLD: HeaderValue = HeaderValue::from_static(
    "ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id",
);
/// Seconds for which a browser remembers that it may.
const REMEMBERED: HeaderValue = HeaderValue::from_static("600");

/// Middleware around all others: a refusal has to be readable, too.
pub async fn allow(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let cors = &state.platform.config.api.cors;
    if *cors == Cors::Nowhere || !request.uri().path().starts_with(BELOW) {
        return next.run(request).await;
    }
    let origin = request.headers().get(header::ORIGIN).cloned().and_then(|origin| allowed(cors, origin));
    let asks_first =
        *request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if asks_first { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else { return response };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    if asks_first {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, SENT);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED);
    } else {
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, TOLD);
    }
    response
}

/// Whether a request of another site's page is one that was let in, and brings no session that it could abuse.
pub fn lets_in(config: &Config, path: &str, headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).cloned();
    path.starts_with(BELOW)
        && !session::has_cookie(headers)
        && origin.and_then(|origin| allowed(&config.api.cors, origin)).is_some()
}

/// What is said to a page of that origin, if it may read answers.
fn allowed(cors: &Cors, origin: HeaderValue) -> Option<HeaderValue> {
    match cors {
        Cors::Nowhere => None,
        Cors::Everywhere => Some(HeaderValue::from_static("*")),
        Cors::Origins(origins) => origins.iter().any(|known| origin == known.as_str()).then_some(origin),
    }
}
