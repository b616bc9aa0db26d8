//! What every answer carries besides its content.

use crate::csp;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use platform::Config;

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
pub const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// Of what other sites' pages may show, play or read: films that are embedded, playlists, posters, feeds. Everything else
/// is for our own pages.
pub const FOR_OTHER_SITES: (HeaderName, HeaderValue) = (RESOURCE, HeaderValue::from_static("cross-origin"));

/// What our own pages may use.
const OF_PAGES: HeaderValue = HeaderValue::from_static(concat!(
    "autoplay=(self), clipboard-write=(self), fullscreen=(self), picture-in-picture=(self), screen-wake-lock=(self), ",
    "publickey-credentials-create=(self), publickey-credentials-get=(self), ",
    "accelerometer=(), browsing-topics=(), camera=(), clipboard-read=(), display-capture=(), \
     encrypted-media=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), \
     idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), otp-credentials=(), payment=(), \
     serial=(), storage-access=(), sync-xhr=(), usb=(), window-management=(), xr-spatial-tracking=()"
));

/// What a film on another site's page may use, if that page lets it.
pub const OF_EMBEDS: HeaderValue = HeaderValue::from_static(
    "autoplay=(self), fullscreen=(self), picture-in-picture=(self), \
     accelerometer=(), browsing-topics=(), camera=(), clipboard-read=(), clipboard-write=(), \
     display-capture=(), encrypted-media=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), \
     identity-credentials-get=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), \
     otp-credentials=(), payment=(), publickey-credentials-create=(), publickey-credentials-get=(), \
     screen-wake-lock=(), serial=(), storage-access=(), sync-xhr=(), usb=(), window-management=(), \
     xr-spatial-tracking=()",
);

/// A year, and whatever lies below the site's name.
const TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// What answers carry where they don't say otherwise themselves.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// Who may keep them.
    cache: HeaderValue,
    /// Told on a site of https: it is never asked without it.
    is_https: bool,
}

impl Defaults {
    pub fn new(config: &Config, cache: &'static str) -> Self {
        Self { cache: HeaderValue::from_static(cache), is_https: config.is_https() }
    }

    pub fn complete(&self, response: &mut Response) {
        // A browser goes by what came with the content, and takes over what it is told about it later.
        let is_known = response.status() == StatusCode::NOT_MODIFIED;
        let headers = response.headers_mut();
        let kind = headers.get(header::CONTENT_TYPE);
        let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let defaults = [
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
            (OPENER, HeaderValue::from_static("same-origin")),
            (RESOURCE, HeaderValue::from_static("same-origin")),
            (header::CACHE_CONTROL, self.cache.clone()),
        ];
        for (name, value) in defaults {
            headers.entry(name).or_insert(value);
        }
        if self.is_https {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, TRANSPORT);
        }
        if !is_known {
            let policy = if is_page { csp::WORDS } else { csp::ELSEWHERE };
            headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
        }
        // Only a page has something to use it with.
        if is_page {
            headers.entry(PERMISSIONS).or_insert(OF_PAGES);
        }
    }
}

/// Middleware for every answer.
pub async fn complete(State(defaults): State<Defaults>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    defaults.complete(&mut response);
    response
}
