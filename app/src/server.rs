//! What differs between the server and the browser. `cfg(feature = "ssr")` stands here, and where the
//! document is left out that the browser never makes.

#[cfg(not(feature = "ssr"))]
pub use in_browser::*;
#[cfg(feature = "ssr")]
pub use on_server::*;

#[cfg(not(feature = "ssr"))]
mod in_browser {
    /// The status of the page was told by the server already.
    pub fn set_status(_code: u16) {}

    pub fn in_browser() -> bool {
        true
    }

    /// The server has written it into the page.
    pub fn early() -> String {
        String::new()
    }

    /// The server has written it into the page.
    pub fn sends_mail() -> bool {
        leptos::prelude::document().document_element().is_some_and(|html| html.has_attribute("data-mail"))
    }

    /// The page goes elsewhere by itself, see [`crate::page`].
    pub fn redirect(_path: &str) {}

    /// The browser takes the title as it is.
    pub fn in_title(text: String) -> String {
        text
    }
}

#[cfg(feature = "ssr")]
mod baggage;

#[cfg(feature = "ssr")]
mod on_server {
    pub use super::baggage::{Baggage, bring_along, early, tell};
    use crate::components::theme;
    use crate::error::ApiError;
    use axum::extract::ConnectInfo;
    use axum::http::request::Parts;
    use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
    use domain::actor::Actor;
    use domain::id::KeyId;
    use domain::outside::xml;
    use domain::time::UnixMillis;
    use leptos::prelude::{expect_context, use_context};
    use leptos_axum::ResponseOptions;
    pub use leptos_axum::redirect;
    use platform::accounts::User;
    use platform::places::{self, Place};
    use platform::{Platform, addresses, sessions};
    use std::error::Error as _;
    use std::net::{IpAddr, SocketAddr};
    use std::time::{SystemTime, UNIX_EPOCH};
    use tower_sessions::Session;

    /// The cookie of a browser that somebody has signed in with.
    const BROWSER: &str = "kinora_browser";

    pub fn in_browser() -> bool {
        false
    }

    /// Whether the page that is being rendered is a film's.
    pub fn is_watching() -> bool {
        use_context::<Parts>().is_some_and(|parts| parts.uri.path().starts_with("/watch/"))
    }

