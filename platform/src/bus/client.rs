use crate::config::KafkaConfig;
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;

/// What every client of ours has in common.
pub(super) fn settings(config: &KafkaConfig) -> ClientConfig {
    let mut settings = ClientConfig::new();
    settings
        .set("client.id", "kinora")
        .set("bootstrap.servers", &config.brokers)
        .set("security.protocol", &config.security_protocol)
        // Back within seconds of Kafka's return.
        .set("reconnect.backoff.ms", "100")
        .set("reconnect.backoff.max.ms", "2000")
        .set("allow.auto.create.topics", "false")
        .set("topic.metadata.refresh.interval.ms", "30000");
    if let Some(mechanism) = &config.sasl_mechanism {
        settings.set("sasl.mechanism", mechanism);
    }
    if let Some(username) = &config.username {
        settings.set("sasl.username", username);
    }
    if let Some(password) = &config.password {
        settings.set("sasl.password", password.reveal());
    }
    if let Some(file) = &config.ssl_ca_location {
        settings.set("ssl.ca.location", file.to_string_lossy());
    }
    settings
}

/// Sends librdkafka's log to ours, quietly: it says the same every second that Kafka is away. That it is away is said
/// once, where it matters.
#[derive(Clone)]
pub(super) struct Context;

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
                tracing::error!(facility, "{message}");
            }
            _ => tracing::debug!(facility, "{message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "Kafka client");
    }
}

impl ConsumerContext for Context {}
