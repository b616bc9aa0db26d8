//! `Idempotency-Key`: who repeats a call gets the answer that it had (draft-ietf-httpapi-idempotency-key-header).

use crate::json;
use crate::problem::{Problem, Result};
use app::server::Viewer;
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::id::UserId;
use platform::idempotency::{self, Call};
use platform::{Error, Platform};
use std::collections::HashSet;
use std::sync::Arc;
use tracing::Instrument;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Bytes of an answer: a film's or an upload's.
const LARGEST_ANSWER: usize = 1 << 20;

/// The calls that take a key.
pub struct Calls {
    platform: Platform,
    paths: HashSet<String>,
}

impl Calls {
    pub fn new(platform: &Platform, paths: HashSet<String>) -> Self {
        Self { platform: platform.clone(), paths }
    }

    /// Who makes the call, if it is one of these and brings a key.
    fn maker(&self, request: &Request) -> Option<UserId> {
        let path = request.extensions().get::<MatchedPath>()?;
        if *request.method() != Method::POST
            || !self.paths.contains(path.as_str())
            || !request.headers().contains_key(KEY)
        {
            return None;
        }
        request.extensions().get::<Viewer>()?.actor.user().cloned()
    }
}

/// Middleware. Only what went well is kept: what was refused may be tried again with the same key.
pub async fn hold(State(calls): State<Arc<Calls>>, request: Request, next: Next) -> Response {
    match calls.maker(&request) {
        Some(user) => answer(&calls.platform, user, request, next).await.unwrap_or_else(Problem::into_response),
        None => next.run(request).await,
    }
}

async fn answer(platform: &Platform, user: UserId, request: Request, next: Next) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let body = json::body(Request::from_parts(parts.clone(), body), &()).await?;
    let key = parts.headers.get(KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
    let (method, path) = (parts.method.as_str().as_bytes(), parts.uri.path().as_bytes());
    let held = match idempotency::begin(platform, &user, key, &[method, path, &body]).await? {
        Call::Make(held) => held,
        Call::Made(status, body) => return Ok(replayed(status, body)),
    };
    // It goes on when nobody waits for it any more: that is when it will be repeated.
    let platform = platform.clone();
    let made = async move {
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        if !response.status().is_success() {
            idempotency::release(&platform, &held).await?;
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, LARGEST_ANSWER).await.map_err(Error::internal)?;
        idempotency::keep(&platform, &held, parts.status.as_u16(), &body).await?;
        Ok(Response::from_parts(parts, Body::from(body)))
    };
    tokio::spawn(made.in_current_span()).await.map_err(Error::internal)?
}

fn replayed(status: u16, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (REPLAYED, HeaderValue::from_static("true")),
    ];
    (status, headers, body).into_response()
}
