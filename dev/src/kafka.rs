//! Apache Kafka: one KRaft node, broker and controller in one process. The platform creates the topics.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;

use crate::probe;
use crate::process::{Ending, Process};
use crate::secrets;
use crate::tools;

#[derive(Debug)]
pub struct Kafka {
    process: Process,
    libs: String,
    dir: PathBuf,
    port: u16,
    controller_port: u16,
}

impl Kafka {
    pub fn new(data_dir: &Path, port: u16, controller_port: u16) -> Result<Self> {
        let dir = std::path::absolute(data_dir.join("kafka"))?;
        let ending = Ending { signal: Signal::SIGTERM, grace: Duration::from_secs(15), death: Signal::SIGTERM };
        Ok(Self {
            process: Process::new("kafka", data_dir, &dir.display().to_string(), ending),
            libs: tools::kafka_libs()?,
            dir,
            port,
            controller_port,
        })
    }

    pub fn brokers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
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
        std::fs::create_dir_all(&self.dir)?;
        std::fs::write(self.properties(), self.settings())?;
        std::fs::write(self.dir.join("log4j2.properties"), LOGGING)?;
        if !self.dir.join("data/meta.properties").exists() {
            self.format()?;
        }
        let mut java = Command::new("java");
        java.args(["-Xmx256m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]);
        java.arg(format!("-Dlog4j2.configurationFile={}", self.dir.join("log4j2.properties").display()));
        java.args(["-cp", &self.libs, "kafka.Kafka"]).arg(self.properties()).current_dir(&self.dir);
        self.process.spawn(java)?;
        self.process.wait_until(Duration::from_secs(60), || probe::kafka_answers(self.port))
    }

    pub fn stop(&self) -> Result<()> {
        self.process.stop()
    }

    /// `kill -9`.
    pub fn kill(&self) -> Result<()> {
        self.process.kill()
    }

    fn format(&self) -> Result<()> {
        // An interrupted attempt leaves a folder without its meta.properties.
        let _ = std::fs::remove_dir_all(self.dir.join("data"));
        let log = self.process.open_log()?;
        let done = Command::new("java")
            .args(["-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", &self.libs])
            .args(["kafka.tools.StorageTool", "format", "--standalone", "-t", &cluster_id(), "-c"])
            .arg(self.properties())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .status()
            .context("java can't be run: run `make setup` once")?;
        if !done.success() {
            bail!("Kafka's folder can't be formatted.\n{}", self.process.log_tail());
        }
        Ok(())
    }

    fn properties(&self) -> PathBuf {
        self.dir.join("server.properties")
    }

    fn settings(&self) -> String {
        let (port, controller) = (self.port, self.controller_port);
        format!(
            "process.roles=broker,controller\n\
             node.id=1\n\
             controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
             controller.listener.names=CONTROLLER\n\
             inter.broker.listener.name=PLAINTEXT\n\
             log.dirs={}/data\n\
             num.partitions=1\n\
             default.replication.factor=1\n\
             min.insync.replicas=1\n\
             offsets.topic.replication.factor=1\n\
             offsets.topic.num.partitions=4\n\
             transaction.state.log.replication.factor=1\n\
             transaction.state.log.min.isr=1\n\
             share.coordinator.state.topic.replication.factor=1\n\
             share.coordinator.state.topic.min.isr=1\n\
             group.initial.rebalance.delay.ms=0\n\
             auto.create.topics.enable=false\n\
             log.retention.hours=168\n",
            self.dir.display()
        )
    }
}

/// 16 random bytes in URL-safe base64 without padding: 21 characters of 6 bits, and one that holds the last 2.
fn cluster_id() -> String {
    format!("{}{}", secrets::random(21), "AQgw".chars().nth(usize::from(rand::random::<u8>() % 4)).unwrap_or('A'))
}

/// Without a configuration Kafka says nothing at all of a start that fails.
const LOGGING: &str = "\
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %m (%c)%n
logger.server.name = kafka.server
logger.server.level = info
logger.config.name = org.apache.kafka.common.config
logger.config.level = warn
";

#[cfg(test)]
mod tests {
    #[test]
    fn a_cluster_id_is_16_bytes_in_base64() {
        let id = super::cluster_id();
        assert!(id.len() == 22 && id.ends_with(['A', 'Q', 'g', 'w']), "{id}");
    }
}
