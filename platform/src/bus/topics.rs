use super::Error;
use super::client::{self, Context};
use crate::config::KafkaConfig;
use domain::event::{TOPIC_DEAD, TOPIC_EVENTS, TOPIC_TASKS};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const TIMEOUT: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_secs(2);
/// The broker's own default.
const REPLICATION: i32 = -1;

/// Makes the topics that aren't there, and tries until Kafka is. For a task of its own.
pub async fn ensure_topics(config: KafkaConfig, stop: CancellationToken) {
    let mut told = false;
    loop {
        match create_topics(&config).await {
            Ok(()) => return,
            Err(error) if !told => {
                told = true;
                tracing::warn!(error = &error as &dyn std::error::Error, "Kafka isn't ready; trying on");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}

/// One attempt.
pub async fn create_topics(config: &KafkaConfig) -> Result<(), Error> {
    let admin: AdminClient<Context> = client::settings(config).create_with_context(Context).map_err(Error::Client)?;
    // Every worker reads all bells, so more partitions would only cost; events are keyed by video.
    let topics = [(TOPIC_TASKS, 1), (TOPIC_EVENTS, 6), (TOPIC_DEAD, 1)]
        .map(|(name, partitions)| (config.topic(name), partitions));
    let new: Vec<_> = topics
        .iter()
        .map(|(name, partitions)| NewTopic::new(name, *partitions, TopicReplication::Fixed(REPLICATION)))
        .collect();
    let options = AdminOptions::new().request_timeout(Some(TIMEOUT)).operation_timeout(Some(TIMEOUT));
    for made in admin.create_topics(&new, &options).await.map_err(Error::Topics)? {
        match made {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(Error::Topics(KafkaError::AdminOp(code))),
        }
    }
    Ok(())
}
