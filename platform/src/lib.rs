//! Everything of Kinora that touches the outside: configuration, PostgreSQL (truth), Kafka (doorbell and events), S3
//! (bytes); and the use cases that pages, REST API and worker share.

pub(crate) mod access;
pub mod accounts;
pub mod addresses;
pub mod audit;
pub mod builds;
pub mod bus;
pub mod captions;
pub mod cdn;
pub mod config;
pub mod credentials;
pub mod db;
pub mod error;
pub mod factors;
pub mod health;
pub mod idempotency;
pub mod invitations;
pub mod mail;
pub mod oidc;
pub mod originals;
pub mod outside;
pub mod passkeys;
mod passwords;
pub mod people;
pub mod places;
pub mod posters;
pub mod proof;
pub mod queue;
pub mod remembered;
pub mod sealed;
pub mod secret;
pub mod sessions;
pub mod sharing;
pub mod shutdown;
pub mod signing_in;
pub mod storage;
pub mod tasks;
pub mod telemetry;
pub mod tokens;
pub mod uploads;
pub mod videos;
pub mod watching;

pub use config::Config;
pub use error::{Error, Result};
pub use secret::Secret;

use sqlx::PgPool;
use std::sync::Arc;

/// What every use case works with. Cheap to clone.
#[derive(Clone)]
pub struct Platform {
    pub config: Arc<Config>,
    pub db: PgPool,
    pub storage: storage::Storage,
    pub bus: bus::Producer,
    pub live: bus::Live,
    /// Where mails leave; none where nothing is configured.
    pub mail: Option<mail::Outlet>,
    /// Which video a build belongs to and who may see it, remembered for a moment: a film's segments ask for it often.
    pub watchers: videos::Watchers,
    /// Sites whose accounts open ours.
    pub oidc: oidc::Providers,
    /// What is published of the builds that are being watched.
    pub growth: videos::Builds,
}

impl Platform {
    /// Connects to PostgreSQL, which has to be there, brings its schema up to date, and makes ready for Kafka and S3,
    /// which may come later.
    pub async fn connect(config: Config) -> Result<Self> {
        let db = db::connect(&config.database).await?;
        db::migrate(&db).await?;
        let storage = storage::Storage::new(&config);
        let bus = bus::Producer::new(&config.kafka)?;
        let live = bus::Live::new(&config.kafka);
        let mail = mail::Outlet::new(&config)?;
        let oidc = oidc::Providers::new(&config.oidc)?;
        Ok(Self {
            config: Arc::new(config),
            db,
            storage,
            bus,
            live,
            mail,
            watchers: videos::Watchers::default(),
            oidc,
            growth: videos::Builds::default(),
        })
    }
}
