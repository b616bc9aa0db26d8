//! What isn't as the API's document says is refused, in all of its calls alike: by a 4xx that names what is wrong, and
//! never by a 500.

mod support;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use support::{Person, Site, expect, text, unique};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A call of the document, with ids in its path that are somebody's.
struct Call {
    name: String,
    method: Method,
    path: String,
    json: Value,
    document: Value,
}

impl Call {
    async fn all(site: &Site, person: &Person) -> Vec<Call> {
        let document = expect(site.anonymous().get("/api/openapi.json").await, StatusCode::OK).await;
        let (upload, film) = person.begin(100, "private").await;
        let link = json!({ "expires": "1d" });
        let link = expect(person.post(&format!("/api/v1/videos/{film}/links"), &link).await, StatusCode::CREATED).await;
        let mut calls = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, json) in item.as_object().unwrap() {
                let id = if path.starts_with("/uploads") { &upload } else { &film };
                let filled = path.replace("{id}", id).replace("{link}", &text(&link["id"])).replace("{language}", "de");
                assert!(!filled.contains('{'), "{path}: what stands there?");
                calls.push(Call {
                    name: format!("{} {path}", method.to_uppercase()),
                    method: method.to_uppercase().parse().unwrap(),
                    path: format!("/api/v1{filled}"),
                    json: json.clone(),
                    document: document.clone(),
                });
            }
        }
        // Those that take the film away come last.
        calls.sort_by_key(|call| call.method == Method::DELETE);
        assert!(calls.len() > 25);
        calls
    }

    fn takes_json(&self) -> bool {
        self.json["requestBody"]["content"]["application/json"].is_object()
    }

    fn schema(&self) -> &Value {
        self.resolve(&self.json["requestBody"]["content"]["application/json"]["schema"])
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self.document.pointer(reference.trim_start_matches('#')).unwrap(),
            None => schema,
        }
    }

    fn required(&self) -> Vec<&str> {
        self.schema()["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect()
    }

    fn ask(&self, person: &Person) -> RequestBuilder {
        person.request(self.method.clone(), &self.path)
    }

    async fn with_body(&self, person: &Person, body: impl Into<reqwest::Body>) -> Answer {
        let asked = self.ask(person).header("content-type", "application/json").body(body);
        self.answer(asked.send().await.unwrap()).await
    }

    async fn answer(&self, answer: Response) -> Answer {
        let status = answer.status();
        assert!(!status.is_server_error(), "{}: {status}", self.name);
        let documented = self.json["responses"].get(status.as_str()).is_some();
        assert!(documented, "{}: {status} doesn't stand in the document", self.name);
        // Streams end when their clients do.
        if answer.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream") {
            return Answer { of: self.name.clone(), status, body: Value::Null };
        }
        let body = answer.text().await.unwrap();
        let body: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        if status.is_client_error() {
            assert!(body["code"].is_string() && body["detail"].is_string(), "{}: {status} {body}", self.name);
        }
        Answer { of: self.name.clone(), status, body }
    }

    /// Something that the body's schema lets through, where that takes nothing but words and numbers.
    fn good(&self) -> Value {
        let schema = self.schema();
        let fields = self.required().into_iter().map(|name| (name.to_owned(), self.value(&schema["properties"][name])));
        Value::Object(fields.collect())
    }

    fn value(&self, field: &Value) -> Value {
        let field = self.resolve(field);
        if let Some(of) = field["oneOf"].as_array() {
            return self.value(of.iter().find(|of| of["type"] != "null").unwrap());
        }
        if let Some(example) = field["examples"].get(0).or(field["enum"].get(0)) {
            return example.clone();
        }
        match self.kind(field) {
            "integer" | "number" => json!(1),
            "boolean" => json!(true),
            "array" => json!([]),
            "object" => json!({}),
            _ => json!("something that is long enough"),
        }
    }

    fn kind<'a>(&'a self, field: &'a Value) -> &'a str {
        let field = self.resolve(field);
        if let Some(of) = field["oneOf"].as_array() {
            return self.kind(of.iter().find(|of| of["type"] != "null").unwrap());
        }
        match &field["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap(),
            kind => kind.as_str().unwrap(),
        }
    }
}

struct Answer {
    of: String,
    status: StatusCode,
    body: Value,
}

impl Answer {
    #[track_caller]
    fn is(&self, status: u16, code: &str, field: Option<&str>, what: &str) {
        let got = (self.status.as_u16(), self.body["code"].as_str(), self.body["field"].as_str());
        assert_eq!(got, (status, Some(code), field), "{}, {what}: {}", self.of, self.body);
    }
}

