//! What the browser may load and run on our pages, and the other headers that every answer carries.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use platform::Config;
use platform::config::{Embedding, S3Config};
use std::sync::Arc;

/// For whatever isn't a page: files, JSON, pictures.
const ELSEWHERE: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'";

/// The origins that pages speak with besides their own.
#[derive(Debug, Clone)]
pub struct Csp {
    objects: Arc<str>,
    /// `cargo leptos watch` reloads pages over a WebSocket on another port.
    reload: &'static str,
}

impl Csp {
    pub fn new(config: &Config) -> Self {
        let reload = if std::env::var_os("LEPTOS_WATCH").is_some() { " ws:" } else { "" };
        let mut objects = s3_origin(&config.s3);
        if let Some(cdn) = &config.cdn {
            objects = format!("{objects} {}", cdn.url.origin().ascii_serialization());
        }
        Self { objects: objects.into(), reload }
    }

    /// The policy of a page whose scripts carry `nonce`.
    fn page(&self, nonce: &str) -> String {
        let Self { objects, reload } = self;
        format!(
            "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; worker-src 'self'; \
             style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: {objects}; media-src 'self' blob: data: {objects}; \
             connect-src 'self' {objects}{reload}; font-src 'self'; object-src 'none'; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'self'"
        )
    }

    /// The policy of a film on other sites' pages, whose scripts carry `nonce`.
    pub fn embedded(&self, nonce: &str, embedding: &Embedding) -> String {
        let objects = &self.objects;
        let ancestors = match embedding {
            Embedding::Everywhere => "*".to_owned(),
            Embedding::Origins(origins) => format!("'self' {}", origins.join(" ")),
            Embedding::Nowhere => "'none'".to_owned(),
        };
        format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; worker-src 'self'; style-src 'self'; \
             img-src 'self' data: {objects}; media-src 'self' blob: data: {objects}; connect-src 'self' {objects}; \
             base-uri 'none'; \
             form-action 'none'; frame-ancestors {ancestors}"
        )
    }

    /// To be called in the context of a page that is being rendered: its policy gets the nonce of its scripts.
    pub fn announce(&self) {
        let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
        if let Ok(policy) = HeaderValue::from_str(&self.page(&nonce)) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// Where the browser meets S3: the bucket is in the path, or in front of the host.
fn s3_origin(s3: &S3Config) -> String {
    let endpoint = s3.public_endpoint.as_ref().or(s3.endpoint.as_ref());
    let origin = match endpoint {
        Some(url) => url.origin().ascii_serialization(),
        None => format!("https://s3.{}.amazonaws.com", s3.region),
    };
    match origin.split_once("://") {
        Some((scheme, host)) if !s3.path_style => format!("{scheme}://{}.{host}", s3.bucket),
        _ => origin,
    }
}

/// Middleware for every answer.
pub async fn headers(State(private): State<&'static str>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    complete(response.headers_mut(), private);
    response
}

/// Adds what every answer carries, where it doesn't say otherwise itself.
pub fn complete(headers: &mut HeaderMap, private: &'static str) {
    let defaults: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_SECURITY_POLICY, ELSEWHERE),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::CACHE_CONTROL, private),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
