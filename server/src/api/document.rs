//! The API's document (OpenAPI 3.1): what the handlers' annotations say, and what every call of a kind has in common.

use super::codes;
use crate::conditional::tag;
use crate::media::takes_brotli;
use crate::router::AppState;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use platform::videos::Text;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use utoipa::openapi::OpenApi;

const ABOUT: &str = "What people do on Kinora's pages, for scripts.\n\n\
**Who asks** is told by a token: `Authorization: Bearer …`. Browsers that are signed in bring a cookie.\n\n\
**Long lists** come in pages: `next_cursor` of one is `cursor` of the next. Short ones come whole.\n\n\
**What goes wrong** is a problem document (RFC 9457). `code` is for programs and stays as it is, `detail` is for people, \
`field` names the input that was refused. A field that isn't known is refused, too.\n\n\
**Who edits** what others may edit sends the `ETag` that he knows as `If-Match`. Who has an answer already sends its `ETag` \
as `If-None-Match`, and gets 304.\n\n\
**Calls that make something** take an `Idempotency-Key`, unless their answer holds a secret: then there is nothing that \
could be told twice.\n\n\
**Calls are counted** by who makes them: `RateLimit` says how many are left, `Retry-After` how long to wait.";

const TAGS: [(&str, &str); 8] = [
    ("Films", "What there is to be watched, and what its owner does with it."),
    ("Uploads", "How films come here: in parts, straight to the storage."),
    ("Posters", "The picture that stands for a film."),
    ("Captions", "What is said in a film, to be read."),
    ("Share links", "For those who may watch a film that isn't for everybody."),
    ("Watching", "Views, places, and what happens to films while one waits."),
    ("Account", "Who you are here, and by what."),
    ("Administration", "What admins do."),
];

pub struct Document {
    pub(super) json: Value,
    text: Text,
    tag: HeaderValue,
}

impl Document {
    pub fn new(openapi: &OpenApi) -> Self {
        let json = assemble(serde_json::to_value(openapi).unwrap_or_default());
        let text = json.to_string();
        let tag = tag("", text.as_bytes());
        Self { json, text: Text::new(text), tag }
    }

    /// The paths of the calls that take an `Idempotency-Key`, as the router knows them below `prefix`.
    pub fn taking_keys(&self, prefix: &str) -> HashSet<String> {
        let paths = self.json["paths"].as_object().into_iter().flatten();
        let taking = paths.filter(|(_, item)| has_parameter(&item["post"], "Idempotency-Key"));
        taking.map(|(path, _)| format!("{prefix}{path}")).collect()
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let kind = HeaderValue::from_static("application/json");
        let fixed = [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::VARY, HeaderValue::from_static("Accept-Encoding")),
            (header::ETAG, self.tag.clone()),
        ];
        if takes_brotli(headers) {
            let coding = [(header::CONTENT_ENCODING, HeaderValue::from_static("br"))];
            (fixed, coding, self.text.brotli()).into_response()
        } else {
            (fixed, self.text.plain()).into_response()
        }
    }
}

pub fn routes(document: &Arc<Document>) -> Router<AppState> {
    let document = Arc::clone(document);
    let answer = move |headers: HeaderMap| async move { document.answer(&headers) };
    Router::new().route("/api/openapi.json", get(answer)).layer(from_fn(crate::conditional::unless_known))
}

fn assemble(mut json: Value) -> Value {
    json["info"] = json!({
        "title": "Kinora",
        "version": env!("CARGO_PKG_VERSION"),
        "description": ABOUT,
        "license": { "name": "Apache 2.0", "identifier": "Apache-2.0" },
    });
    json["servers"] = json!([{ "url": super::PREFIX }]);
    json["security"] = json!([{ "bearer": [] }, { "cookie": [] }]);
    json["tags"] = TAGS.iter().map(|(name, description)| json!({ "name": name, "description": description })).collect();
    for (_, item) in json["paths"].as_object_mut().into_iter().flatten() {
        for (method, call) in item.as_object_mut().into_iter().flatten() {
            complete(method, call);
        }
    }
    json["components"]["schemas"]["Problem"] = problem();
    json["components"]["headers"] = headers();
    json["components"]["securitySchemes"] = json!({
        "bearer": { "type": "http", "scheme": "bearer", "description": "An access token." },
        "cookie": {
            "type": "apiKey", "in": "cookie", "name": crate::session::COOKIE,
            "description": "A browser that is signed in. Other sites' pages can't use it.",
        },
    });
    json
}

