//! `kinora-dev exec -- command`: a command with services of its own.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use nix::sys::signal::Signal;

use super::say;
use super::signals::Signals;
use crate::app::{self, App, AppOptions};
use crate::leaks;
use crate::process::signal_group;
use crate::stack::{Services, Stack, StackOptions};
use crate::{ports, spawner, tools};

#[derive(Debug, Args)]
pub struct Arguments {
    /// A server and a worker, too, with the server's address in KINORA_BASE_URL, the worker's in KINORA_WORKER_URL,
    /// and the processes' ids in KINORA_SERVER_PID and KINORA_WORKER_PID.
    #[arg(long)]
    app: bool,
    /// Which services [default: all]
    #[arg(long, value_delimiter = ',')]
    services: Vec<Service>,
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Service {
    Postgres,
    Kafka,
    S3,
}

impl Arguments {
    fn services(&self) -> Services {
        if self.services.is_empty() {
            return Services::ALL;
        }
        let wants = |service| self.services.contains(&service);
        Services { postgres: wants(Service::Postgres), kafka: wants(Service::Kafka), s3: wants(Service::S3) }
    }
}

pub fn run(arguments: &Arguments, signals: &Signals) -> Result<ExitCode> {
    let stack = Stack::start(StackOptions { services: arguments.services(), ..StackOptions::default() })?;
    let mut env = stack.env();
    env.push(("KINORA_BIN_DIR".to_owned(), app::bin_dir()?.display().to_string()));
    env.push(("KINORA_SITE_ROOT".to_owned(), app::site_root().display().to_string()));
    let mut apps = Vec::new();
    if arguments.app {
        let [server, worker] = ports::free()?;
        let worker = App::worker(&stack, AppOptions::new("worker", worker))?;
        let server = App::server(&stack, AppOptions::new("server", server))?;
        env.push(("KINORA_BASE_URL".to_owned(), server.url()));
        env.push(("KINORA_WORKER_URL".to_owned(), worker.url()));
        apps.extend([worker, server]);
    }
    let outcome = start_all(&apps).and_then(|()| {
        env.extend(pids(&apps));
        run_with(&arguments.command, &env, signals, || Ok(()))
    });
    if !matches!(outcome, Ok(ExitCode::SUCCESS)) {
        keep_logs(&stack);
    }
    for app in &apps {
        app.stop()?;
    }
    let told = if apps.is_empty() { Ok(()) } else { leaks::look(&stack.data_dir().join("logs"), &planted(&stack)) };
    stack.stop()?;
    told.and(outcome)
}

/// Secrets that a run was made with; the journeys' passwords all begin alike.
fn planted(stack: &Stack) -> Vec<(&'static str, String)> {
    let mut planted = vec![("a password", "hush-".to_owned()), ("a session's cookie", "kinora_session=".to_owned())];
    if !stack.s3_secret_key().is_empty() {
        planted.push(("the key to S3", stack.s3_secret_key().to_owned()));
    }
    let url = stack.env().into_iter().find(|(name, _)| name == "KINORA_DATABASE_URL");
    if let Some(password) = url.as_ref().and_then(|(_, url)| url.split_once('@')?.0.rsplit_once(':')) {
        planted.push(("the password of PostgreSQL", password.1.to_owned()));
    }
    planted
}

/// Returns when the server is ready. The worker takes what it finds whenever it is there, as it does everywhere.
fn start_all(apps: &[App]) -> Result<()> {
    apps.iter().try_for_each(App::start)?;
    apps.iter().filter(|app| app.name() == "server").try_for_each(|app| app.wait_ready(Duration::from_secs(60)))
}

fn pids(apps: &[App]) -> impl Iterator<Item = (String, String)> {
    apps.iter().filter_map(|app| Some((format!("KINORA_{}_PID", app.name().to_uppercase()), app.pid()?.to_string())))
}

/// Runs a command to its end, in a process group of its own, so that a signal to us ends all that it started.
pub fn run_with(
    command: &[String],
    env: &[(String, String)],
    signals: &Signals,
    mut meanwhile: impl FnMut() -> Result<()>,
) -> Result<ExitCode> {
    let (program, arguments) = command.split_first().context("a command")?;
    let mut child = Command::new(program);
    child.args(arguments).envs(env.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
    let mut child = spawner::spawn(child, Signal::SIGTERM).with_context(|| format!("{program} can't be run"))?;
    let group = child.id();
    let mut asked: Option<Instant> = None;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        match signals.wait(Duration::from_millis(50)) {
            Some(signal) => {
                signal_group(group, signal);
                asked = Some(Instant::now());
            }
            None if asked.is_some_and(|at| at.elapsed() > Duration::from_secs(10)) => {
                signal_group(group, Signal::SIGKILL);
            }
            None => meanwhile()?,
        }
    };
    end_stragglers(group);
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(if code == 0 { ExitCode::SUCCESS } else { ExitCode::from(u8::try_from(code).unwrap_or(1)) })
}

/// What the command left running is in its group, and the number of a group is not reused while it has members.
fn end_stragglers(group: u32) {
    let begun = Instant::now();
    while signal_group(group, Signal::SIGTERM) {
        if begun.elapsed() > Duration::from_secs(3) {
            signal_group(group, Signal::SIGKILL);
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The temporary folder is about to go; what the services wrote may say why the command failed.
fn keep_logs(stack: &Stack) {
    let kept = tools::cache_dir().join("logs/last-failure");
    let copy = |from: &Path| -> Result<()> {
        let _ = std::fs::remove_dir_all(&kept);
        std::fs::create_dir_all(&kept)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            std::fs::copy(entry.path(), kept.join(entry.file_name()))?;
        }
        Ok(())
    };
    if copy(&stack.data_dir().join("logs")).is_ok() {
        say(&format!("The logs of the services are kept in {}", kept.display()));
    }
}
