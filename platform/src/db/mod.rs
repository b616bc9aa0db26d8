//! All SQL. One file a table or use; free functions over an executor, so that they compose in a transaction.
//!
//! Rows are locked in one order everywhere, so that nothing deadlocks: upload, task, video, build.

pub mod audit;
pub mod builds;
pub mod captions;
pub mod email_tokens;
pub mod engines;
pub mod factors;
pub mod idempotency;
pub mod identities;
pub mod invitations;
pub mod keys;
pub mod known_places;
pub mod mails;
pub mod outbox;
pub mod passkeys;
pub mod positions;
pub mod posters;
pub mod queue;
pub mod quota;
pub mod rate_limits;
pub mod search;
pub mod segments;
pub mod sessions;
pub mod tasks;
pub mod tokens;
pub mod uploads;
pub mod users;
pub mod videos;
pub mod visits;

use crate::config::DatabaseConfig;
use domain::event::{Envelope, Message};
use domain::time::UnixMillis;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool};
use std::str::FromStr;
use std::time::Duration;
use time::OffsetDateTime;

/// How long a request waits for a connection before it is told that the database is out of reach.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// When PostgreSQL lets go of what a process has locked that fell silent within a transaction: frozen, or its machine
/// gone. Longer than the relay waits for Kafka in one.
const SILENCE: (&str, &str) = ("idle_in_transaction_session_timeout", "10s");

/// Connects; fails if the database isn't there within a few seconds.
pub async fn connect(config: &DatabaseConfig) -> crate::Result<PgPool> {
    let options = PgConnectOptions::from_str(config.url.reveal())?.application_name("kinora").options([SILENCE]);
    let pool = PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// Brings the schema up to date. Several processes may do so at once: sqlx takes an advisory lock.
pub async fn migrate(db: &PgPool) -> crate::Result<()> {
    match sqlx::migrate!("../migrations").run(db).await {
        Err(MigrateError::VersionMismatch(_)) => Err(crate::Error::internal(
            "the database is of a state of Kinora that was never released; `make reset` deletes what `make run` keeps",
        )),
        result => Ok(result?),
    }
}

/// Writes a message beside the change that it tells of; the relay brings it to Kafka after the commit.
pub(crate) async fn announce(db: &mut PgConnection, topic: &str, message: Message) -> sqlx::Result<()> {
    let key = message.video().map(|video| video.as_str().to_owned());
    outbox::insert(db, topic, key.as_deref(), &Envelope::new(message)).await
}

/// Reads a word or id of ours back. One that can't be read was written by something else, or by a newer version.
fn read<T>(text: &str) -> sqlx::Result<T>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|e: T::Err| sqlx::Error::Decode(e.into()))
}

fn read_option<T>(text: Option<String>) -> sqlx::Result<Option<T>>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.as_deref().map(read).transpose()
}

pub(crate) fn micros(at: OffsetDateTime) -> i64 {
    (at.unix_timestamp_nanos() / 1_000) as i64
}

pub(crate) fn millis(at: OffsetDateTime) -> UnixMillis {
    UnixMillis(micros(at).div_euclid(1_000))
}

/// Whether `error` is the violation of the constraint or unique index of this name.
pub(crate) fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|e| e.constraint()) == Some(constraint)
}
