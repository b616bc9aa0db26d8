//! versitygw: a real S3 server over a folder. The platform creates the bucket and its CORS rules.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;

use crate::probe;
use crate::process::{Ending, Process};
use crate::secrets::Secrets;
use crate::tools;

pub const BUCKET: &str = "kinora";
pub const REGION: &str = "us-east-1";

#[derive(Debug)]
pub struct S3 {
    process: Process,
    program: PathBuf,
    dir: PathBuf,
    port: u16,
    secrets: Secrets,
}

impl S3 {
    pub fn new(data_dir: &Path, port: u16, secrets: &Secrets) -> Result<Self> {
        let dir = std::path::absolute(data_dir.join("s3"))?;
        let ending = Ending { signal: Signal::SIGTERM, grace: Duration::from_secs(5), death: Signal::SIGKILL };
        Ok(Self {
            process: Process::new("s3", data_dir, &dir.display().to_string(), ending),
            program: tools::versitygw()?,
            dir,
            port,
            secrets: secrets.clone(),
        })
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn access_key(&self) -> &str {
        &self.secrets.s3_access_key
    }

    pub fn secret_key(&self) -> &str {
        &self.secrets.s3_secret_key
    }

    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Returns when it answers requests.
    pub fn start(&self) -> Result<()> {
        if self.process.is_running() {
            return Ok(());
        }
        self.process.end_leftover()?;
        let keeps_attributes = keeps_attributes(&self.dir);
        std::fs::create_dir_all(&self.dir)?;
        let mut command = Command::new(&self.program);
        command.env("ROOT_ACCESS_KEY", self.access_key()).env("ROOT_SECRET_KEY", self.secret_key());
        command.arg("--port").arg(format!("127.0.0.1:{}", self.port));
        command.args(["--region", REGION, "--keep-alive", "--health", "/health", "--quiet", "posix"]);
        if !keeps_attributes {
            let beside = beside(&self.dir);
            std::fs::create_dir_all(&beside)?;
            command.arg("--sidecar").arg(beside);
        }
        command.arg(&self.dir).current_dir(&self.dir);
        self.process.spawn(command)?;
        self.process.wait_until(Duration::from_secs(30), || probe::http_status(self.port, "/health") == Some(200))
    }

    pub fn stop(&self) -> Result<()> {
        self.process.stop()
    }

    /// `kill -9`.
    pub fn kill(&self) -> Result<()> {
        self.process.kill()
    }
}

/// Where versitygw keeps ETags, types and lists of parts: no extended attribute of a file has room for hundreds of parts. It
/// takes folders whose names begin as the objects' own for folders within.
fn beside(folder: &Path) -> PathBuf {
    folder.with_file_name("meta-s3")
}

/// Whether the folder has objects that were stored with extended attributes, as they all were once.
fn keeps_attributes(folder: &Path) -> bool {
    folder.join(BUCKET).exists() && !beside(folder).exists()
}
