//! Kinora's worker: hears the bell, claims tasks from PostgreSQL, turns originals into adaptive streams.
//!
//! The loop ([`run`]) knows no media; the job ([`job`]) knows no Kafka; the engine ([`media`]) knows neither, and no async.
//! It meets hostile files, so it runs in a child process ([`jail`]).

pub mod jail;
pub mod job;
pub mod media;
pub mod reprocess;
pub mod run;
pub mod source;
