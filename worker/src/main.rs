use anyhow::Context;
use platform::{Config, Platform, bus, health, shutdown, telemetry};

fn main() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    telemetry::init(&config);
    use_few_arenas();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work(config))
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
    let platform = Platform::connect(config).await.context("can't start without PostgreSQL (KINORA_DATABASE_URL)")?;
    let listen = platform.config.worker_listen;
    let health = tokio::spawn(health::serve(listen, metrics, platform.clone(), shutdown.clone()));
    // A task that ends in this worker rings at others: every process that writes to the outbox may relay it.
    let relay = tokio::spawn(bus::relay(platform.clone(), shutdown.clone()));
    worker::run::run(platform, shutdown).await;
    let _ = tokio::join!(health, relay);
    Ok(())
}
