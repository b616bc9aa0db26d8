//! What a server function answers when it can't do what was asked.

use crate::server;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// `code` is for programs and stable; `message` is for people; `field` names the input that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    pub code: String,
    pub message: String,
    pub field: Option<String>,
    /// More for programs: the parts that are missing, say.
    pub details: Option<serde_json::Value>,
}

impl ApiError {
    pub fn new(code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), message: message.to_owned(), field: None, details: None }
    }

    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }

    /// Whether the same call may succeed in a moment.
    pub fn is_passing(&self) -> bool {
        matches!(self.code.as_str(), "unreachable" | "underway" | "unavailable" | "internal")
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Deserialization(_) | ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_)
                if !server::in_browser() =>
            {
                server::set_status(422);
                Self::new("invalid_request", "Kinora can't read this request. Reload the page and try again.")
            }
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::new("unreachable", "Kinora can't be reached. Check your connection and try again.")
            }
            _ => Self::new("internal", "Something went wrong on our side. Try again in a moment."),
        }
    }
}
