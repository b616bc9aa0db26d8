//! Whether what Kinora stands on is there, and a small server that tells it of a worker.

use crate::{Platform, telemetry};
use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::Connection as _;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const TIMEOUT: Duration = Duration::from_secs(2);
/// What Kinora can do without must not make the answer late: who asks has a second's patience, often.
const KAFKA_TIMEOUT: Duration = Duration::from_millis(700);

/// One dependency's state.
#[derive(Debug, Clone)]
pub struct Check {
    pub name: &'static str,
    /// Kinora works on without Kafka, a little later.
    pub required: bool,
    /// For operators: never shown to people.
    pub result: Result<(), String>,
}

/// Asks all at once; returns after two seconds at the latest.
pub async fn check(platform: &Platform) -> Vec<Check> {
    let postgres = within(async { platform.db.acquire().await.map_err(chain)?.ping().await.map_err(chain) });
    let s3 = within(async { platform.storage.health().await.map_err(chain) });
    let bus = platform.bus.clone();
    let kafka = within(async move {
        match tokio::task::spawn_blocking(move || bus.ask(KAFKA_TIMEOUT)).await {
            Ok(answer) => answer.map_err(chain),
            Err(error) => Err(error.to_string()),
        }
    });
    let (postgres, s3, kafka) = tokio::join!(postgres, s3, kafka);
    vec![
        Check { name: "postgres", required: true, result: postgres },
        Check { name: "s3", required: true, result: s3 },
        Check { name: "kafka", required: false, result: kafka },
    ]
}

/// Whether requests can be answered.
pub fn is_ready(checks: &[Check]) -> bool {
    checks.iter().all(|check| !check.required || check.result.is_ok())
}

/// A line a dependency, without reasons: these are for the log.
pub fn report(checks: &[Check]) -> String {
    let line = |check: &Check| match (&check.result, check.required) {
        (Ok(()), _) => format!("{}: ok\n", check.name),
        (Err(_), true) => format!("{}: unavailable\n", check.name),
        (Err(_), false) => format!("{}: unavailable (not required)\n", check.name),
    };
    checks.iter().map(line).collect()
}

/// Answers /healthz, /readyz and /metrics until `stop`. `own`: what the process found out about itself at its start.
pub async fn serve(
    address: SocketAddr,
    metrics: PrometheusHandle,
    platform: Platform,
    own: Vec<Check>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let own: Arc<[Check]> = own.into();
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, say: don't spin.
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let (metrics, platform, own) = (metrics.clone(), platform.clone(), Arc::clone(&own));
        tokio::spawn(async move {
            let service =
                service_fn(move |request| answer(request, metrics.clone(), platform.clone(), Arc::clone(&own)));
            let served =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            if let Err(error) = served {
                tracing::debug!(%error, "health connection");
            }
        });
    }
}

async fn answer(
    request: Request<hyper::body::Incoming>,
    metrics: PrometheusHandle,
    platform: Platform,
    own: Arc<[Check]>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, body) = match request.uri().path() {
        "/healthz" => (StatusCode::OK, "ok\n".to_owned()),
        "/readyz" => {
            let mut checks = check(&platform).await;
            checks.extend_from_slice(&own);
            for (name, error) in checks.iter().filter_map(|c| Some((c.name, c.result.as_ref().err()?))) {
                tracing::debug!(name, error, "not there");
            }
            let status = if is_ready(&checks) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            (status, report(&checks))
        }
        "/metrics" => (StatusCode::OK, telemetry::render(&metrics)),
        _ => (StatusCode::NOT_FOUND, "not found\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let text = hyper::header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, text);
    Ok(response)
}

async fn within(asked: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    tokio::time::timeout(TIMEOUT, asked).await.unwrap_or_else(|_| Err("no answer within 2 s".to_owned()))
}

/// The error and what caused it, in one line.
fn chain(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
