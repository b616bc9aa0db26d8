//! PostgreSQL: a cluster of our own, never the system's, on 127.0.0.1 and on no socket file.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;

use crate::data_dir::{self, Unprivileged};
use crate::leftover;
use crate::process::{Ending, Process};
use crate::secrets::Secrets;
use crate::tools;

const USER: &str = "kinora";
const DATABASE: &str = "kinora";

#[derive(Debug)]
pub struct Postgres {
    process: Process,
    bin: PathBuf,
    dir: PathBuf,
    port: u16,
    password: String,
    run_as: Option<Unprivileged>,
    durable: bool,
}

impl Postgres {
    /// Not `durable` is for tests: nothing is synced to the disk.
    pub fn new(data_dir: &Path, port: u16, secrets: &Secrets, durable: bool) -> Result<Self> {
        let run_as = Unprivileged::needed()?;
        let dir = data_dir::postgres_dir(data_dir, run_as)?;
        let version = std::fs::read_to_string(dir.join("PG_VERSION")).ok();
        let ending = Ending {
            // A fast shutdown: sessions are ended, nothing is lost.
            signal: Signal::SIGINT,
            grace: Duration::from_secs(20),
            death: Signal::SIGINT,
        };
        Ok(Self {
            process: Process::new("postgres", data_dir, &dir.display().to_string(), ending),
            bin: tools::postgres_bin(version.as_deref().map(str::trim))?,
            dir,
            port,
            password: secrets.postgres_password.clone(),
            run_as,
            durable,
        })
    }

    pub fn url(&self) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/{DATABASE}", self.password, self.port)
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Returns when it takes connections and the database is there.
    pub fn start(&self) -> Result<()> {
        if self.process.is_running() {
            return Ok(());
        }
        let fresh = !self.dir.join("PG_VERSION").exists();
        if fresh {
            self.init()?;
        }
        self.end_leftover()?;
        self.launch()?;
        self.ensure_database()
    }

    pub fn stop(&self) -> Result<()> {
        self.process.stop()
    }

    /// `kill -9` of the postmaster; its backends notice and end.
    pub fn kill(&self) -> Result<()> {
        self.process.kill()
    }

    /// Ends what an earlier supervisor left, and what a postmaster that was killed left: its pid file, which would
    /// block the next one when the number has been taken over by another process.
    pub fn end_leftover(&self) -> Result<()> {
        self.process.end_leftover()?;
        let pid_file = self.dir.join("postmaster.pid");
        let Ok(text) = std::fs::read_to_string(&pid_file) else { return Ok(()) };
        let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
        if let Some(pid) = pid
            && let Some(seen) = leftover::look_at(pid)
            && seen.command_line.contains(&self.dir.display().to_string())
        {
            leftover::end(pid, seen.start_time, Signal::SIGINT, Duration::from_secs(20))?;
        }
        let _ = std::fs::remove_file(pid_file);
        Ok(())
    }

    fn init(&self) -> Result<()> {
        // An interrupted attempt is begun anew: a cluster is one only with its PG_VERSION, which comes last.
        let fresh = self.dir.with_extension("new");
        let _ = std::fs::remove_dir_all(&fresh);
        data_dir::make_private(&fresh, self.run_as)?;
        let password_file = fresh.with_extension("password");
        std::fs::write(&password_file, &self.password)?;
        let mut command = self.tool("initdb");
        if let Some(user) = self.run_as {
            std::os::unix::fs::chown(&password_file, Some(user.uid), Some(user.gid))?;
        }
        command.arg("-D").arg(&fresh).arg("--pwfile").arg(&password_file);
        command.args(["-U", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]);
        if !self.durable {
            command.arg("--no-sync");
        }
        let done = run(&mut command);
        std::fs::remove_file(&password_file)?;
        done?;
        std::fs::rename(fresh, &self.dir)?;
        Ok(())
    }

    fn launch(&self) -> Result<()> {
        let mut command = self.tool("postgres");
        command.arg("-D").arg(&self.dir).arg("-p").arg(self.port.to_string()).current_dir(&self.dir);
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"] {
            command.arg("-c").arg(setting);
        }
        if !self.durable {
            for setting in ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] {
                command.arg("-c").arg(setting);
            }
        }
        self.process.spawn(command)?;
        self.process.wait_until(Duration::from_secs(60), || {
            let mut ask = self.tool("pg_isready");
            ask.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            ask.status().is_ok_and(|status| status.success())
        })
    }

    fn ensure_database(&self) -> Result<()> {
        let found = self.psql(&format!("SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"))?;
        if found.trim().is_empty() {
            self.psql(&format!("CREATE DATABASE {DATABASE}"))?;
        }
        Ok(())
    }

    /// Runs one statement in the database `postgres` and returns what it printed.
    pub fn psql(&self, statement: &str) -> Result<String> {
        let mut command = self.tool("psql");
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", USER, "-d", "postgres", "-X", "-tA"]);
        command.args(["-v", "ON_ERROR_STOP=1", "-c", statement]).env("PGPASSWORD", &self.password);
        run(&mut command)
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.current_dir("/").stdin(Stdio::null()).env_remove("PGDATA").env_remove("PGHOST");
        if let Some(user) = self.run_as {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }
}

fn run(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_owned();
    let output = command.output().with_context(|| format!("{} can't be run", name.display()))?;
    if !output.status.success() {
        bail!("{} failed: {}", name.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
