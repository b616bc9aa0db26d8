//! The passwords and keys of one data folder, made once and kept beside the data. Loopback is shared by every user of
//! the machine, so the services ask for a password even there.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use rand::Rng;
use rand::distr::Alphanumeric;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
pub struct Secrets {
    pub postgres_password: String,
    pub s3_access_key: String,
    pub s3_secret_key: String,
    /// KINORA_SECRET_KEY. Data folders from before there was one get it now.
    #[serde(default)]
    pub secret_key: String,
}

impl Secrets {
    pub fn load_or_make(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join("secrets.json");
        if let Ok(text) = std::fs::read_to_string(&path) {
            let mut secrets: Self =
                serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
            if secrets.secret_key.is_empty() {
                secrets.secret_key = key();
                secrets.write(&path)?;
            }
            return Ok(secrets);
        }
        let secrets = Self {
            postgres_password: random(24),
            s3_access_key: format!("kinora{}", random(10)),
            s3_secret_key: random(32),
            secret_key: key(),
        };
        secrets.write(&path)?;
        Ok(secrets)
    }

    fn write(&self, path: &Path) -> Result<()> {
        let fresh = path.with_extension("new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(serde_json::to_string_pretty(self)?.as_bytes())?;
        Ok(std::fs::rename(&fresh, path)?)
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// 32 bytes as base64: its last character holds four bits.
fn key() -> String {
    format!("{}A=", random(42))
}

pub fn random(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}
