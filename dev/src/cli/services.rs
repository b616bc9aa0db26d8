//! `kinora-dev services`: the services, and perhaps a worker, for somebody who starts the server by hand.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::exec::run_with;
use super::run::Supervised;
use super::signals::Signals;
use super::{Place, say};
use crate::app::{self, App, AppOptions};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// A worker, too.
    #[arg(long)]
    worker: bool,
    /// Runs as long as this command, with the services in its environment.
    #[arg(last = true)]
    command: Vec<String>,
}

pub fn run(arguments: &Arguments, signals: &Signals) -> Result<ExitCode> {
    let place = &arguments.place;
    let stack = place.stack()?;
    let worker = if arguments.worker {
        let options = AppOptions { echo: true, ..AppOptions::new("worker", place.worker_port) };
        let worker = App::worker(&stack, options)?;
        worker.end_leftover()?;
        Some(worker)
    } else {
        None
    };
    let mut env = stack.env();
    // cargo-leptos sets its own variables.
    env.extend(app::server_env(place.port).into_iter().filter(|(name, _)| name.starts_with("KINORA_")));

    let mut worker = worker.map(Supervised::start).transpose()?;
    let code = if arguments.command.is_empty() {
        for (name, value) in &env {
            say(&format!("export {name}='{value}'"));
        }
        say("Services are ready. Ctrl-C ends them.");
        while signals.wait(Duration::from_millis(500)).is_none() {
            stack.revive()?;
            worker.as_mut().map_or(Ok(()), Supervised::look_after)?;
        }
        ExitCode::SUCCESS
    } else {
        run_with(&arguments.command, &env, signals, || worker.as_mut().map_or(Ok(()), Supervised::look_after))?
    };
    if let Some(worker) = worker {
        worker.app.stop()?;
    }
    stack.stop()?;
    Ok(code)
}
