//! The session layer: a cookie that scripts can't read, and PostgreSQL behind it.

use axum::http::HeaderMap;
use platform::{Platform, sessions};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

pub const COOKIE: &str = "kinora_session";

/// Unix seconds of the last time that the session was made to last longer.
pub const TOUCHED: &str = "touched";

pub fn layer(platform: &Platform) -> SessionManagerLayer<sessions::Store> {
    SessionManagerLayer::new(sessions::Store::new(platform))
        .with_name(COOKIE)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(platform.config.is_https())
        .with_expiry(Expiry::OnInactivity(time::Duration::seconds(platform.config.session_idle.as_secs() as i64)))
}

/// The session's cookie that the request brings, valid or not.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    app::server::cookie(headers, COOKIE)
}

pub fn has_cookie(headers: &HeaderMap) -> bool {
    cookie(headers).is_some()
}
