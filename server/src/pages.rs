//! The app's pages, rendered here, and the files beside them.

use crate::csp::Csp;
use crate::problem::Problem;
use crate::router::{AppState, BODY_LIMIT};
use app::server::{Baggage, Viewer};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use domain::outside::xml::escape;
use http_body_util::BodyExt;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list, render_app_async_with_context};
use platform::{Error, Platform};
use std::path::Path;
use std::sync::OnceLock;
use tower::ServiceExt;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::services::ServeDir;

/// Names don't change with the content: the browser asks each time, and gets 304.
const FILES_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

/// Where `leptos_meta` begins.
const HEAD: &str = "<!--HEAD-->";

/// Pages and server functions; whatever else is a file, or nothing.
pub fn routes(state: &AppState) -> Router<AppState> {
    let options = state.leptos.clone();
    let context = context(state.platform.clone(), state.csp.clone());
    Router::new()
        .leptos_routes_with_context(state, listed(), context, move || app::shell(options.clone()))
        .layer(middleware::from_fn(with_baggage))
        .layer(middleware::map_request(called))
        .fallback(file_or_not_found)
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
}

/// The routes of the app's pages. Listed once for the process: while Leptos lists them, it holds back the resources of
/// every page that is being rendered, and one that began to load then would never come.
fn listed() -> Vec<AxumRouteListing> {
    static LISTED: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    LISTED.get_or_init(|| generate_route_list(app::App)).clone()
}

/// What pages and server functions find in Leptos' context besides what `leptos_axum` puts there.
fn context(platform: Platform, csp: Csp) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(platform.clone());
        let parts = use_context::<Parts>();
        let given = parts.map(|parts| parts.extensions).unwrap_or_default();
        provide_context(given.get::<Baggage>().cloned().unwrap_or_default());
        let viewer = given.get::<Viewer>().cloned();
        provide_context(viewer.unwrap_or_default());
        csp.announce();
    }
}

/// Server functions are called by our own code. One that took a call for a form's would send whoever sent it on to where
/// the request says that it comes from.
async fn called(mut request: Request) -> Request {
    if *request.method() == Method::POST {
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    }
    request
}

/// Writes into the head what a page brings along. A browser asks for what stands in the body only once it has the styles.
async fn with_baggage(mut request: Request, next: Next) -> Response {
    let baggage = Baggage::default();
    request.extensions_mut().insert(baggage.clone());
    let page = next.run(request).await;
    // The answer begins when the page's data are there.
    let mut head = Some(baggage.head()).filter(|head| !head.is_empty());
    if head.is_none() {
        return page;
    }
    page.map(|body| {
        Body::new(body.map_frame(move |frame| {
            frame.map_data(|html| match head.take() {
                Some(head) => inserted(&html, HEAD, &head),
                None => html,
            })
        }))
    })
}

/// `text`, once, before `mark`.
fn inserted(html: &Bytes, mark: &str, text: &str) -> Bytes {
    match html.windows(mark.len()).position(|part| part == mark.as_bytes()) {
        Some(at) => [&html[..at], text.as_bytes(), &html[at..]].concat().into(),
        None => html.clone(),
    }
}

/// What the browser runs: wasm, JavaScript, CSS.
pub fn pkg(state: &AppState) -> ServeDir {
    serve(state.platform.config.site_root.join("pkg"))
}

fn serve(folder: impl AsRef<Path>) -> ServeDir {
    ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br().precompressed_gzip()
}

async fn file_or_not_found(State(state): State<AppState>, request: Request) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        let (parts, body) = request.into_parts();
        let asked = Request::from_parts(parts.clone(), Body::empty());
        if let Ok(file) = serve(&state.platform.config.site_root).oneshot(asked).await
            && file.status() != StatusCode::NOT_FOUND
        {
            let mut file = file.map(Body::new);
            file.headers_mut().insert(header::CACHE_CONTROL, FILES_CACHE);
            return file;
        }
        return not_found(&state, Request::from_parts(parts, body)).await;
    }
    not_found(&state, request).await
}

/// The app's own page for what isn't there.
async fn not_found(state: &AppState, request: Request) -> Response {
    let options = state.leptos.clone();
    let context = context(state.platform.clone(), state.csp.clone());
    let mut page = render_app_async_with_context(context, move || app::shell(options.clone()))(request).await;
    if page.status() == StatusCode::OK {
        *page.status_mut() = StatusCode::NOT_FOUND;
    }
    page
}

/// For errors before the app can render anything: a person gets a page, a program a problem document.
pub fn error_response(request: &Request, error: Error) -> Response {
    let said = error.to_string();
    let problem = Problem::from(error).into_response();
    if !wants_page(request.headers()) || request.uri().path().starts_with("/api/") {
        return problem;
    }
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <meta name=color-scheme content=\"light dark\"><title>Kinora</title>\
         <link rel=stylesheet href=\"/pkg/kinora.css\"><body><main class=page><div class=empty role=alert>\
         <h1>One moment</h1><p>{}</p><a class=btn href=\"\">Try again</a></div></main>",
        escape(&said)
    );
    (problem.status(), [(header::CACHE_CONTROL, "private, no-store")], Html(page)).into_response()
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}
