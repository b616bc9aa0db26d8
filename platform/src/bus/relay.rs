//! Brings what waits in the outbox to Kafka, at least once.

use super::{Error, Producer};
use crate::db::outbox;
use crate::{Platform, config::DatabaseConfig};
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use std::error::Error as StdError;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// What is caught even if no notification came.
const SWEEP: Duration = Duration::from_secs(1);
const BATCH: i64 = 100;

/// Runs until `stop`. Kafka or PostgreSQL may go and come back; several relays may run.
pub async fn relay(platform: Platform, stop: CancellationToken) {
    let wake = Notify::new();
    let work = async {
        let mut healthy = true;
        loop {
            match drain(&platform.db, &platform.bus).await {
                Ok(()) if !healthy => {
                    healthy = true;
                    tracing::info!("the outbox is brought to Kafka again");
                }
                Err(error) if healthy => {
                    healthy = false;
                    tracing::warn!(error = &*error, "messages wait in the outbox");
                }
                _ => {}
            }
            let _ = tokio::time::timeout(SWEEP, wake.notified()).await;
        }
    };
    // Stopping midway leaves rows that are sent again: whoever listens must bear a message twice anyway.
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
        () = hear(&platform.config.database, &wake) => {}
    }
}

/// Sends until nothing waits. Rows are deleted when Kafka has acknowledged them, and only those.
async fn drain(db: &PgPool, bus: &Producer) -> Result<(), Box<dyn StdError + Send + Sync>> {
    loop {
        let mut tx = db.begin().await?;
        let rows = outbox::take(&mut *tx, BATCH).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut sent = Vec::with_capacity(rows.len());
        for row in &rows {
            let json = serde_json::to_vec(&row.payload)?;
            // Queued here, in order; awaited together below.
            sent.push((row, bus.send_json(&row.topic, row.key.as_deref(), &json)));
        }
        let mut done = Vec::with_capacity(rows.len());
        let mut failed = None;
        for (row, sent) in sent {
            match sent.await {
                Ok(()) => done.push(row.id),
                Err(error @ Error::Refused(_)) => {
                    metrics::counter!("kinora_bus_refused_total").increment(1);
                    tracing::error!(error = &error as &dyn StdError, topic = row.topic, payload = %row.payload, "a message was given up");
                    done.push(row.id);
                }
                Err(error) => failed = Some(error),
            }
        }
        outbox::delete(&mut *tx, &done).await?;
        tx.commit().await?;
        metrics::counter!("kinora_bus_relayed_total").increment(done.len() as u64);
        if let Some(error) = failed {
            return Err(error.into());
        }
    }
}

/// Wakes at every NOTIFY, through a connection of its own, which is made again whenever it breaks.
async fn hear(config: &DatabaseConfig, wake: &Notify) {
    loop {
        match notifications(config, wake).await {
            Ok(()) => tracing::debug!("the outbox's listener lost its connection"),
            Err(error) => tracing::debug!(%error, "the outbox's listener waits for PostgreSQL"),
        }
        tokio::time::sleep(SWEEP).await;
    }
}

async fn notifications(config: &DatabaseConfig, wake: &Notify) -> sqlx::Result<()> {
    let mut listener = PgListener::connect(config.url.reveal()).await?;
    listener.listen("outbox").await?;
    wake.notify_one();
    while listener.try_recv().await?.is_some() {
        wake.notify_one();
    }
    Ok(())
}
