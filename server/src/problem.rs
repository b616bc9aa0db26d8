//! Errors as RFC 9457 problem documents. The one place where a kind of error becomes an HTTP status.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use platform::Error;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::error::Error as StdError;

/// `type` is `about:blank` (RFC 9457, 4.2.1): what programs go by is `code`.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    field: Option<Cow<'static, str>>,
    details: Option<serde_json::Value>,
    retry_after: Option<u64>,
}

pub type Result<T> = std::result::Result<T, Problem>;

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), field: None, details: None, retry_after: None }
    }

    pub fn not_found() -> Self {
        Error::NotFound.into()
    }

    /// A field that is missing, or has a value that can't be.
    pub fn field(name: impl Into<Cow<'static, str>>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { field: Some(name.into()), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail) }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (code, detail) = (error.code(), error.to_string());
        let status = match &error {
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
            Error::Forbidden { .. } => StatusCode::FORBIDDEN,
            Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Conflict { .. } | Error::Lost => StatusCode::CONFLICT,
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Underway { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Error::Unavailable(source) => {
                tracing::warn!(error = %chain(source.as_ref()), "Something the server needs can't be reached");
                StatusCode::SERVICE_UNAVAILABLE
            }
            Error::Internal(source) => {
                tracing::error!(error = %chain(source.as_ref()), "A request failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let mut problem = Self::new(status, code, detail);
        match error {
            Error::Invalid { field, .. } => problem.field = Some(field.into()),
            Error::Conflict { details, .. } => problem.details = details,
            Error::TooMany { retry_after } => problem.retry_after = Some(retry_after),
            Error::Underway { .. } | Error::Unavailable(_) => problem.retry_after = Some(2),
            _ => {}
        }
        problem
    }
}

fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = serde_json::json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
        });
        if let Some(field) = &self.field {
            body["errors"] = serde_json::json!([{ "field": field, "code": self.code, "message": self.detail }]);
            body["field"] = serde_json::json!(field);
        }
        // Extension members, as RFC 9457 has them: beside the others. None may replace one of ours.
        if let (Some(serde_json::Value::Object(details)), Some(body)) = (self.details, body.as_object_mut()) {
            for (name, value) in details {
                body.entry(name).or_insert(value);
            }
        }
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A JSON body. What isn't JSON gets 400, what is but says something else than expected 422 naming the field.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        if !is_json(request.headers()) {
            let detail = "Send the body as JSON, with Content-Type: application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is larger than 1 MB.")
            }
            _ => Problem::new(StatusCode::BAD_REQUEST, "body_unreadable", "The body could not be read."),
        })?;
        let mut json = serde_json::Deserializer::from_slice(&body);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| refuse(&error))?;
        json.end().map_err(|error| malformed(&error))?;
        Ok(Self(value))
    }
}

/// Nothing said is taken for JSON: it is what everybody sends here.
fn is_json(headers: &axum::http::HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn malformed(error: &serde_json::Error) -> Problem {
    let detail = format!("The body isn't valid JSON (line {}, column {}).", error.line(), error.column());
    Problem::new(StatusCode::BAD_REQUEST, "malformed_json", detail)
}

fn refuse(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    if !error.inner().is_data() {
        return malformed(error.inner());
    }
    let path = error.path().to_string();
    if path == "." {
        return Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_value",
            "The body isn't a JSON object as expected.",
        );
    }
    let detail = format!("`{path}` isn't of the kind that is expected here.");
    Problem::field(path, "invalid_value", detail)
}