/// Adds to a call what all calls of its kind have.
fn complete(method: &str, call: &mut Value) {
    let named = call.as_object_mut().and_then(|call| call.remove("x-problems")).unwrap_or_default();
    let mut names: BTreeSet<String> =
        named.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    names.extend(common(method, call).into_iter().map(str::to_owned));
    let mut by_status: BTreeMap<u16, BTreeMap<&str, &str>> = BTreeMap::new();
    for code in names.iter().flat_map(|name| codes::of(name)) {
        by_status.entry(code.status).or_default().insert(code.name, code.means);
    }
    let reads_again = method == "get" && call["responses"]["200"]["headers"]["ETag"].is_object();
    let Some(responses) = call["responses"].as_object_mut() else { return };
    for response in responses.values_mut() {
        response["headers"].as_object_mut().into_iter().flatten().for_each(|(name, header)| refer(name, header));
    }
    if reads_again {
        responses.insert("304".into(), json!({ "description": "It is as `If-None-Match` says." }));
    }
    for (status, codes) in by_status {
        let refusal = refusal(status, &codes);
        match responses.get_mut(&status.to_string()) {
            // OAuth has refusals of its own.
            Some(own) => {
                let mine = own["description"].as_str().unwrap_or_default();
                own["description"] =
                    format!("{mine}\n\n{}", refusal["description"].as_str().unwrap_or_default()).into();
                own["content"]["application/problem+json"] = refusal["content"]["application/problem+json"].clone();
            }
            None => drop(responses.insert(status.to_string(), refusal)),
        }
    }
    for response in responses.values_mut() {
        response["headers"]["RateLimit"] = json!({ "$ref": "#/components/headers/RateLimit" });
        response["headers"]["RateLimit-Policy"] = json!({ "$ref": "#/components/headers/RateLimit-Policy" });
    }
    if reads_again {
        let known = json!({
            "name": "If-None-Match", "in": "header", "required": false, "schema": { "type": "string" },
            "description": "The `ETag` that you know: 304 if nothing has changed.",
        });
        match call["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(known),
            None => call["parameters"] = json!([known]),
        }
    }
}

/// The codes that calls of this kind have in common.
fn common(method: &str, call: &Value) -> Vec<&'static str> {
    let mut codes = vec!["invalid_token", "too_many_requests", "internal", "unavailable"];
    let mut when = |is: bool, more: &[&'static str]| codes.extend(more.iter().filter(|_| is));
    let parameters = || call["parameters"].as_array().into_iter().flatten();
    let content = &call["requestBody"]["content"];
    when(method != "get", &["cross_site"]);
    when(call.get("security").is_none(), &["sign_in_required"]);
    let known = call["security"].as_array().is_none_or(|ways| ways.len() > 1);
    when(known, &["forbidden", "insufficient_scope", "role_may_not", "email_unconfirmed"]);
    when(parameters().any(|parameter| parameter["in"] == "path"), &["not_found"]);
    when(parameters().any(|parameter| parameter["in"] == "query"), &["malformed_query", "control_character"]);
    when(has_parameter(call, "If-Match"), &["changed_meanwhile"]);
    let keys = ["idempotency_key_in_use", "idempotency_key_invalid", "idempotency_key_reused"];
    when(has_parameter(call, "Idempotency-Key"), &keys);
    when(content.is_object(), &["body_unreadable", "body_too_slow", "body_too_large"]);
    let strict =
        ["malformed_json", "required", "unknown_field", "duplicate_field", "invalid_value", "control_character"];
    when(content["application/json"].is_object(), &strict);
    when(content["application/json"].is_object(), &["unsupported_media_type"]);
    codes
}

fn has_parameter(call: &Value, name: &str) -> bool {
    call["parameters"].as_array().is_some_and(|list| list.iter().any(|parameter| parameter["name"] == name))
}

fn refer(name: &str, header: &mut Value) {
    if headers().get(name).is_some() {
        *header = json!({ "$ref": format!("#/components/headers/{name}") });
    }
}

