//! What runs beside the requests: it makes S3 and Kafka ready as soon as they are there, relays the outbox, and sweeps.

use platform::{Platform, accounts, bus, idempotency, mail, sharing, tasks, telemetry, uploads, watching};
use std::fmt::Display;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Nobody waits long for a mail.
const POST: Duration = Duration::from_secs(1);
const SWEEP: Duration = Duration::from_secs(5);
const EXPIRY: Duration = Duration::from_secs(3600);

pub struct Background(JoinSet<()>);

pub fn spawn(platform: &Platform, shutdown: &CancellationToken) -> Background {
    let mut set = JoinSet::new();
    let p = platform.clone();
    set.spawn(until(shutdown, async move {
        insist("The bucket isn't ready yet", || p.storage.ensure_bucket()).await;
    }));
    set.spawn(bus::ensure_topics(platform.config.kafka.clone(), shutdown.clone()));
    set.spawn(bus::relay(platform.clone(), shutdown.clone()));
    if platform.mail.is_some() {
        let p = platform.clone();
        set.spawn(until(shutdown, async move { every(POST, "mails", || mail::send_due(&p)).await }));
    }
    let p = platform.clone();
    set.spawn(until(shutdown, async move { every(SWEEP, "uploads", || uploads::sweep(&p)).await }));
    let p = platform.clone();
    set.spawn(until(shutdown, async move { every(SWEEP, "leases", || tasks::sweep_leases(&p)).await }));
    let p = platform.clone();
    set.spawn(until(shutdown, async move { every(SWEEP, "views", || watching::sweep(&p)).await }));
    let p = platform.clone();
    set.spawn(until(shutdown, async move { every(EXPIRY, "visits", || watching::sweep_old(&p)).await }));
    let p = platform.clone();
    set.spawn(until(shutdown, async move { every(EXPIRY, "expired sessions", || accounts::sweep(&p)).await }));
    let p = platform.clone();
    set.spawn(until(shutdown, async move { every(EXPIRY, "expired share links", || sharing::sweep(&p)).await }));
    let p = platform.clone();
    set.spawn(until(shutdown, async move { every(EXPIRY, "idempotency keys", || idempotency::sweep(&p)).await }));
    // Samples wait in memory to be counted, and nobody may come for the figures.
    set.spawn(until(shutdown, async {
        loop {
            telemetry::metrics_handle().run_upkeep();
            tokio::time::sleep(SWEEP).await;
        }
    }));
    Background(set)
}

impl Background {
    /// Waits for all to notice the shutdown; what hasn't after `patience` is dropped.
    pub async fn finish(mut self, patience: Duration) {
        let all = async { while self.0.join_next().await.is_some() {} };
        if tokio::time::timeout(patience, all).await.is_err() {
            self.0.abort_all();
        }
    }
}

fn until<F: Future<Output = ()>>(shutdown: &CancellationToken, work: F) -> impl Future<Output = ()> + use<F> {
    let shutdown = shutdown.clone();
    async move {
        shutdown.run_until_cancelled(work).await;
    }
}

/// Tries until it works, at longer and longer intervals.
async fn insist<T, E: Display, F: Future<Output = Result<T, E>>>(complaint: &str, mut attempt: impl FnMut() -> F) {
    let mut pause = Duration::from_secs(1);
    while let Err(error) = attempt().await {
        tracing::warn!(%error, retry_in_s = pause.as_secs(), "{complaint}");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(30));
    }
}

async fn every<T, E: Display, F: Future<Output = Result<T, E>>>(
    interval: Duration,
    name: &'static str,
    mut sweep: impl FnMut() -> F,
) {
    loop {
        if let Err(error) = sweep().await {
            tracing::warn!(%error, sweep = name, "A sweep failed; the next one tries again");
        }
        tokio::time::sleep(interval).await;
    }
}
