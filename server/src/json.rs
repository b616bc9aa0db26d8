//! JSON bodies, read strictly: what was misspelt, doubled or is of another kind is refused, and the field named.

mod tree;

use crate::connections::is_late;
use crate::problem::{Problem, Result};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use tree::{Refusal, Tree};

/// A JSON body. What isn't JSON gets 400, what is but says something else than expected 422 naming the field.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        if !is_json(request.headers()) {
            let detail = "Send the body as JSON, with Content-Type: application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
        }
        Ok(Self(read(&body(request, state).await?)?))
    }
}

/// All of a body.
pub async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is larger than 1 MB.")
        }
        _ if is_late(&rejection) => {
            let detail = "The body didn't come within half a minute.";
            Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail)
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "body_unreadable", "The body could not be read."),
    })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    let tree: Tree = serde_json::from_slice(body).map_err(|error| {
        let detail = format!("The body isn't valid JSON (line {}, column {}).", error.line(), error.column());
        Problem::new(StatusCode::BAD_REQUEST, "malformed_json", detail)
    })?;
    serde_path_to_error::deserialize(tree).map_err(|error| {
        let path = error.path().to_string();
        refuse(&path, error.into_inner())
    })
}

fn refuse(path: &str, refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Missing(name) => Problem::missing(within(path, name)),
        Refusal::Unknown(name) => {
            let field = within(path, &name);
            let detail = format!("There is no `{field}` here. Is it misspelt?");
            Problem::field(field, "unknown_field", detail)
        }
        Refusal::Duplicate(name) => {
            let field = within(path, name);
            let detail = format!("`{field}` stands there more than once.");
            Problem::field(field, "duplicate_field", detail)
        }
        Refusal::Nul if path != "." => {
            Problem::field(path.to_owned(), "control_character", format!("`{path}` has a NUL character in it."))
        }
        Refusal::Word(expected) => {
            let words: Vec<String> = expected.iter().map(|word| format!("`{word}`")).collect();
            let detail = format!("`{path}` is one of {}.", words.join(", "));
            Problem::field(path.to_owned(), "invalid_value", detail)
        }
        _ if path == "." => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", "The body isn't a JSON object as expected.")
        }
        _ => {
            let detail = format!("`{path}` isn't of the kind that is expected here.");
            Problem::field(path.to_owned(), "invalid_value", detail)
        }
    }
}

/// The path of a field of what stands at `path`; which may be the field's own already.
fn within(path: &str, name: &str) -> String {
    match path {
        "." => name.to_owned(),
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// Nothing said is taken for JSON: it is what everybody sends here.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use domain::upload::Checksum;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Film {
        title: String,
        size: Option<u64>,
        seconds: Option<f64>,
        checksum: Option<Checksum>,
        parts: Option<Vec<Part>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        number: u32,
    }

    /// The status, the code and the field of a body's refusal.
    async fn refused(body: &str) -> (u16, String, Option<String>) {
        let answer = read::<Film>(body.as_bytes()).expect_err(body).into_response();
        let status = answer.status().as_u16();
        let bytes = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        let said: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        (status, said["code"].as_str().unwrap().to_owned(), said["field"].as_str().map(str::to_owned))
    }

    #[test]
    fn what_is_meant_is_read() {
        let film: Film =
            read(br#"{"title":"a","size":10.0,"seconds":1,"checksum":"SHA256","parts":[{"number":1}]}"#).unwrap();
        assert_eq!((film.size, film.seconds, film.checksum), (Some(10), Some(1.0), Some(Checksum::Sha256)));
        assert_eq!(film.parts, Some(vec![Part { number: 1 }]));
        let bare: Film = read(br#"{"title":"","size":null}"#).unwrap();
        assert_eq!((bare.title.as_str(), bare.size), ("", None));
    }

    #[tokio::test]
    async fn what_is_not_is_refused_by_its_name() {
        let deep = format!("{{\"title\":{}1{}}}", "[".repeat(50), "]".repeat(50));
        for (body, status, code, field) in [
            ("{", 400, "malformed_json", None),
            (r#"{"title":"a"} x"#, 400, "malformed_json", None),
            (r#"{"title":"\ud800"}"#, 400, "malformed_json", None),
            ("[]", 422, "invalid_value", None),
            ("{}", 422, "required", Some("title")),
            (r#"{"title":null}"#, 422, "invalid_value", Some("title")),
            (r#"{"title":7}"#, 422, "invalid_value", Some("title")),
            (&deep, 422, "invalid_value", Some("title")),
            (r#"{"title":"a","titel":"b"}"#, 422, "unknown_field", Some("titel")),
            (r#"{"title":"a","title":"b"}"#, 422, "duplicate_field", Some("title")),
            (r#"{"title":"a\u0000b"}"#, 422, "control_character", Some("title")),
            (r#"{"title":"a","size":-1}"#, 422, "invalid_value", Some("size")),
            (r#"{"title":"a","size":1.5}"#, 422, "invalid_value", Some("size")),
            (r#"{"title":"a","size":1e300}"#, 422, "invalid_value", Some("size")),
            (r#"{"title":"a","checksum":"MD5"}"#, 422, "invalid_value", Some("checksum")),
            (r#"{"title":"a","parts":[{"number":1},{}]}"#, 422, "required", Some("parts[1].number")),
            (r#"{"title":"a","parts":[{"number":1,"numbre":1}]}"#, 422, "unknown_field", Some("parts[0].numbre")),
            (r#"{"title":"a","parts":[{"number":"1"}]}"#, 422, "invalid_value", Some("parts[0].number")),
        ] {
            let expected = (status, code.to_owned(), field.map(str::to_owned));
            assert_eq!(refused(body).await, expected, "{body}");
        }
        assert_eq!(refused(&"[".repeat(10_000)).await.0, 400);
    }
}
