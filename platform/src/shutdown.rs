//! The first signal drains, the second aborts.

use tokio_util::sync::CancellationToken;

/// Cancelled at the first SIGTERM or SIGINT. The second ends the process at once.
pub fn token() -> std::io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        for already in [false, true] {
            let number = tokio::select! {
                _ = terminate.recv() => 15,
                _ = interrupt.recv() => 2,
            };
            if already {
                std::process::exit(128 + number);
            }
            tracing::info!("ending what runs; another signal ends it at once");
            cancel.cancel();
        }
    });
    Ok(token)
}
