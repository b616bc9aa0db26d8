//! One error for all use cases: its kind is set where it happens and becomes an HTTP status once, in the server.

use std::error::Error as StdError;

pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync>;

/// `Display` is for people. What went wrong inside is the source, for the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It doesn't exist, or whoever asks may not know that it does.
    #[error("There is nothing here.")]
    NotFound,
    #[error("{message}")]
    Unauthenticated { code: &'static str, message: &'static str },
    #[error("{message}")]
    Forbidden { code: &'static str, message: &'static str },
    /// A field of the input was refused.
    #[error("{message}")]
    Invalid { field: &'static str, code: &'static str, message: String },
    /// It can't be done in the state that things are in.
    #[error("{message}")]
    Conflict { code: &'static str, message: String, details: Option<serde_json::Value> },
    /// It isn't as whoever wants to change it knew it.
    #[error("Somebody has changed this meanwhile. Read it again, and decide again.")]
    Changed,
    #[error("Too many attempts. Try again in {retry_after} s.")]
    TooMany { retry_after: u64 },
    /// A task's lease went to another worker: what this one wanted to write was not written.
    #[error("This task is another worker's now.")]
    Lost,
    /// It is being done, and takes longer than anybody should wait for an answer.
    #[error("{message}")]
    Underway { message: &'static str },
    /// PostgreSQL, S3 or Kafka can't be reached.
    #[error("This can't be done right now. Nothing is lost; try again in a moment.")]
    Unavailable(#[source] Source),
    #[error("Something went wrong on our side. It has been logged.")]
    Internal(#[source] Source),
}

impl Error {
    pub fn sign_in_first() -> Self {
        Error::Unauthenticated { code: "sign_in_required", message: "Sign in first." }
    }

    pub fn forbidden() -> Self {
        Error::Forbidden { code: "forbidden", message: "You can't do this." }
    }

    pub fn invalid(field: &'static str, code: &'static str, why: impl std::fmt::Display) -> Self {
        Error::Invalid { field, code, message: why.to_string() }
    }

    pub fn internal(source: impl Into<Source>) -> Self {
        Error::Internal(source.into())
    }

    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::NotFound => "not_found",
            Error::Unauthenticated { code, .. }
            | Error::Forbidden { code, .. }
            | Error::Invalid { code, .. }
            | Error::Conflict { code, .. } => code,
            Error::Changed => "changed_meanwhile",
            Error::TooMany { .. } => "too_many_attempts",
            Error::Lost => "lease_lost",
            Error::Underway { .. } => "underway",
            Error::Unavailable(_) => "unavailable",
            Error::Internal(_) => "internal",
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => {
                Error::Unavailable(error.into())
            }
            sqlx::Error::Database(ref answer) if answer.code().is_some_and(|code| is_away(&code)) => {
                Error::Unavailable(error.into())
            }
            // Behind all parsing: what somebody sent has a character that no text of PostgreSQL can have.
            sqlx::Error::Database(ref answer)
                if answer.code().is_some_and(|code| code == "22021" || code == "22P05") =>
            {
                Error::invalid("text", "control_character", "A NUL character can't stand in a text.")
            }
            other => Error::Internal(other.into()),
        }
    }
}

/// Whether PostgreSQL, by its SQLSTATE, ends, starts, has no connection to spare, or rolled back because of others: the
/// same may go well later.
fn is_away(code: &str) -> bool {
    ["57P", "53", "08", "40"].iter().any(|class| code.starts_with(class))
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Error::Internal(error.into())
    }
}

impl From<crate::storage::Error> for Error {
    fn from(error: crate::storage::Error) -> Self {
        match error {
            crate::storage::Error::Unavailable(_) => Error::Unavailable(error.into()),
            other => Error::Internal(other.into()),
        }
    }
}
