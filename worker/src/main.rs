use anyhow::Context;
use clap::{Parser, Subcommand};
use domain::id::VideoId;
use platform::{Config, Platform, bus, health, shutdown, telemetry};
use std::process::ExitCode;
use worker::jail::{self, Jail, child, fences::Fence};
use worker::{media, reprocess};

/// Kinora's worker. Without a command it works until it is asked to end. Configured by the environment: see .env.example.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Make films anew from their originals, by the ladder and the engine there are now
    Reprocess {
        /// Ids of films
        #[arg(required_unless_present = "given_up")]
        videos: Vec<VideoId>,
        /// All films of which something was given up, after many failures
        #[arg(long, conflicts_with = "videos")]
        given_up: bool,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    if child::is_this() {
        use_few_arenas();
        return Ok(child::main::<media::Work>(&Fence::ALL));
    }
    let Arguments { command } = Arguments::parse();
    let config = Config::from_env()?;
    telemetry::init(&config);
    use_few_arenas();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        match command {
            None => work(config).await.map(|()| ExitCode::SUCCESS),
            Some(Command::Reprocess { videos, given_up }) => {
                let all = reprocess::reprocess(&connect(config).await?, videos, given_up).await?;
                Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
        }
    })
}

async fn connect(config: Config) -> anyhow::Result<Platform> {
    Platform::connect(config).await.context("can't start without PostgreSQL (KINORA_DATABASE_URL)")
}

/// glibc gives threads heaps of their own, up to eight a core, and an encode's threads leave in each the room that their
/// pictures took. Two heaps hold a third less after a few films, at the same speed (`make bench ONLY=ladder`).
fn use_few_arenas() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets a number inside the allocator, before there are other threads.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

async fn work(config: Config) -> anyhow::Result<()> {
    let metrics = telemetry::metrics_handle();
    let shutdown = shutdown::token()?;
    let platform = connect(config).await?;
    let jail = Jail::start(jail::Config::default()).context("can't start without a jail for films")?;
    let landlock = landlock(&jail);
    let listen = platform.config.worker_listen;
    let health = tokio::spawn(health::serve(listen, metrics, platform.clone(), vec![landlock], shutdown.clone()));
    // A task that ends in this worker rings at others: every process that writes to the outbox may relay it.
    let relay = tokio::spawn(bus::relay(platform.clone(), shutdown.clone()));
    worker::run::run(platform, jail, shutdown).await;
    let _ = tokio::join!(health, relay);
    Ok(())
}

/// Whether the kernel has the one fence that the jail can do without.
fn landlock(jail: &Jail) -> health::Check {
    let result = if jail.landlock() { Ok(()) } else { Err("this kernel has no Landlock".to_owned()) };
    if result.is_err() {
        tracing::warn!("this kernel has no Landlock: films are held back from files by seccomp alone");
    }
    health::Check { name: "landlock", required: false, result }
}
