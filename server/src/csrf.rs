//! One layer on every unsafe request: it must come from our own pages, or from what isn't a browser with a session.

use crate::problem::Problem;
use crate::router::AppState;
use crate::{cors, session, viewer};
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub async fn protect(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let public_origin = state.platform.config.public_url.origin().ascii_serialization();
    let let_in = cors::lets_in(&state.platform.config, request.uri().path(), request.headers());
    if safe || let_in || allowed(request.headers(), request.uri().authority(), &public_origin) {
        return next.run(request).await;
    }
    tracing::warn!(path = request.uri().path(), "A request from another site was refused");
    Problem::new(StatusCode::FORBIDDEN, "cross_site", "This request came from another site, and was refused.")
        .into_response()
}

/// Browsers say where a request comes from (`Sec-Fetch-Site`, older ones `Origin`) and pages can't change that. A token
/// has to be put there by the page itself, which no other site's can. What says nothing and has no cookie is a script.
fn allowed(headers: &HeaderMap, authority: Option<&Authority>, public_origin: &str) -> bool {
    if viewer::bearer(headers).is_some() {
        return true;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match headers.get(header::ORIGIN) {
        Some(origin) => {
            origin.to_str().is_ok_and(|origin| origin == public_origin || is_host(origin, headers, authority))
        }
        None => !session::has_cookie(headers),
    }
}

fn is_host(origin: &str, headers: &HeaderMap, authority: Option<&Authority>) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).or(authority.map(Authority::as_str));
    let origin = origin.parse::<Uri>().ok();
    let origin = origin.as_ref().and_then(Uri::authority).map(Authority::as_str);
    host.is_some() && host == origin
}

#[cfg(test)]
mod tests {
    use super::allowed;
    use axum::http::{HeaderMap, HeaderName};

    fn judge(headers: &[(&'static str, &'static str)]) -> bool {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        allowed(&headers, None, "https://kinora.example")
    }

    #[test]
    fn our_own_pages_and_scripts_pass() {
        assert!(judge(&[("sec-fetch-site", "same-origin"), ("cookie", "kinora_session=x")]));
        assert!(judge(&[("sec-fetch-site", "none")]));
        assert!(judge(&[("origin", "https://kinora.example"), ("cookie", "kinora_session=x")]));
        assert!(judge(&[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")]));
        assert!(judge(&[("authorization", "Bearer t"), ("origin", "https://evil.example")]));
        assert!(judge(&[("cookie", "other=1")]));
    }

    #[test]
    fn other_sites_do_not() {
        assert!(!judge(&[("sec-fetch-site", "cross-site")]));
        assert!(!judge(&[("sec-fetch-site", "same-site"), ("origin", "https://kinora.example")]));
        assert!(!judge(&[("origin", "https://evil.example"), ("host", "kinora.example")]));
        assert!(!judge(&[("origin", "null"), ("host", "kinora.example")]));
        assert!(!judge(&[("cookie", "a=b; kinora_session=x")]));
    }
}
