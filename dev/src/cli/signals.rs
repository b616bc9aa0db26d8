//! Ctrl-C and friends, as messages.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::{SigSet, Signal};

pub struct Signals(Receiver<Signal>);

impl Signals {
    /// Must be called before other threads are started. The second signal ends this process at once; the kernel then
    /// ends the children.
    pub fn catch() -> Result<Self> {
        let set: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
        set.thread_block()?;
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut seen = 0;
            while let Ok(signal) = set.wait() {
                seen += 1;
                if seen > 1 {
                    std::process::exit(130);
                }
                let _ = sender.send(signal);
            }
        });
        Ok(Self(receiver))
    }

    /// Waits for a signal, at most `limit`.
    pub fn wait(&self, limit: Duration) -> Option<Signal> {
        match self.0.recv_timeout(limit) {
            Ok(signal) => Some(signal),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Signal::SIGTERM),
        }
    }
}
