//! The way to a provider and back. It begins with a form of ours, so that no other site's page can begin it for somebody;
//! and what comes back is a navigation, which brings the cookies that are for those (`SameSite=Lax`).

use crate::router::AppState;
use crate::viewer::{ClientIp, Whole};
use crate::{csp, pages};
use app::server::cookie;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Form, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use domain::identity::Problem;
use domain::outside::xml::escape;
use platform::oidc::{self, Answer, Begun, Finished, Purpose, Refusal};
use platform::{Error, Platform, proof};
use serde::Deserialize;
use tower_sessions::Session;
use url::{Url, form_urlencoded};

const SIGN_IN: &str = "/signin";
const SECOND_STEP: &str = app::server::CODE_PAGE;
const IDENTITIES: &str = "/account/identities";

pub fn routes() -> Router<AppState> {
    Router::new().route("/auth/{provider}", post(begin)).route("/auth/{provider}/callback", get(finish))
}

#[derive(Debug, Default, Deserialize)]
struct Wish {
    #[serde(default)]
    next: String,
    /// Whoever is signed in adds an account.
    #[serde(default)]
    link: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Brought {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Says where to go in a page, not in a redirect: after a form, `form-action` would have to name wherever providers lead.
async fn begin(
    State(state): State<AppState>,
    Whole(viewer): Whole,
    ClientIp(ip): ClientIp,
    Path(provider): Path<String>,
    headers: HeaderMap,
    Form(wish): Form<Wish>,
) -> Response {
    let platform = &state.platform;
    let is_link = wish.link.is_some();
    let purpose = match is_link.then(|| proof::recent(&viewer.actor, viewer.proved_at)) {
        None => Purpose::SignIn,
        Some(Ok(proven)) => Purpose::Link(proven),
        Some(Err(error)) => {
            let signed_out = matches!(error, Error::Unauthenticated { .. });
            let problem = if signed_out { Problem::SignInFirst } else { Problem::ProveFirst };
            return refused(problem.into(), true, &provider, &wish.next, &headers);
        }
    };
    let browser = cookie(&headers, cookie_name(platform));
    let asked = oidc::Wish { provider: &provider, purpose, next: &wish.next, browser };
    match oidc::begin(platform, &viewer.actor, asked, ip).await {
        Ok(begun) => {
            let mut response = leading_to(&begun.url);
            if let Ok(cookie) = HeaderValue::from_str(&keep(platform, &begun)) {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(refusal) => refused(refusal, is_link, &provider, &wish.next, &headers),
    }
}

async fn finish(
    State(state): State<AppState>,
    Whole(viewer): Whole,
    ClientIp(ip): ClientIp,
    session: Session,
    Path(provider): Path<String>,
    headers: HeaderMap,
    brought: Result<Query<Brought>, QueryRejection>,
) -> Response {
    let platform = &state.platform;
    // What isn't read the same way by everybody is no answer.
    let brought = brought.ok().map(|Query(brought)| brought);
    let answer = brought.as_ref().map(|brought| Answer {
        state: brought.state.as_deref(),
        code: brought.code.as_deref(),
        iss: brought.iss.as_deref(),
        error: brought.error.as_deref(),
    });
    let browser = cookie(&headers, cookie_name(platform));
    let answer = answer.unwrap_or_default();
    let Finished { is_link, next, outcome } =
        oidc::finish(platform, &viewer.actor, &provider, answer, browser, ip).await;
    let arrived = match outcome {
        Ok(arrived) => arrived,
        Err(refusal) => return refused(refusal, is_link, &provider, &next, &headers),
    };
    if is_link {
        return go(&next);
    }
    if arrived.is_asked {
        return match app::server::ask_in(&session, &arrived.user).await {
            Ok(()) => go(&with(SECOND_STEP, &[("next", &next)])),
            Err(error) => refused(error.into(), is_link, &provider, &next, &headers),
        };
    }
    if let Err(error) = app::server::begin(&session, &arrived.user, &headers, ip).await {
        return refused(error.into(), is_link, &provider, &next, &headers);
    }
    go(&next)
}

/// The browser's half of an attempt. It can't be planted by a neighbouring host where there is https (`__Host-`).
fn cookie_name(platform: &Platform) -> &'static str {
    if platform.config.is_https() { "__Host-kinora_attempt" } else { "kinora_attempt" }
}

fn keep(platform: &Platform, begun: &Begun) -> String {
    let (name, seconds) = (cookie_name(platform), Begun::SECONDS);
    let secure = if platform.config.is_https() { "; Secure" } else { "" };
    format!("{name}={}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", begun.browser)
}

fn leading_to(url: &Url) -> Response {
    let url = escape(url.as_str());
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <meta name=color-scheme content=\"light dark\"><meta http-equiv=refresh content=\"0;url={url}\">\
         <title>Kinora</title><link rel=stylesheet href=\"/pkg/kinora.css\"><body><main class=page><div class=empty>\
         <p>One moment, you are on your way.</p><a class=btn href=\"{url}\">Go on</a></div></main>"
    );
    let mut response = Html(page).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(csp::WORDS));
    private(response)
}

fn refused(refusal: Refusal, is_link: bool, provider: &str, next: &str, headers: &HeaderMap) -> Response {
    let problem = match refusal {
        Refusal::Told(problem) => problem,
        Refusal::Failed(error) => {
            let mut asked = Request::new(axum::body::Body::empty());
            *asked.headers_mut() = headers.clone();
            return pages::error_response(&asked, error);
        }
    };
    let told = [("problem", problem.code()), ("provider", provider)];
    if is_link && problem != Problem::SignInFirst {
        return go(&with(IDENTITIES, &told));
    }
    let next = domain::next::within(next).filter(|next| *next != "/");
    let [problem, provider] = told;
    match next {
        Some(next) => go(&with(SIGN_IN, &[problem, provider, ("next", next)])),
        None => go(&with(SIGN_IN, &told)),
    }
}

fn with(page: &str, query: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("{page}?{query}")
}

/// The letters of a header are ASCII. Nothing else of `path` is touched: tidied up, it could become another site's.
fn go(path: &str) -> Response {
    let mut location = String::new();
    for byte in path.bytes() {
        match byte {
            b'!'..=b'~' => location.push(char::from(byte)),
            other => location.push_str(&format!("%{other:02X}")),
        }
    }
    let location = HeaderValue::from_str(&location).unwrap_or(HeaderValue::from_static("/"));
    private((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// The address of the request holds a code and a state.
fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
