//! Kafka: bells for workers, events for whoever watches. Nothing depends on it: with Kafka down, sweeps and polls
//! carry on from PostgreSQL, a second or two later.

mod client;
mod consume;
mod producer;
mod relay;
mod topics;

pub use consume::{Bells, Live};
pub use producer::Producer;
pub use relay::relay;
pub use topics::{create_topics, ensure_topics};

/// Kafka didn't take or answer something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("Kafka can't be used as configured")]
    Client(#[source] rdkafka::error::KafkaError),
    /// Not acknowledged in time: Kafka is down or slow.
    #[error("Kafka did not take a message")]
    NotDelivered(#[source] rdkafka::error::KafkaError),
    /// It never will be taken: too large, say.
    #[error("Kafka refuses a message")]
    Refused(#[source] rdkafka::error::KafkaError),
    #[error("a message can't be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("Kafka could not make a topic")]
    Topics(#[source] rdkafka::error::KafkaError),
    #[error("the producer was closed")]
    Closed,
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::NotDelivered(_) | Error::Topics(_) => crate::Error::Unavailable(error.into()),
            other => crate::Error::Internal(other.into()),
        }
    }
}
