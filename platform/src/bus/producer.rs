use super::Error;
use super::client::{self, Context};
use crate::config::KafkaConfig;
use domain::event::{Envelope, Message};
use rdkafka::error::KafkaError;
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A message that isn't acknowledged by then has failed; the outbox keeps what must not be lost.
const MESSAGE_TIMEOUT_MS: &str = "5000";
/// Progress that piles up while Kafka is away isn't worth more memory.
const QUEUE_MAX: &str = "10000";

type Inner = FutureProducer<Context>;

/// Cheap to clone.
#[derive(Clone)]
pub struct Producer {
    config: Arc<KafkaConfig>,
    inner: Arc<Mutex<Inner>>,
}

impl Producer {
    /// Connects in the background, now or whenever Kafka comes.
    pub fn new(config: &KafkaConfig) -> Result<Self, Error> {
        Ok(Self { config: Arc::new(config.clone()), inner: Arc::new(Mutex::new(create(config)?)) })
    }

    /// Returns when all replicas that are in sync have it. `topic` is one of `domain::event`.
    pub async fn send(&self, topic: &str, key: Option<&str>, envelope: &Envelope) -> Result<(), Error> {
        self.send_json(topic, key, &serde_json::to_vec(envelope)?).await
    }

    /// Never blocks, and nobody hears of a failure: for what is stale in a moment. Keyed by video.
    pub fn fire(&self, topic: &str, message: Message) {
        let key = message.video().map(|video| video.as_str().to_owned());
        let sent = serde_json::to_vec(&Envelope::new(message))
            .map_err(Error::from)
            .and_then(|json| self.enqueue(topic, key.as_deref(), &json));
        if let Err(error) = sent {
            metrics::counter!("kinora_bus_dropped_total").increment(1);
            tracing::debug!(%error, topic, "a message was dropped");
        }
    }

    /// Queues at once, in the order of calls; the future tells how it went.
    pub(super) fn send_json(
        &self,
        topic: &str,
        key: Option<&str>,
        json: &[u8],
    ) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        let queued = self.enqueue(topic, key, json);
        let this = self.clone();
        async move {
            match queued?.await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err((error, _))) => {
                    this.renew_if_broken();
                    Err(failure(error))
                }
                Err(_) => Err(Error::Closed),
            }
        }
    }

    /// Whether Kafka answers. Blocks for at most `timeout`.
    pub(crate) fn ask(&self, timeout: Duration) -> Result<(), Error> {
        let inner = self.inner();
        inner.client().fetch_metadata(None, timeout).map(drop).map_err(Error::NotDelivered)
    }

    fn enqueue(&self, topic: &str, key: Option<&str>, json: &[u8]) -> Result<DeliveryFuture, Error> {
        let topic = self.config.topic(topic);
        let mut record = FutureRecord::<str, [u8]>::to(&topic).payload(json);
        if let Some(key) = key {
            record = record.key(key);
        }
        self.inner().send_result(record).map_err(|(error, _)| {
            self.renew_if_broken();
            failure(error)
        })
    }

    fn inner(&self) -> Inner {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An idempotent producer that lost its sequence never sends again: librdkafka wants a new one.
    fn renew_if_broken(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((code, reason)) = inner.client().fatal_error() {
            match create(&self.config) {
                Ok(new) => {
                    tracing::warn!(?code, reason, "the Kafka producer was replaced");
                    *inner = new;
                }
                Err(error) => tracing::error!(%error, "the Kafka producer is broken and can't be replaced"),
            }
        }
    }
}

fn create(config: &KafkaConfig) -> Result<Inner, Error> {
    client::settings(config)
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("message.timeout.ms", MESSAGE_TIMEOUT_MS)
        .set("queue.buffering.max.messages", QUEUE_MAX)
        .set("linger.ms", "5")
        .create_with_context(Context)
        .map_err(Error::Client)
}

fn failure(error: KafkaError) -> Error {
    match error.rdkafka_error_code() {
        Some(
            RDKafkaErrorCode::MessageSizeTooLarge
            | RDKafkaErrorCode::InvalidMessage
            | RDKafkaErrorCode::InvalidMessageSize,
        ) => Error::Refused(error),
        _ => Error::NotDelivered(error),
    }
}
