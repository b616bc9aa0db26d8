//! Kinora's web server: pages, server functions, REST API, playlists, events. What it does with them stands in
//! `platform`; here it becomes HTTP.

mod address;
mod api;
mod background;
mod conditional;
mod connections;
mod cors;
mod csp;
mod csrf;
mod dev_mail;
mod embed;
mod events;
mod headers;
mod idempotency;
mod json;
mod limits;
mod media;
mod objects;
mod observe;
mod oidc;
mod ops;
mod outside;
mod pages;
mod problem;
mod router;
mod session;
mod shared;
mod viewer;

pub use router::{AppState, leptos_options, router};

use anyhow::Context;
use platform::{Config, Platform};
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long requests that have begun may take once the server is asked to end.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until `shutdown`, then lets what has begun come to its end, for [`DRAIN`] at most.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let listener = listen(config.listen).await?;
    let platform = Platform::connect(config)
        .await
        .context("PostgreSQL can't be used. Is it running, and is KINORA_DATABASE_URL right?")?;
    tracing::info!(listen = %listener.local_addr()?, url = %platform.config.public_url, "Kinora is ready");
    invite_the_first(&platform).await?;
    let background = background::spawn(&platform, &shutdown);
    let served = serve(listener, platform, shutdown.clone()).await;
    // However serving ended, the tasks behind it end with it.
    shutdown.cancel();
    background.finish(Duration::from_secs(2)).await;
    served
}

/// Tells whoever started a server without an admin where to become one. Not through the log, which others read and keep.
async fn invite_the_first(platform: &Platform) -> anyhow::Result<()> {
    let Some(address) = platform::invitations::first(platform).await? else { return Ok(()) };
    let mut out = std::io::stdout().lock();
    writeln!(out, "Nobody sees to this site yet. Make the first admin's account within a day, at\n  {address}")?;
    Ok(())
}

/// Only the HTTP part of [`run`], on a listener that is already there.
pub async fn serve(listener: TcpListener, platform: Platform, shutdown: CancellationToken) -> anyhow::Result<()> {
    let options = leptos_options(&platform.config);
    let router = router(platform, options, shutdown.clone());
    let serving = connections::serve(listener, router, shutdown.clone());
    let overdue = async {
        shutdown.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = serving => {}
        () = overdue => {
            tracing::warn!(seconds = DRAIN.as_secs(), "Some requests didn't end in time and were cut off");
        }
    }
    Ok(())
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow::anyhow!(
            "Port {} is taken by another program. Choose another with KINORA_LISTEN, for example KINORA_LISTEN={}:{}.",
            address.port(),
            address.ip(),
            address.port().checked_add(1).unwrap_or(3000)
        ),
        _ => anyhow::Error::new(error).context(format!("Can't listen on {address} (KINORA_LISTEN)")),
    })
}
