//! S3. Two clients: one for the house, one that signs URLs for browsers, which may reach S3 by another name.

mod client;
mod download;
mod error;
mod multipart;
mod objects;
mod presign;
mod window;

pub use error::Error;
pub use multipart::Part;
pub use objects::Head;
pub use presign::Signed;

use crate::{Config, Secret};
use aws_sdk_s3::Client;
use std::sync::Arc;
use std::time::Duration;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The bucket. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    /// Only signs; never connects.
    public: Client,
    bucket: String,
    region: String,
    cors_origins: Vec<String>,
    window: Duration,
    secret_key: Secret<String>,
    signing: presign::Now,
}

impl Storage {
    /// Connects to nothing yet.
    pub fn new(config: &Config) -> Self {
        let s3 = &config.s3;
        let public = s3.public_endpoint.as_ref().or(s3.endpoint.as_ref());
        Self {
            inner: Arc::new(Inner {
                client: client::new(s3, s3.endpoint.as_ref()),
                public: client::new(s3, public),
                bucket: s3.bucket.clone(),
                region: s3.region.clone(),
                cors_origins: s3.cors_origins.clone(),
                window: Duration::from_secs(config.url_window_seconds),
                secret_key: s3.secret_key.clone(),
                signing: presign::Now::default(),
            }),
        }
    }
}
