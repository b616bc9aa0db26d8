//! One line in the log and one sample in the histogram for each request. Neither query, cookie nor token stands there.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::Instrument;

pub async fn requests(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    // The template, not the path: there are as many paths as films.
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or("");
    let span = tracing::info_span!("request", id, %method, path);
    async move {
        let begin = Instant::now();
        let response = next.run(request).await;
        let (took, status) = (begin.elapsed(), response.status().as_u16());
        let labels = [("method", method.to_string()), ("route", route.clone()), ("status", status.to_string())];
        metrics::histogram!("http_request_duration_seconds", &labels).record(took.as_secs_f64());
        let ms = took.as_secs_f64() * 1000.0;
        if matches!(route.as_str(), "/healthz" | "/readyz" | "/metrics") || route.starts_with("/pkg") {
            tracing::debug!(status, ms, route, "answered");
        } else {
            tracing::info!(status, ms, route, "answered");
        }
        response
    }
    .instrument(span)
    .await
}
