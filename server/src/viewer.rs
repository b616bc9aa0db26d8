//! Who asks: a session's user, or a bearer token's. Found once, before any handler.

use crate::problem::Problem;
use crate::router::AppState;
use crate::session;
use app::server::Viewer;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::actor::{Actor, Scopes};
use domain::id::{KeyId, UserId};
use platform::accounts::{self, User};
use platform::{Error, Platform, sessions, tokens};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tower_sessions::Session;

/// How often a session that is in use is made to last longer: a write for each request would be too many.
const TOUCH_EVERY_SECONDS: i64 = 3600;

/// Middleware that puts the [`Viewer`] into the request's extensions.
pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    correct_address(&mut request);
    let session = request.extensions().get::<Session>().cloned();
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let viewer = match find(&state.platform, request.headers(), session, address).await {
        Ok(viewer) => viewer,
        Err(error) => return crate::pages::error_response(&request, error),
    };
    request.extensions_mut().insert(viewer);
    next.run(request).await
}

/// A request with a token is judged by that alone: the cookie beside it was not checked for where it comes from. Keys let
/// people watch, and nothing else, so they are taken from the cookie in any case.
pub async fn find(
    platform: &Platform,
    headers: &HeaderMap,
    session: Option<Session>,
    address: Option<IpAddr>,
) -> Result<Viewer, Error> {
    let session = session.filter(|_| session::has_cookie(headers));
    let keys = match &session {
        Some(session) => session.get::<Vec<KeyId>>(sessions::KEYS).await.map_err(unavailable)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let (mut current, mut proved_at) = (None, None);
    let (user, scopes) = match bearer(headers) {
        Some(token) => {
            let (user, scopes) = tokens::holder(platform, token).await?.ok_or(Error::Unauthenticated {
                code: "invalid_token",
                message: "This access token isn't valid, or not any more.",
            })?;
            (Some(user), scopes)
        }
        None => match &session {
            Some(session) => {
                let user = signed_in(platform, session).await?;
                current = session.id().filter(|_| user.is_some()).map(|id| sessions::name(&id));
                if user.is_some() {
                    proved_at = session.get(sessions::PROVED_AT).await.map_err(unavailable)?;
                }
                (user, Scopes::ALL)
            }
            None => (None, Scopes::ALL),
        },
    };
    if let Some(session) = session.filter(|_| user.is_some() || !keys.is_empty()) {
        touch(&session, address).await.map_err(unavailable)?;
    }
    let actor = Actor { person: user.as_ref().map(|user| accounts::person(platform, user)), scopes, keys };
    Ok(Viewer { actor, user, session: current, proved_at })
}

/// Who comes with these headers, for what doesn't go through [`identify`], or lasts.
pub async fn again(platform: &Platform, headers: &HeaderMap) -> Result<Actor, Error> {
    let id = session::cookie(headers).and_then(|id| id.parse().ok());
    let session = id.map(|id| Session::new(Some(id), Arc::new(sessions::Store::new(platform)), None));
    Ok(find(platform, headers, session, None).await?.actor)
}

async fn signed_in(platform: &Platform, session: &Session) -> Result<Option<User>, Error> {
    let user = session.get::<String>(sessions::USER_ID).await.map_err(unavailable)?;
    let Some(user) = user.and_then(|id| id.parse::<UserId>().ok()) else { return Ok(None) };
    accounts::user(platform, &user).await
}

/// Makes the session last longer, and keeps where it is used.
async fn touch(session: &Session, address: Option<IpAddr>) -> Result<(), tower_sessions::session::Error> {
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let touched: i64 = session.get(session::TOUCHED).await?.unwrap_or(0);
    if now - touched < TOUCH_EVERY_SECONDS {
        return Ok(());
    }
    if let Some(address) = address {
        session.insert(sessions::ADDRESS, address.to_string()).await?;
    }
    session.insert(session::TOUCHED, now).await
}

fn unavailable(error: tower_sessions::session::Error) -> Error {
    Error::Unavailable(Box::new(error))
}

pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Behind a reverse proxy every connection is the proxy's. One in a private network is believed when it says whose
/// request it passes on; everybody's `ConnectInfo` is the client's from here on.
fn correct_address(request: &mut Request) {
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() else { return };
    if let Some(ip) = forwarded(peer.ip(), request.headers()) {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(ip, 0)));
    }
}

fn forwarded(peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    let private = match peer.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    };
    if !private {
        return None;
    }
    // The last entry is the proxy's own; those before it the client may have made up.
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?.rsplit(',').next()?;
    last.trim().parse().ok()
}

/// Extracts what [`identify`] found.
pub struct Who(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(parts.extensions.get::<Viewer>().map_or(Actor::ANONYMOUS, |viewer| viewer.actor.clone())))
    }
}

/// All that [`identify`] found.
pub struct Whole(pub Viewer);

impl<S: Send + Sync> FromRequestParts<S> for Whole {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(parts.extensions.get::<Viewer>().cloned().unwrap_or_default()))
    }
}

/// The client's address, where it is known.
pub struct ClientIp(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for ClientIp {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())))
    }
}

/// Refuses what isn't a problem document in an API: unknown paths and methods.
pub async fn no_such_call() -> Response {
    Problem::not_found().into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn only_a_proxy_nearby_is_believed() {
        let said = headers("1.1.1.1, 2.2.2.2");
        assert_eq!(forwarded("127.0.0.1".parse().unwrap(), &said), Some("2.2.2.2".parse().unwrap()));
        assert_eq!(forwarded("8.8.8.8".parse().unwrap(), &said), None);
        assert_eq!(forwarded("10.0.0.1".parse().unwrap(), &headers("nonsense")), None);
    }

    #[test]
    fn only_bearer_tokens_are_tokens() {
        let with = |value: &'static str| HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
        assert_eq!(bearer(&with("bearer abc")), Some("abc"));
        assert_eq!(bearer(&with("Basic abc")), None);
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
