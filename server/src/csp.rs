//! What the browser may load and run on our pages. No policy lets inline scripts or styles pass: a script needs the nonce of
//! its page, and what changes about an element's look is set as a property, which no policy is asked about.

use axum::http::{HeaderValue, header};
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use platform::Config;
use platform::config::{Embedding, S3Config};
use std::sync::Arc;

/// For whatever isn't a page: files, JSON, pictures.
pub const ELSEWHERE: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For a page that brings none: words and our styles, and nothing else.
pub const WORDS: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The origins that pages speak with besides their own.
#[derive(Debug, Clone)]
pub struct Csp {
    objects: Arc<str>,
    /// `cargo leptos watch` reloads pages over a WebSocket on another port.
    reload: &'static str,
    /// On a site of https nothing is asked for without it.
    upgrade: &'static str,
}

impl Csp {
    pub fn new(config: &Config) -> Self {
        let reload = if std::env::var_os("LEPTOS_WATCH").is_some() { " ws:" } else { "" };
        let upgrade = if config.is_https() { "; upgrade-insecure-requests" } else { "" };
        let mut objects = s3_origin(&config.s3);
        if let Some(cdn) = &config.cdn {
            objects = format!("{objects} {}", cdn.url.origin().ascii_serialization());
        }
        Self { objects: objects.into(), reload, upgrade }
    }

    /// The policy of a page whose scripts carry `nonce`.
    fn page(&self, nonce: &str) -> String {
        let Self { objects, reload, upgrade } = self;
        format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; worker-src 'self'; \
             style-src 'self'; img-src 'self' data: blob: {objects}; media-src 'self' blob: data: {objects}; \
             connect-src 'self' {objects}{reload}; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'{upgrade}"
        )
    }

    /// The policy of a film on other sites' pages, whose scripts carry `nonce`.
    pub fn embedded(&self, nonce: &str, embedding: &Embedding) -> String {
        let Self { objects, upgrade, .. } = self;
        let ancestors = match embedding {
            Embedding::Everywhere => "*".to_owned(),
            Embedding::Origins(origins) => format!("'self' {}", origins.join(" ")),
            Embedding::Nowhere => "'none'".to_owned(),
        };
        format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; worker-src 'self'; style-src 'self'; \
             img-src 'self' data: {objects}; media-src 'self' blob: data: {objects}; connect-src 'self' {objects}; \
             base-uri 'none'; form-action 'none'{upgrade}; frame-ancestors {ancestors}"
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
