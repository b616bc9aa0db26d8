//! ETags: an answer that its reader has already isn't sent again (If-None-Match), and an edit of what has changed
//! meanwhile isn't made (If-Match). RFC 9110, 8.8.3 and 13.
//!
//! A tag is the version of what its owner can change, a dot, and a digest of the whole answer. An edit is held to the
//! version alone: that a film is processed meanwhile is no reason to refuse its new title.

use crate::problem::Problem;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use platform::videos::Meant;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A resource as JSON, with its tag.
pub struct Tagged<T> {
    version: i64,
    status: StatusCode,
    body: T,
}

impl<T> Tagged<T> {
    /// Something that isn't edited.
    pub fn of(body: T) -> Self {
        Self::version(0, body)
    }

    pub fn version(version: i64, body: T) -> Self {
        Self { version, status: StatusCode::OK, body }
    }

    pub fn accepted(self) -> Self {
        Self { status: StatusCode::ACCEPTED, ..self }
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let body = match serde_json::to_vec(&self.body) {
            Ok(body) => body,
            Err(error) => return Problem::from(platform::Error::internal(error)).into_response(),
        };
        let tag = tag(&format!("{}.", self.version), &body);
        let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json")), (header::ETAG, tag)];
        (self.status, headers, body).into_response()
    }
}

/// A tag of `version` and content.
pub fn tag(version: &str, content: &[u8]) -> HeaderValue {
    let digest: String = Sha256::digest(content)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("\"{version}{digest}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Middleware: 304 to whoever has the answer already.
pub async fn unless_known(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known: Vec<String> = if reads { tags(request.headers(), header::IF_NONE_MATCH) } else { Vec::new() };
    let mut response = next.run(request).await;
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(opaque);
    let is_known = tag.is_some_and(|tag| known.iter().any(|known| known == "*" || known == tag));
    if response.status() != StatusCode::OK || !is_known {
        return response;
    }
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = axum::body::Body::empty();
    response.headers_mut().remove(header::CONTENT_TYPE);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

/// What `If-Match` says: the version that an edit is meant for.
pub struct IfMatch(pub Meant);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let tags = tags(&parts.headers, header::IF_MATCH);
        if !parts.headers.contains_key(header::IF_MATCH) || tags.iter().any(|tag| tag == "*") {
            return Ok(Self(Meant::ANY));
        }
        let versions = tags.iter().filter_map(|tag| tag.trim_matches('"').split_once('.')?.0.parse().ok());
        Ok(Self(Meant::only(versions.collect())))
    }
}

/// The tags of a header that lists them, each in its quotes. A proxy that compresses makes tags weak; they are ours still.
fn tags(headers: &HeaderMap, name: header::HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|tag| opaque(tag.trim()).to_owned()).collect()
}

fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    async fn meant(value: Option<&'static str>) -> Meant {
        let mut request = Request::new(());
        if let Some(value) = value {
            request.headers_mut().insert(header::IF_MATCH, HeaderValue::from_static(value));
        }
        IfMatch::from_request_parts(&mut request.into_parts().0, &()).await.unwrap_or_else(|_| unreachable!()).0
    }

    #[tokio::test]
    async fn an_edit_is_held_to_the_versions_of_the_tags_that_it_names() {
        assert_eq!(meant(None).await, Meant::ANY);
        assert_eq!(meant(Some("*")).await, Meant::ANY);
        assert_eq!(meant(Some("\"7.0123456789abcdef\"")).await, Meant::only(vec![7]));
        assert_eq!(meant(Some("\"7.01\", W/\"8.23\"")).await, Meant::only(vec![7, 8]));
        // What is no tag of ours matches nothing.
        assert_eq!(meant(Some("\"abc\"")).await, Meant::only(vec![]));
        assert_eq!(meant(Some("")).await, Meant::only(vec![]));
    }
}
