//! Errors as RFC 9457 problem documents. The one place where a kind of error becomes an HTTP status.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::Error;
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

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn not_found() -> Self {
        Error::NotFound.into()
    }

    /// A field that is missing, or has a value that can't be.
    pub fn field(name: impl Into<Cow<'static, str>>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { field: Some(name.into()), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail) }
    }

    pub fn missing(name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        let detail = format!("`{name}` is missing.");
        Self::field(name, "required", detail)
    }

    /// What is behind the `?` of an address.
    pub fn query() -> Self {
        let detail = "The part of the address behind `?` can't be read.";
        Self::new(StatusCode::BAD_REQUEST, "malformed_query", detail)
    }

    /// Seconds until the same may go well.
    pub fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
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
            Error::Changed => StatusCode::PRECONDITION_FAILED,
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