fn refusal(status: u16, codes: &BTreeMap<&str, &str>) -> Value {
    let names: Vec<&str> = codes.keys().copied().collect();
    let meanings: Vec<String> = codes.iter().map(|(name, means)| format!("- `{name}`: {means}")).collect();
    let problem = json!({
        "allOf": [
            { "$ref": "#/components/schemas/Problem" },
            { "properties": { "status": { "const": status }, "code": { "enum": names } } },
        ],
    });
    let mut headers = Map::new();
    if matches!(status, 429 | 503) {
        headers.insert("Retry-After".into(), json!({ "$ref": "#/components/headers/Retry-After" }));
    }
    if status == 401 {
        headers.insert("WWW-Authenticate".into(), json!({ "$ref": "#/components/headers/WWW-Authenticate" }));
    }
    json!({
        "description": meanings.join("\n"),
        "headers": headers,
        "content": { "application/problem+json": { "schema": problem } },
    })
}

fn headers() -> Value {
    let header = |about: &str, schema: Value| json!({ "description": about, "schema": schema });
    json!({
        "ETag": header("Changes with the answer; for `If-None-Match` and `If-Match`.", json!({ "type": "string" })),
        "Location": header("Where to go on.", json!({ "type": "string" })),
        "Set-Cookie": header("The session that may watch the film.", json!({ "type": "string" })),
        "Retry-After": header("Seconds.", json!({ "type": "integer", "minimum": 0 })),
        "WWW-Authenticate": header("How to say who one is.", json!({ "type": "string" })),
        "RateLimit": header(
            "`r` calls are left, and in `t` seconds all of them are again. A server counts by itself.",
            json!({ "type": "string", "examples": ["\"default\";r=2987;t=1"] }),
        ),
        "RateLimit-Policy": header(
            "`q` calls can be made in `w` seconds.",
            json!({ "type": "string", "examples": ["\"default\";q=3000;w=60"] }),
        ),
    })
}

/// RFC 9457.
fn problem() -> Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": { "type": "string", "const": "about:blank" },
            "title": text("The status in words."),
            "status": { "type": "integer" },
            "detail": text("For people."),
            "code": text("For programs."),
            "field": text("The input that was refused."),
            "errors": {
                "type": "array",
                "description": "The same, as a list.",
                "items": {
                    "type": "object",
                    "required": ["field", "code", "message"],
                    "properties": { "field": text("Its path."), "code": text("For programs."), "message": text("For people.") },
                },
            },
            "missing": {
                "type": "array",
                "items": { "type": "integer" },
                "description": "With `parts_missing`: the parts that haven't come.",
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        assemble(serde_json::to_value(super::super::calls().into_openapi()).unwrap())
    }

    fn calls(document: &Value) -> Vec<(String, Value)> {
        let paths = document["paths"].as_object().unwrap().iter();
        let calls = paths.flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, call)| (format!("{method} {path}"), call.clone()))
        });
        calls.collect()
    }

    #[test]
    fn every_call_tells_what_it_is() {
        let document = document();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let mut ids = HashSet::new();
        for (name, call) in calls(&document) {
            assert!(ids.insert(call["operationId"].to_string()), "{name}: its operation_id is another's, too");
            assert!(call["summary"].is_string(), "{name} has no doc comment");
            assert!(TAGS.iter().any(|(tag, _)| call["tags"][0] == *tag), "{name} has no tag that is known");
            assert!(
                call["responses"].as_object().unwrap().keys().any(|status| status.as_str() < "400"),
                "{name} never succeeds"
            );
            for parameter in call["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{name}: {parameter}");
            }
        }
    }

    #[test]
    fn every_code_that_is_named_is_known() {
        let openapi = serde_json::to_value(super::super::calls().into_openapi()).unwrap();
        for (name, call) in calls(&openapi) {
            for code in call["x-problems"].as_array().into_iter().flatten().map(|code| code.as_str().unwrap()) {
                assert!(codes::of(code).next().is_some(), "{name}: {code} stands in no table");
            }
        }
        assert!(!document().to_string().contains("x-problems"));
    }

    #[test]
    fn bodies_that_come_in_refuse_what_they_do_not_know() {
        let document = document();
        for (name, call) in calls(&document) {
            let Some(reference) = call["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str() else {
                assert!(
                    call["requestBody"]["content"]["application/json"].is_null(),
                    "{name} has a body without a name"
                );
                continue;
            };
            let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
            assert_eq!(schema["additionalProperties"], false, "{name}: deny_unknown_fields is missing");
        }
    }
}
