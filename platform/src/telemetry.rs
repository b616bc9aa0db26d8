//! Log and metrics.

use crate::config::{Config, LogFormat};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::IsTerminal;
use std::sync::OnceLock;
use tracing_subscriber::EnvFilter;

/// Sets the process's log up. A second call changes nothing.
pub fn init(config: &Config) {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    // A line that can't be written is lost; to complain of it there, too, would be a panic.
    let log = tracing_subscriber::fmt()
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours);
    // An error means that a log is there already: a test's, say.
    let _ = match config.log_format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

/// Upper bounds in seconds: from an answer out of memory to a long film's encode.
const BUCKETS: [f64; 14] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 600.0, 3600.0];

/// Upper bounds of speeds, seconds of film a second: from 2160p on a small machine to a sound that is copied.
const SPEEDS: [f64; 14] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 512.0, 2048.0];

/// The process's metrics; the first call begins to record them. Metrics are the process's by nature: the `metrics`
/// macros know one recorder.
pub fn metrics_handle() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            // Only an empty list is an error. Without buckets they would be summaries, which can't be added up over processes.
            let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Full("kinora_encode_speed".to_owned()), &SPEEDS)
            });
            let recorder = builder.unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another recorder has the metrics; /metrics stays empty");
            }
            handle
        })
        .clone()
}

/// What `/metrics` answers. Also throws away what is old, which nobody else does.
pub fn render(handle: &PrometheusHandle) -> String {
    handle.run_upkeep();
    handle.render()
}
