//! Children that wait, fences up, so that nobody waits for them.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::child::NAME;
use super::fault::Fault;
use super::process::Child;
use super::wire::{self, Message};

/// How long a child may take to raise its fences, on the busiest machine.
const GETTING_READY: Duration = Duration::from_secs(20);
/// After a child that could not be started.
const PAUSE: Duration = Duration::from_millis(500);

/// What to run, and how many of it.
#[derive(Debug, Clone)]
pub struct Config {
    /// Calls [`super::child::main`] when [`super::child::is_this`].
    pub program: PathBuf,
    /// Come after the parent's process id.
    pub arguments: Vec<OsString>,
    /// Children that wait for work; at least one.
    pub ready: usize,
}

impl Default for Config {
    /// This very program, even where its file was replaced meanwhile. A waiting child holds 21 MB; the second
    /// is for the next work while the first's successor starts.
    fn default() -> Self {
        Self { program: PathBuf::from("/proc/self/exe"), arguments: Vec::new(), ready: 2 }
    }
}

/// Runs work in children. When it is dropped, those that wait are killed.
#[derive(Debug)]
pub struct Jail {
    children: Mutex<Receiver<io::Result<Child>>>,
    landlock: bool,
}

impl Jail {
    /// Returns once the first child is ready: a program whose jail doesn't hold must not go on.
    pub fn start(config: Config) -> io::Result<Self> {
        // A sender holds one more while it waits for room.
        let (ready, children) = sync_channel(config.ready.saturating_sub(1));
        let (tell, first) = sync_channel(1);
        thread::Builder::new().name("jail".to_owned()).spawn(move || {
            let child = start(&config);
            let told = match &child {
                Ok(child) => Ok(child.landlock),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            };
            if tell.send(told).is_ok() && ready.send(child).is_ok() {
                keep_ready(&config, &ready);
            }
        })?;
        let landlock = first.recv().map_err(io::Error::other)??;
        Ok(Self { children: Mutex::new(children), landlock })
    }

    /// Whether this kernel has Landlock.
    pub fn landlock(&self) -> bool {
        self.landlock
    }

    pub(super) fn child(&self) -> Result<Child, Fault> {
        let children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let child = children.recv().map_err(io::Error::other).flatten();
            let mut child = child.map_err(Fault::Start)?;
            if child.lives() {
                return Ok(child);
            }
            // That one had no work yet, so there is no harm in it.
            tracing::warn!("a child died while it waited");
        }
    }
}

/// Starts all children of a jail. Must outlive them: the kernel means a thread when it says that the parent died, and
/// the threads of a runtime come and go.
fn keep_ready(config: &Config, ready: &SyncSender<io::Result<Child>>) {
    loop {
        let child = start(config);
        if let Err(error) = &child {
            tracing::error!(%error, "no child could be started");
            thread::sleep(PAUSE);
        }
        // Waits until there is room, which is as soon as somebody took one. Fails when the jail is gone.
        if ready.send(child).is_err() {
            return;
        }
    }
}

fn start(config: &Config) -> io::Result<Child> {
    let (socket, theirs) = UnixStream::pair()?;
    let process = Command::new(&config.program)
        .arg0(NAME)
        .arg(std::process::id().to_string())
        .args(&config.arguments)
        .env_clear()
        .current_dir("/")
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut child = Child { process, socket, landlock: false };
    child.socket.set_read_timeout(Some(GETTING_READY))?;
    match wire::receive(&child.socket) {
        Ok((Message::Ready { landlock }, _)) => child.landlock = landlock,
        Ok(_) => return Err(wire::garbled("a child spoke before it was ready")),
        Err(error) => {
            let fault = child.post_mortem(error);
            return Err(io::Error::other(format!("{fault}: {}", child.last_words())));
        }
    }
    Ok(child)
}
