//! Listening. On threads of their own: librdkafka's consumer blocks, and its stream loses wake-ups (rust-rdkafka #665).

use super::client::{self, Context};
use crate::config::KafkaConfig;
use domain::event::{Envelope, Message, TOPIC_EVENTS, TOPIC_TASKS, VERSION};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, broadcast};

/// Bounds how long a thread outlives its last listener.
const POLL: Duration = Duration::from_millis(200);
const RETRY: Duration = Duration::from_secs(1);
const METADATA_TIMEOUT: Duration = Duration::from_secs(2);
/// How often partitions are counted: after an error soon, else now and then.
const RECOUNT: Duration = Duration::from_secs(60);
const RECOUNT_AFTER_ERROR: Duration = Duration::from_secs(2);
/// Events that a slow listener may lag behind before it misses some.
const LIVE_BACKLOG: usize = 1024;

/// Rings whenever work was queued anywhere, for every worker. Rings that come together are one.
#[derive(Clone)]
pub struct Bells {
    bell: Arc<Notify>,
    _listener: Arc<Listener>,
}

impl Bells {
    pub fn new(config: &KafkaConfig) -> Self {
        let bell = Arc::new(Notify::new());
        let ring = bell.clone();
        let listener = Listener::start("bells", config, TOPIC_TASKS, move |envelope| {
            if matches!(envelope.message, Message::Bell { .. }) {
                ring.notify_one();
            }
        });
        Self { bell, _listener: Arc::new(listener) }
    }

    /// Returns at the next ring, at once if one came since the last call.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    pub fn notify(&self) -> Arc<Notify> {
        self.bell.clone()
    }
}

/// Everything that happens to films, as it happens.
#[derive(Clone)]
pub struct Live {
    sender: broadcast::Sender<Arc<Envelope>>,
    _listener: Arc<Listener>,
}

impl Live {
    pub fn new(config: &KafkaConfig) -> Self {
        let (sender, _) = broadcast::channel(LIVE_BACKLOG);
        let heard = sender.clone();
        let listener = Listener::start("live", config, TOPIC_EVENTS, move |envelope| {
            // Nobody listening is no error.
            let _ = heard.send(Arc::new(envelope));
        });
        Self { sender, _listener: Arc::new(listener) }
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Envelope>> {
        self.sender.subscribe()
    }
}

/// A thread that reads a topic from now on; it ends when this is dropped.
struct Listener {
    stop: Arc<AtomicBool>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Listener {
    fn start(name: &'static str, config: &KafkaConfig, topic: &str, hear: impl Fn(Envelope) + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (config, topic, stopped) = (config.clone(), config.topic(topic), stop.clone());
        let body = move || {
            while !stopped.load(Ordering::Relaxed) {
                match listen(&config, &topic, &stopped, &hear) {
                    Ok(()) => return,
                    Err(error) => tracing::warn!(%error, topic, "the Kafka listener begins anew"),
                }
                thread::sleep(RETRY);
            }
        };
        if let Err(error) = thread::Builder::new().name(format!("kafka-{name}")).spawn(body) {
            tracing::error!(%error, "no thread for Kafka; polling has to do");
        }
        Self { stop }
    }
}

fn listen(
    config: &KafkaConfig,
    topic: &str,
    stop: &AtomicBool,
    hear: &impl Fn(Envelope),
) -> Result<(), rdkafka::error::KafkaError> {
    // The group is required by librdkafka and never joined: partitions are assigned, offsets never committed.
    let consumer: BaseConsumer<Context> = client::settings(config)
        .set("group.id", "kinora-listener")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "latest")
        .create_with_context(Context)?;
    let mut partitions = 0;
    let mut away = false;
    let mut count_at = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        if Instant::now() >= count_at {
            match count_partitions(&consumer, topic) {
                Some(count) => {
                    if count != partitions {
                        assign(&consumer, topic, partitions, count)?;
                        partitions = count;
                        tracing::info!(topic, partitions, "listening to Kafka");
                    } else if away {
                        tracing::info!(topic, "Kafka is back");
                    }
                    away = false;
                    count_at = Instant::now() + RECOUNT;
                }
                None => {
                    if !away && partitions == 0 {
                        // As on every first start: a topic comes with its first message.
                        tracing::info!(topic, "Kafka or the topic isn't there yet; waiting");
                    } else if !away {
                        tracing::warn!(topic, "Kafka is away; waiting");
                    }
                    away = true;
                    count_at = Instant::now() + RETRY;
                }
            }
        }
        match consumer.poll(POLL) {
            None => {}
            Some(Ok(message)) => match message.payload().map(read) {
                Some(Ok(Some(envelope))) => hear(envelope),
                // A newer version's message: not for us.
                Some(Ok(None)) => metrics::counter!("kinora_bus_newer_total").increment(1),
                None => {}
                Some(Err(error)) => {
                    metrics::counter!("kinora_bus_garbage_total").increment(1);
                    let (partition, offset) = (message.partition(), message.offset());
                    tracing::warn!(%error, topic, partition, offset, "a message can't be read and was passed over");
                }
            },
            Some(Err(error)) => {
                tracing::debug!(%error, topic, "Kafka listener");
                count_at = count_at.min(Instant::now() + RECOUNT_AFTER_ERROR);
            }
        }
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Result<Option<Envelope>, serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        v: u32,
    }
    if serde_json::from_slice::<Versioned>(bytes)?.v > VERSION {
        return Ok(None);
    }
    serde_json::from_slice(bytes).map(Some)
}

fn count_partitions(consumer: &BaseConsumer<Context>, topic: &str) -> Option<i32> {
    let metadata = consumer.fetch_metadata(Some(topic), METADATA_TIMEOUT).ok()?;
    let topic = metadata.topics().iter().find(|t| t.name() == topic && t.error().is_none())?;
    Some(topic.partitions().len() as i32).filter(|count| *count > 0)
}

/// Reads on where it stood, from the end of what it meets first, and all of what was added while it listened.
fn assign(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    before: i32,
    now: i32,
) -> Result<(), rdkafka::error::KafkaError> {
    let positions = consumer.position()?;
    let mut list = TopicPartitionList::new();
    for partition in 0..now {
        let offset = match positions.find_partition(topic, partition).map(|p| p.offset()) {
            Some(Offset::Offset(offset)) => Offset::Offset(offset),
            _ if before > 0 && partition >= before => Offset::Beginning,
            _ => Offset::End,
        };
        list.add_partition_offset(topic, partition, offset)?;
    }
    consumer.assign(&list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_messages_are_passed_over_and_garbage_is_told_from_them() {
        assert!(matches!(read(br#"{"v":2,"type":"unheard-of"}"#), Ok(None)));
        assert!(matches!(read(br#"{"v":1,"type":"bell","task":7}"#), Ok(Some(_))));
        assert!(read(b"\xff").is_err());
        assert!(read(br#"{"v":1,"type":"unheard-of"}"#).is_err());
    }
}
