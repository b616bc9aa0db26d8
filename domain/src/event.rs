//! What goes over Kafka: versioned JSON. Whoever can't read a message passes it over.

use crate::id::{BuildId, TaskId, VideoId};
use crate::video::State;
use serde::{Deserialize, Serialize};

/// The version that every message of ours carries as `v`.
pub const VERSION: u32 = 1;

/// Rings at every worker: there is work. Which work it is PostgreSQL tells.
pub const TOPIC_TASKS: &str = "kinora.tasks";
/// Progress and state, keyed by video.
pub const TOPIC_EVENTS: &str = "kinora.events";
/// Tasks that are dead.
pub const TOPIC_DEAD: &str = "kinora.tasks.dlq";

/// A message in its envelope: `{"v":1,"type":"progress",…}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    pub v: u32,
    #[serde(flatten)]
    pub message: Message,
}

impl Envelope {
    pub fn new(message: Message) -> Self {
        Self { v: VERSION, message }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// A task was queued.
    Bell { task: TaskId },
    /// A film has come further: `progress` is 0 to 1.
    Progress { video: VideoId, progress: f64 },
    /// More of a film can be watched.
    Published { video: VideoId, build: BuildId },
    /// A film changed its state.
    State { video: VideoId, state: State },
    /// A task is dead: it failed too often.
    Dead { task: TaskId, video: Option<VideoId>, error: String },
}

impl Message {
    pub fn video(&self) -> Option<&VideoId> {
        match self {
            Message::Bell { .. } => None,
            Message::Progress { video, .. } | Message::Published { video, .. } | Message::State { video, .. } => Some(video),
            Message::Dead { video, .. } => video.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_flat_versioned_json() {
        let message = Message::Progress { video: VideoId::from_random([0; 16]), progress: 0.5 };
        let json = serde_json::to_string(&Envelope::new(message.clone())).unwrap();
        assert_eq!(json, r#"{"v":1,"type":"progress","video":"000000000000","progress":0.5}"#);
        assert_eq!(serde_json::from_str::<Envelope>(&json).unwrap().message, message);
    }

    #[test]
    fn garbage_is_an_error_and_nothing_worse() {
        for text in [
            "",
            "{}",
            "null",
            r#"{"v":1,"type":"unheard-of"}"#,
            r#"{"v":1,"type":"progress","video":"no id","progress":1}"#,
        ] {
            assert!(serde_json::from_str::<Envelope>(text).is_err(), "{text}");
        }
    }
}
