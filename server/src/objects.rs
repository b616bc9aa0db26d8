//! `/m/…`: the access check, then away to where the object is. A film's segments ask here each, so this stays clear of what
//! other requests go through: who asks and what he may see is remembered for a moment, and URLs are signed in memory.

use crate::headers::{Defaults, FOR_OTHER_SITES};
use crate::problem::{Problem, Result};
use crate::router::AppState;
use crate::{media, session, viewer};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::actor::Actor;
use metrics::Histogram;
use platform::remembered::Remembered;
use platform::storage::Signed;
use platform::{Error, Platform, videos};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

const PREFIX: &str = "/m/";

/// What is worked with here; the state of all others takes longer to clone than a URL to sign.
struct Objects {
    platform: Platform,
    callers: Callers,
    defaults: Defaults,
}

pub fn routes(platform: &Platform) -> Router<AppState> {
    let defaults = Defaults::new(&platform.config, "private, no-store");
    let objects = Objects { platform: platform.clone(), callers: Callers::default(), defaults };
    Router::new().route("/m/{*path}", get(object)).with_state(Arc::new(objects))
}

async fn object(State(objects): State<Arc<Objects>>, uri: Uri, headers: HeaderMap) -> Response {
    let begun = Instant::now();
    let path = uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let mut response = match find(&objects, &headers, path).await {
        Ok(signed) => redirect(&signed),
        Err(problem) => problem.into_response(),
    };
    objects.defaults.complete(&mut response);
    durations(response.status()).record(begun.elapsed());
    tracing::debug!(status = response.status().as_u16(), path, "redirected");
    response
}

async fn find(objects: &Objects, headers: &HeaderMap, path: &str) -> Result<Signed> {
    let Objects { platform, callers, .. } = objects;
    let Some(caller) = Caller::of(headers) else {
        return Ok(videos::media_url(platform, &Actor::ANONYMOUS, path).await?);
    };
    if let Some(known) = callers.get(&caller) {
        match videos::media_url(platform, &known, path).await {
            // He may have signed in, or shown a key, since.
            Err(Error::NotFound | Error::Unauthenticated { .. }) => {}
            answer => return Ok(answer?),
        }
    }
    let actor = Arc::new(viewer::again(platform, headers).await?);
    callers.remember(caller, Arc::clone(&actor));
    Ok(videos::media_url(platform, &actor, path).await?)
}

fn redirect(signed: &Signed) -> Response {
    let Ok(location) = HeaderValue::from_str(&signed.url) else { return Problem::not_found().into_response() };
    let age = format!("private, max-age={}", signed.max_age.as_secs());
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_str(&age).unwrap_or(HeaderValue::from_static("private, no-store"))),
        (header::VARY, HeaderValue::from_static(media::VARY)),
        FOR_OTHER_SITES,
    ];
    (StatusCode::FOUND, headers).into_response()
}

/// One handle a status: looking them up by their labels would take as long as all the rest.
fn durations(status: StatusCode) -> &'static Histogram {
    static KNOWN: [OnceLock<Histogram>; 4] = [const { OnceLock::new() }; 4];
    let (place, status) = match status.as_u16() {
        302 => (0, "302"),
        401 => (1, "401"),
        404 => (2, "404"),
        _ => (3, "503"),
    };
    let labels = [("method", "GET"), ("route", "/m/{*path}"), ("status", status)];
    KNOWN[place].get_or_init(|| metrics::histogram!("http_request_duration_seconds", &labels))
}

/// What somebody brings who isn't just anybody.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Caller {
    session: Option<String>,
    token: Option<String>,
}

impl Caller {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let session = session::cookie(headers).map(str::to_owned);
        let token = viewer::bearer(headers).map(str::to_owned);
        (session.is_some() || token.is_some()).then_some(Self { session, token })
    }
}

/// Who brought what, remembered for two seconds: so long may somebody who signed out still be told where segments are.
#[derive(Default)]
struct Callers {
    known: Mutex<HashMap<Caller, Remembered<Arc<Actor>>>>,
}

impl Callers {
    const LIFE: Duration = Duration::from_secs(2);
    const CAPACITY: usize = 10_000;

    fn get(&self, caller: &Caller) -> Option<Arc<Actor>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get_mut(caller)?.get(Instant::now())
    }

    fn remember(&self, caller: Caller, actor: Arc<Actor>) {
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::CAPACITY {
            known.retain(|_, known| !known.is_over(now));
        }
        if known.len() < Self::CAPACITY {
            known.insert(caller, Remembered::new(actor, now, Self::LIFE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    #[test]
    fn a_caller_is_known_by_all_that_he_brings() {
        let of = |pairs: &[(HeaderName, &'static str)]| {
            Caller::of(&pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect())
        };
        assert_eq!(of(&[(header::COOKIE, "theme=dark")]), None);
        let cookie = of(&[(header::COOKIE, "theme=dark; kinora_session=abc")]).unwrap();
        assert_eq!(cookie.session.as_deref(), Some("abc"));
        let both = of(&[(header::COOKIE, "kinora_session=abc"), (header::AUTHORIZATION, "Bearer kin_1")]).unwrap();
        assert_ne!(cookie, both);
    }
}
