//! A server on a port of its own, over the services that `make test` started, and people who use it.
#![allow(dead_code)]

pub mod film;
pub mod provider;

use platform::{Config, Platform};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub const PASSWORD: &str = "correct horse battery";

pub struct Site {
    pub platform: Platform,
    pub url: String,
    shutdown: CancellationToken,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Site {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::from_env().expect("run by `make test`");
        change(&mut config);
        let platform = Platform::connect(config).await.expect("PostgreSQL is there");
        platform.storage.ensure_bucket().await.expect("S3 is there");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        tokio::spawn(server::serve(listener, platform.clone(), shutdown.clone()));
        Self { platform, url, shutdown }
    }

    pub fn anonymous(&self) -> Person {
        Person::anonymous(&self.url)
    }

    /// Somebody who isn't signed in, and keeps cookies.
    pub fn visitor(&self) -> Person {
        let client = Client::builder().cookie_store(true).redirect(redirect::Policy::none()).build().unwrap();
        Person { client, ..self.anonymous() }
    }

    pub async fn person(&self) -> Person {
        Person::sign_up(&self.url).await
    }
}

pub struct Person {
    base: String,
    client: Client,
    token: Option<String>,
    pub id: String,
    pub username: String,
}

impl Person {
    /// Somebody on the site at `base` who isn't signed in.
    pub fn anonymous(base: &str) -> Self {
        let base = base.to_owned();
        Self { base, client: client(), token: None, id: String::new(), username: String::new() }
    }

    /// Somebody new, with a token.
    pub async fn sign_up(base: &str) -> Self {
        let mut person = Self::anonymous(base);
        person.username = unique("user");
        let (username, email) = (person.username.clone(), format!("{}@example.org", person.username));
        let account = json!({ "username": username, "email": email, "password": PASSWORD });
        let account = expect(person.post("/api/v1/accounts", &account).await, StatusCode::CREATED).await;
        assert_eq!(account["username"], username);
        person.id = account["id"].as_str().unwrap().to_owned();
        let sign_in = json!({ "login": username, "password": PASSWORD });
        let token = expect(person.post("/api/v1/tokens", &sign_in).await, StatusCode::CREATED).await;
        assert_eq!(token["token_type"], "Bearer");
        assert!(token["expires_in"].as_i64().unwrap() > 0);
        person.token = Some(token["access_token"].as_str().unwrap().to_owned());
        person
    }

    pub fn token(&self) -> &str {
        self.token.as_deref().expect("somebody with a token")
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        // Each process of the tests is a client of its own to the limits.
        let request = self.client.request(method, format!("{}{path}", self.base)).header("x-forwarded-for", address());
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    pub async fn put(&self, path: &str, body: &Value) -> Response {
        self.request(Method::PUT, path).json(body).send().await.unwrap()
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Response {
        self.request(Method::PATCH, path).json(body).send().await.unwrap()
    }

    pub async fn delete(&self, path: &str) -> Response {
        self.request(Method::DELETE, path).send().await.unwrap()
    }

    /// Begins an upload: its id and its film's.
    pub async fn begin(&self, size: usize, visibility: &str) -> (String, String) {
        let asked = json!({ "file_name": "a film.mp4", "size": size, "visibility": visibility });
        let created = expect(self.post("/api/v1/uploads", &asked).await, StatusCode::CREATED).await;
        (text(&created["upload_id"]), text(&created["video_id"]))
    }

    /// Sends one part, just as the API says to.
    pub async fn send(&self, upload: &str, number: u32, bytes: Vec<u8>) {
        let asked = json!({ "parts": [{ "number": number }] });
        let signed = expect(self.post(&format!("/api/v1/uploads/{upload}/parts"), &asked).await, StatusCode::OK).await;
        let part = &signed["parts"][0];
        let mut put = client().put(part["url"].as_str().unwrap()).body(bytes);
        for (name, value) in part["headers"].as_object().unwrap() {
            put = put.header(name, value.as_str().unwrap());
        }
        let answer = put.send().await.unwrap();
        assert!(answer.status().is_success(), "S3: {}", answer.text().await.unwrap());
    }
}

/// No test waits for an answer forever: one that doesn't come is a failure that says so.
fn client() -> Client {
    Client::builder().redirect(redirect::Policy::none()).timeout(Duration::from_secs(120)).build().unwrap()
}

fn address() -> String {
    let id = std::process::id();
    format!("2001:db8:{:x}:{:x}::1", id >> 16, id & 0xFFFF)
}

/// A name that no other test and no earlier run has.
pub fn unique(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros();
    format!("{prefix}{now:x}{:x}", COUNT.fetch_add(1, Ordering::Relaxed)).chars().take(24).collect()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not text: {value}")).to_owned()
}

/// The body of an answer that has the status.
pub async fn expect(answer: Response, status: StatusCode) -> Value {
    let (got, body) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(got, status, "{body}");
    serde_json::from_str(&body).unwrap_or_else(|_| panic!("not JSON: {body}"))
}

/// A problem document of the status and code, and well formed.
pub async fn problem(answer: Response, status: u16, code: &str) -> Value {
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{}", answer.status());
    let body = expect(answer, StatusCode::from_u16(status).unwrap()).await;
    assert_eq!(body["code"], code, "{body}");
    assert_eq!(body["status"], status);
    for member in ["type", "title", "detail"] {
        assert!(body[member].is_string(), "{member} in {body}");
    }
    body
}

/// Bytes that begin as an MP4 does.
pub fn mp4(len: usize) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41".to_vec();
    bytes.resize(len, 7);
    bytes
}

/// A public film of `owner` that can be watched, without bytes.
pub async fn watchable(site: &Site, owner: &Person, title: &str, duration_ms: i64) -> String {
    let (video, build) = (unique_id(), unique_id());
    let query = sqlx::query(
        "INSERT INTO videos (id, owner_id, title, visibility, state, build_id, duration_ms, width, height, published_at)
         VALUES ($1, $2, $3, 'public', 'ready', $4, $5, 1920, 1080, now())",
    );
    let query = query.bind(&video).bind(&owner.id).bind(title).bind(&build).bind(duration_ms);
    query.execute(&site.platform.db).await.unwrap();
    let (build, video_id) = (build.parse().unwrap(), video.parse().unwrap());
    platform::db::builds::insert(&site.platform.db, &build, &video_id, domain::plan::MayCopy::ALL).await.unwrap();
    video
}

pub fn unique_id() -> String {
    let name = unique("");
    name[name.len() - domain::id::ID_LEN..].to_owned()
}