fn with(body: &Value, name: &str, value: Value) -> String {
    let mut body = body.clone();
    body[name] = value;
    body.to_string()
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused() {
    let site = Site::start().await;
    let person = site.person().await;
    for call in Call::all(&site, &person).await.iter().filter(|call| call.takes_json()) {
        for body in ["", "{", "{}{}", "{\"a\":1,}", "\u{feff}{}", "{\"a\": NaN}", "\0"] {
            call.with_body(&person, body).await.is(400, "malformed_json", None, body);
        }
        call.with_body(&person, vec![b'{', b'"', 0xFF, b'"', b'}']).await.is(400, "malformed_json", None, "no UTF-8");
        call.with_body(&person, "[".repeat(100_000)).await.is(400, "malformed_json", None, "deep");
        for body in ["null", "7", "\"x\"", "[]", "[[]]"] {
            call.with_body(&person, body).await.is(422, "invalid_value", None, body);
        }
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
        call.with_body(&person, large).await.is(413, "body_too_large", None, "large");
        let form = call.ask(&person).header("content-type", "application/x-www-form-urlencoded").body("a=b");
        call.answer(form.send().await.unwrap()).await.is(415, "unsupported_media_type", None, "a form");
    }
}

#[tokio::test]
async fn every_field_is_held_to_its_kind() {
    let site = Site::start().await;
    let person = site.person().await;
    for call in Call::all(&site, &person).await.iter().filter(|call| call.takes_json()) {
        let good = call.good();
        for name in call.required() {
            let mut body = good.clone();
            body.as_object_mut().unwrap().remove(name);
            call.with_body(&person, body.to_string()).await.is(422, "required", Some(name), "missing");
        }
        let misspelt = with(&good, "titel", json!("x"));
        call.with_body(&person, misspelt).await.is(422, "unknown_field", Some("titel"), "misspelt");
        let proto = with(&good, "__proto__", json!({ "admin": true }));
        call.with_body(&person, proto).await.is(422, "unknown_field", Some("__proto__"), "a name of JavaScript's");
        for (name, field) in call.schema()["properties"].as_object().unwrap() {
            let kind = call.kind(field);
            let mut wrong = if kind == "object" { Vec::new() } else { vec![json!({}), json!({ "a": [1] })] };
            if kind != "array" {
                wrong.push(json!([]));
                let deep = format!("{}{}", "[".repeat(50), "]".repeat(50));
                wrong.push(serde_json::from_str(&deep).unwrap());
            }
            if kind != "string" {
                wrong.push(json!("1"));
            }
            if kind != "number" && kind != "integer" {
                wrong.push(json!(1));
            }
            if kind == "integer" {
                wrong.extend([json!(0.5), json!(1e300), json!(-1.5)]);
            }
            if kind != "boolean" {
                wrong.push(json!(true));
            }
            if call.required().contains(&name.as_str()) {
                wrong.push(Value::Null);
            }
            for value in wrong {
                let body = with(&good, name, value);
                call.with_body(&person, body.clone()).await.is(422, "invalid_value", Some(name), &body);
            }
            let value = call.value(field);
            let pair = format!("{}:{value}", json!(name));
            let doubled = format!("{{{pair},{pair}}}");
            call.with_body(&person, doubled).await.is(422, "duplicate_field", Some(name), "doubled");
            if kind == "string" {
                for nul in ["\0", "a\0b"] {
                    let body = with(&good, name, json!(nul));
                    call.with_body(&person, body).await.is(422, "control_character", Some(name), "NUL");
                }
            }
        }
    }
}

#[tokio::test]
async fn texts_of_all_lengths_and_scripts_get_an_answer() {
    let site = Site::start().await;
    let person = site.person().await;
    let odd = [
        String::new(),
        " ".to_owned(),
        "🎬👩🏽‍🚀".to_owned(),
        "\u{202e}shalom שלום".to_owned(),
        "аdmin".to_owned(),
        "a\u{300}".repeat(100),
        "\u{1}\u{7f}\u{85}".to_owned(),
        "'; DROP TABLE videos; --".to_owned(),
        "x".repeat(200_000),
    ];
    for call in Call::all(&site, &person).await.iter().filter(|call| call.takes_json()) {
        let good = call.good();
        for (name, field) in call.schema()["properties"].as_object().unwrap() {
            if call.kind(field) != "string" {
                continue;
            }
            let limit = call.resolve(field)["maxLength"].as_u64().unwrap_or(200) as usize;
            for value in odd.iter().cloned().chain(["x".repeat(limit), "x".repeat(limit + 1)]) {
                let answer = call.with_body(&person, with(&good, name, json!(value))).await;
                if answer.status == StatusCode::TOO_MANY_REQUESTS {
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn addresses_may_hold_anything() {
    let site = Site::start().await;
    let person = site.person().await;
    let odd = ["%00", "a%00b", "%FF", "%F0%9F%8E%AC", "..%2F..", "x".repeat(2000).leak(), "'%22;", "-1", "{id}"];
    for call in Call::all(&site, &person).await {
        for value in odd {
            let mut path = call.path.clone();
            for (at, piece) in call.path.split('/').enumerate().filter(|(_, piece)| piece.len() == 12 || *piece == "de")
            {
                let pieces: Vec<&str> = call.path.split('/').collect();
                let mut pieces = pieces.clone();
                assert_eq!(pieces[at], piece);
                pieces[at] = value;
                path = pieces.join("/");
                let mut asked = person.request(call.method.clone(), &path);
                if call.takes_json() {
                    asked = asked.json(&call.good());
                }
                let answer = asked.send().await.unwrap();
                let status = answer.status();
                assert!(
                    status.is_client_error() && answer.headers()["content-type"] == "application/problem+json",
                    "{} {path}: {status}",
                    call.name
                );
            }
            let separator = if path.contains('?') { '&' } else { '?' };
            for parameter in call.json["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query") {
                let name = parameter["name"].as_str().unwrap();
                for query in [format!("{name}={value}"), format!("{name}={value}&{name}={value}"), "%".to_owned()] {
                    let asked = person.request(call.method.clone(), &format!("{}{separator}{query}", call.path));
                    call.answer(asked.send().await.unwrap()).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn headers_may_hold_anything() {
    let site = Site::start().await;
    let person = site.person().await;
    let (_, film) = person.begin(100, "private").await;
    let path = format!("/api/v1/videos/{film}");
    for (name, value, status) in [
        ("if-match", "\"", 412),
        ("if-match", "W/", 412),
        ("if-none-match", "\"\"\",", 200),
        ("if-none-match", "*", 304),
        ("authorization", "Bearer", 200),
        ("authorization", "Bearer kin_\u{1}", 401),
        ("cookie", "kinora_session=%00%FF; ;;=", 200),
        ("range", "bytes=5-1", 200),
        ("accept", "nonsense", 200),
        ("accept-encoding", "br;q=x", 200),
        ("x-forwarded-for", "nonsense, \u{7f}", 200),
        ("x-request-id", "'; DROP TABLE videos", 200),
    ] {
        let method = if name == "if-match" { Method::PATCH } else { Method::GET };
        let Ok(value) = reqwest::header::HeaderValue::from_bytes(value.as_bytes()) else { continue };
        let mut asked = person.request(method.clone(), &path).header(name, value.clone());
        if method == Method::PATCH {
            asked = asked.json(&json!({}));
        }
        let mut asked = asked.build().unwrap();
        asked.headers_mut().insert(name, value.clone());
        let answer = reqwest::Client::new().execute(asked).await.unwrap().status();
        // Who isn't known any more by his header sees as much as a stranger.
        assert!(answer == status || (name == "authorization" && answer == 404), "{name}: {value:?}: {answer}");
    }
}

#[tokio::test]
async fn server_functions_know_no_nul_either() {
    let site = Site::start().await;
    let page = site.anonymous().get("/signin").await;
    assert_eq!(page.status(), StatusCode::OK);
    let name = unique("n");
    let bodies = [
        ("sign_in", json!({ "login": "a\0b", "password": "a\0b" })),
        ("sign_up", json!({ "username": "a\0b", "email": "a\0b@example.org", "password": "long enough\0" })),
        ("sign_up", json!({ "username": name, "email": format!("{name}\0@example.org"), "password": "long enough" })),
        ("films", json!({ "query": "a\0b", "cursor": "n.1.a\0" })),
    ];
    for (function, body) in bodies {
        let Some(path) = server_function(function) else { panic!("{function} isn't there") };
        let answer = site.anonymous().post(&path, &body).await;
        assert!(!answer.status().is_server_error(), "{function}: {}", answer.status());
    }
}

/// Its address, which ends in a hash.
fn server_function(name: &str) -> Option<String> {
    let mut paths = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned());
    paths.find(|path| path.trim_start_matches("/api/").trim_end_matches(|c: char| c.is_ascii_digit()) == name)
}

async fn spoken(site: &Site, head: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(site.url.trim_start_matches("http://")).await.unwrap();
    // The answer may come, and the connection end, before all is written.
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = vec![0; 64];
    let read = stream.read(&mut answer).await.unwrap_or(0);
    (stream, String::from_utf8_lossy(&answer[..read]).into_owned())
}

#[tokio::test]
async fn heads_that_are_too_large_or_no_http_are_refused() {
    let site = Site::start().await;
    let large = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "x".repeat(64 << 10));
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(1000));
    for head in [large, many] {
        let (_, answer) = spoken(&site, &head).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    let (_, answer) = spoken(&site, "\u{16}\u{3}\u{1} no HTTP\r\n\r\n").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(site.anonymous().get("/healthz").await.status(), StatusCode::OK);
}

/// Half a minute each, side by side.
#[tokio::test]
async fn who_sends_slowly_is_not_waited_for() {
    let site = Site::start().await;
    let head =
        "POST /api/v1/tokens HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{";
    let silent = async {
        let mut stream = TcpStream::connect(site.url.trim_start_matches("http://")).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost").await.unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        String::from_utf8_lossy(&rest).into_owned()
    };
    let (head_answer, (_, body_answer)) = tokio::join!(silent, spoken(&site, head));
    assert!(head_answer.is_empty() || head_answer.starts_with("HTTP/1.1 408"), "{head_answer}");
    assert!(body_answer.starts_with("HTTP/1.1 408"), "{body_answer}");
}
