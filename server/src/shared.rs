//! Share links: `/watch/{id}?share=…` puts its key into the session and goes on to the address without it, so that neither
//! the address bar nor what is linked from the page tells it to others.

use crate::router::AppState;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::id::VideoId;
use platform::{Error, sharing};
use tower_sessions::Session;
use url::form_urlencoded;

const PARAMETER: &str = "share";

/// Middleware for pages. A link that isn't valid, or not any more, is passed over: then the page is what it is without one.
pub async fn open(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Some((video, token)) = asked(&request) else { return next.run(request).await };
    let Some(session) = request.extensions().get::<Session>().cloned() else { return next.run(request).await };
    let opened = match sharing::open(&state.platform, &video, &token).await {
        Ok(key) => app::server::hold(&session, &key).await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(()) | Err(Error::NotFound) => {}
        Err(error) => return crate::pages::error_response(&request, error),
    }
    let address = without_token(request.uri().path(), request.uri().query().unwrap_or_default());
    let headers = [
        (header::LOCATION, HeaderValue::from_str(&address)),
        (header::CACHE_CONTROL, Ok(HeaderValue::from_static("private, no-store"))),
        (header::REFERRER_POLICY, Ok(HeaderValue::from_static("no-referrer"))),
    ];
    let headers = headers.map(|(name, value)| (name, value.unwrap_or(HeaderValue::from_static("/"))));
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// The film and the secret of a request that came by a share link.
fn asked(request: &Request) -> Option<(VideoId, String)> {
    // A HEAD is somebody who looks whether the link works: it isn't used up by that.
    if *request.method() != Method::GET {
        return None;
    }
    let video = request.uri().path().strip_prefix("/watch/")?.parse().ok()?;
    let mut query = form_urlencoded::parse(request.uri().query()?.as_bytes());
    let (_, token) = query.find(|(name, _)| name == PARAMETER)?;
    Some((video, token.into_owned()))
}

fn without_token(path: &str, query: &str) -> String {
    let rest: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(PARAMETER)).collect();
    if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_an_address_stays() {
        assert_eq!(without_token("/watch/a", "share=kis_1"), "/watch/a");
        assert_eq!(without_token("/watch/a", "t=12&share=kis_1&x=%20"), "/watch/a?t=12&x=%20");
    }
}
