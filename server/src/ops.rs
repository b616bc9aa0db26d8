//! For those who run it: alive, ready, and how it's doing.

use crate::router::AppState;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use platform::{Platform, health, queue, telemetry};

pub fn routes() -> Router<AppState> {
    Router::new().route("/healthz", get(|| async { "ok" })).route("/readyz", get(ready)).route("/metrics", get(metrics))
}

/// Without PostgreSQL nothing works; without Kafka everything does, a little later.
async fn ready(State(platform): State<Platform>) -> Response {
    let checks = health::check(&platform).await;
    // Reasons are for the log: anybody can ask here.
    let said = |check: &health::Check| if check.result.is_ok() { "ok" } else { "unavailable" };
    let report: serde_json::Map<_, _> =
        checks.iter().map(|check| (check.name.to_owned(), said(check).into())).collect();
    let status = if health::is_ready(&checks) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], serde_json::Value::from(report).to_string()).into_response()
}

async fn metrics(State(platform): State<Platform>) -> Response {
    queue::measure(&platform).await;
    let text = telemetry::render(&telemetry::metrics_handle());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