    /// What `public/wake.js` wakes later: by the name of its code.
    pub fn resting_page() -> Option<&'static str> {
        match use_context::<Parts>()?.uri.path() {
            "/" => Some("__home_page"),
            "/search" => Some("__search_page"),
            _ => is_watching().then_some("__watch_page"),
        }
    }

    /// The cookie of that name that a request brings, whatever it says.
    pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut cookies = values.flat_map(|value| value.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
        cookies.find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// What somebody chose; else it is the system's.
    pub fn theme() -> Option<&'static str> {
        let parts = use_context::<Parts>()?;
        let chosen = cookie(&parts.headers, theme::COOKIE)?;
        ["light", "dark"].into_iter().find(|theme| *theme == chosen)
    }

    /// Who looks at the page: given by the server to every request.
    #[derive(Debug, Clone)]
    pub struct Viewer {
        pub actor: Actor,
        pub user: Option<User>,
        /// The name of the session that was signed in; None with a token.
        pub session: Option<String>,
    }

    impl Default for Viewer {
        fn default() -> Self {
            Self { actor: Actor::ANONYMOUS, user: None, session: None }
        }
    }

    pub fn viewer() -> Viewer {
        use_context().unwrap_or_default()
    }

    /// The viewer, if somebody is signed in.
    pub fn require_user() -> Result<Viewer, ApiError> {
        let viewer = viewer();
        if viewer.user.is_some() { Ok(viewer) } else { Err(platform::Error::sign_in_first().into()) }
    }

    /// The use cases. The server provides it to every request, so that its absence is a bug of ours.
    pub fn platform() -> Platform {
        expect_context()
    }

    pub fn now() -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// The status of the page or of the server function's answer.
    pub fn set_status(code: u16) {
        if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(code)) {
            response.set_status(status);
        }
    }

    /// `leptos_meta` writes a title into the page as it comes, so that one could end the element and begin others.
    pub fn in_title(text: String) -> String {
        xml::escape(&text)
    }

    fn insert_header(name: HeaderName, value: u64) {
        if let Some(response) = use_context::<ResponseOptions>() {
            response.insert_header(name, HeaderValue::from(value));
        }
    }

    impl From<platform::Error> for ApiError {
        fn from(error: platform::Error) -> Self {
            use platform::Error as E;
            let (status, field, details) = match &error {
                E::NotFound => (404, None, None),
                E::Unauthenticated { .. } => (401, None, None),
                E::Forbidden { .. } => (403, None, None),
                E::Invalid { field, .. } => (422, Some((*field).to_owned()), None),
                E::Conflict { details, .. } => (409, None, details.clone()),
                E::Lost => (409, None, None),
                E::TooMany { retry_after } => {
                    insert_header(header::RETRY_AFTER, *retry_after);
                    (429, None, None)
                }
                E::Underway { .. } | E::Unavailable(_) => (503, None, None),
                E::Internal(_) => (500, None, None),
            };
            if status >= 500 {
                let mut chain = error.to_string();
                let mut source = error.source();
                while let Some(cause) = source {
                    chain = format!("{chain}: {cause}");
                    source = cause.source();
                }
                tracing::error!(code = error.code(), error = chain, "a page or server function failed");
            }
            set_status(status);
            ApiError { code: error.code().to_owned(), message: error.to_string(), field, details }
        }
    }

    /// Whether a link can be sent to somebody.
    pub fn sends_mail() -> bool {
        use_context::<Platform>().is_some_and(|platform| platform.mail.is_some())
    }

    /// Where somebody who has just signed in has to go first.
    pub fn first_page(user: &User) -> Option<String> {
        addresses::is_held_back(&platform(), user).then(|| "/verify".to_owned())
    }

    /// From where the request comes.
    pub fn place() -> Place {
        let mark = use_context::<Parts>().and_then(|parts| Some(cookie(&parts.headers, BROWSER)?.to_owned()));
        Place { ip: client_ip(), mark }
    }

    /// Wrong passwords that strangers try won't keep `user` out in this browser.
    pub async fn remember_browser(user: &User) -> Result<(), ApiError> {
        let platform = platform();
        let mark = places::remember(&platform, &user.id, &place()).await?;
        let secure = if platform.config.is_https() { "; Secure" } else { "" };
        let cookie = format!("{BROWSER}={mark}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}");
        if let (Some(response), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
            response.append_header(header::SET_COOKIE, cookie);
        }
        Ok(())
    }

    /// Gives the session another id.
    pub async fn renew_session() -> Result<(), ApiError> {
        Ok(session().await?.cycle_id().await.map_err(platform::Error::internal)?)
    }

    /// The address of the visitor, as far as the server knows it.
    pub fn client_ip() -> Option<IpAddr> {
        let parts = use_context::<Parts>()?;
        let info = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(info.0.ip())
    }

    /// Keeps a key to a film in the session, which begins with it if there is none yet.
    pub async fn hold(session: &Session, key: &KeyId) -> Result<(), platform::Error> {
        let unavailable = |error| platform::Error::Unavailable(Box::new(error));
        let mut keys: Vec<KeyId> = session.get(sessions::KEYS).await.map_err(unavailable)?.unwrap_or_default();
        keys.retain(|held| held != key);
        keys.push(key.clone());
        keys.drain(..keys.len().saturating_sub(sessions::MAX_KEYS));
        session.insert(sessions::KEYS, keys).await.map_err(unavailable)
    }

    /// The same in the session of whoever calls.
    pub async fn hold_here(key: &KeyId) -> Result<(), ApiError> {
        Ok(hold(&session().await?, key).await?)
    }

    async fn session() -> Result<Session, ApiError> {
        leptos_axum::extract::<Session>().await.map_err(|error| platform::Error::internal(error.to_string()).into())
    }

    /// Begins a session for `user`, with a new id: one that was known before the sign-in is worth nothing.
    pub async fn begin_session(user: &User) -> Result<(), ApiError> {
        let agent: String = use_context::<Parts>()
            .and_then(|parts| Some(parts.headers.get(header::USER_AGENT)?.to_str().ok()?.chars().take(200).collect()))
            .unwrap_or_default();
        let session = session().await?;
        session.cycle_id().await.map_err(platform::Error::internal)?;
        session.insert(sessions::USER_ID, user.id.as_str()).await.map_err(platform::Error::internal)?;
        session.insert(sessions::DEVICE, agent).await.map_err(platform::Error::internal)?;
        if let Some(ip) = client_ip() {
            session.insert(sessions::ADDRESS, ip.to_string()).await.map_err(platform::Error::internal)?;
        }
        Ok(())
    }

    pub async fn end_session() -> Result<(), ApiError> {
        session().await?.flush().await.map_err(platform::Error::internal)?;
        Ok(())
    }
}
