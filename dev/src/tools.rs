//! Where the programs of the services lie. `dev/setup.sh` puts them there.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// `${KINORA_CACHE:-$HOME/.cache/kinora}`.
pub fn cache_dir() -> PathBuf {
    match std::env::var_os("KINORA_CACHE").filter(|v| !v.is_empty()) {
        Some(dir) => PathBuf::from(dir),
        None => home().join(".cache/kinora"),
    }
}

pub fn home() -> PathBuf {
    std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from)
}

pub fn versitygw() -> Result<PathBuf> {
    let path = cache_dir().join("tools/bin/versitygw");
    if path.exists() { Ok(path) } else { bail!("versitygw is not installed: run `make setup` once") }
}

/// What the tests of a CDN run.
pub fn nginx() -> Result<PathBuf> {
    let own = cache_dir().join("tools/bin/nginx");
    if own.exists() {
        return Ok(own);
    }
    on_path("nginx").map(|folder| folder.join("nginx")).context("nginx is not installed: run `make setup` once")
}

/// The class path of Apache Kafka.
pub fn kafka_libs() -> Result<String> {
    let folder = cache_dir().join("tools/kafka/libs");
    if folder.is_dir() {
        Ok(format!("{}/*", folder.display()))
    } else {
        bail!("Apache Kafka is not installed: run `make setup` once")
    }
}

/// The folder with `initdb` and `postgres`: of `version` (what a cluster was made with), else the newest.
pub fn postgres_bin(version: Option<&str>) -> Result<PathBuf> {
    let installed = Path::new("/usr/lib/postgresql");
    if let Some(version) = version {
        let bin = installed.join(version).join("bin");
        if bin.join("postgres").exists() {
            return Ok(bin);
        }
    }
    let newest = std::fs::read_dir(installed)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join("bin/postgres").exists())
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max();
    match newest {
        Some(found) if version.is_none() => Ok(installed.join(found.to_string()).join("bin")),
        Some(found) => bail!(
            "the database was made with PostgreSQL {}, and {found} is installed: dump it there and `make reset`",
            version.unwrap_or_default()
        ),
        None => on_path("initdb").context("PostgreSQL is not installed: run `make setup` once"),
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).find(|folder| folder.join(program).exists())
}
