//! The command line of `kinora-dev`.

mod exec;
mod reset;
mod run;
mod services;
mod signals;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::ports::{Ports, StackPorts};
use crate::stack::{Services, Stack, StackOptions};
use crate::tools;

/// Starts and supervises Kinora's services on this machine.
#[derive(Debug, Parser)]
#[command(name = "kinora-dev")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Services, server and worker, until Ctrl-C.
    Run(run::Arguments),
    /// The services only, for `make dev`; with a command: as long as it runs, with their addresses in its environment.
    Services(services::Arguments),
    /// Runs a command with services of its own, on free ports and in a temporary folder.
    Exec(exec::Arguments),
    /// Deletes the data of `run`, after asking.
    Reset(reset::Arguments),
}

/// Where the data lies and which ports the services of this machine have.
#[derive(Debug, Args)]
struct Place {
    /// The data folder [default: ~/.local/share/kinora]
    #[arg(long, env = "KINORA_DATA")]
    data: Option<PathBuf>,
    #[arg(long, env = "KINORA_PORT", default_value_t = 3000)]
    port: u16,
    #[arg(long, env = "KINORA_WORKER_PORT", default_value_t = 3009)]
    worker_port: u16,
    #[arg(long, env = "KINORA_POSTGRES_PORT", default_value_t = 54320)]
    postgres_port: u16,
    #[arg(long, env = "KINORA_KAFKA_PORT", default_value_t = 19092)]
    kafka_port: u16,
    #[arg(long, env = "KINORA_KAFKA_CONTROLLER_PORT", default_value_t = 19093)]
    kafka_controller_port: u16,
    #[arg(long, env = "KINORA_S3_PORT", default_value_t = 17070)]
    s3_port: u16,
}

impl Place {
    fn data_dir(&self) -> PathBuf {
        data_dir(self.data.as_ref())
    }

    fn stack(&self) -> Result<Stack> {
        let data_dir = self.data_dir();
        say(&format!("data: {}", data_dir.display()));
        let ports = StackPorts {
            postgres: self.postgres_port,
            kafka: self.kafka_port,
            kafka_controller: self.kafka_controller_port,
            s3: self.s3_port,
        };
        let stack = Stack::start(StackOptions {
            data_dir: Some(data_dir.clone()),
            ports: Ports::Fixed(ports),
            services: Services::ALL,
            durable: true,
        })?;
        let cluster = stack.postgres().dir();
        if !cluster.starts_with(&data_dir) {
            say(&format!("data: {} (PostgreSQL's user can't enter the folder above)", cluster.display()));
        }
        let times: Vec<String> =
            stack.start_times().iter().map(|(name, took)| format!("{name} {:.1} s", took.as_secs_f32())).collect();
        say(&format!("services: {}", times.join(", ")));
        Ok(stack)
    }
}

fn data_dir(chosen: Option<&PathBuf>) -> PathBuf {
    match chosen.filter(|dir| !dir.as_os_str().is_empty()) {
        Some(dir) => std::path::absolute(dir).unwrap_or_else(|_| dir.clone()),
        None => tools::home().join(".local/share/kinora"),
    }
}

/// # Errors
/// When something can't be started, with a message for people.
pub fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    // Before any thread starts, so that all of them have the signals blocked.
    let signals = signals::Signals::catch()?;
    match cli.command {
        Command::Run(arguments) => run::run(&arguments, &signals),
        Command::Services(arguments) => services::run(&arguments, &signals),
        Command::Exec(arguments) => exec::run(&arguments, &signals),
        Command::Reset(arguments) => reset::run(&arguments),
    }
}

/// One line to standard output. That nobody reads any more is no reason to end the services.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
