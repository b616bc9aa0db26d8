//! Things that nobody must touch, and that tell if somebody did.

use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{self, UnixListener};
use std::path::PathBuf;

use tempfile::TempDir;

pub const SONG: &str = "the canary sang\n";

/// A file that knows whether it was opened.
pub struct File {
    _dir: TempDir,
    pub path: PathBuf,
    watch: fs::File,
}

impl File {
    pub fn new(name: &str) -> Self {
        Self::with(name, SONG.as_bytes())
    }

    pub fn with(name: &str, bytes: &[u8]) -> Self {
        let dir = tempfile::Builder::new().prefix("canary").tempdir().expect("a folder");
        let path = dir.path().join(name);
        fs::write(&path, bytes).expect("a file");
        let name = std::ffi::CString::new(path.as_os_str().as_bytes()).expect("a path");
        // SAFETY: the descriptor is new and owned here alone; the name is alive.
        let watch = unsafe {
            let inotify = libc::inotify_init1(libc::IN_NONBLOCK | libc::IN_CLOEXEC);
            assert!(inotify >= 0 && libc::inotify_add_watch(inotify, name.as_ptr(), libc::IN_OPEN) >= 0);
            OwnedFd::from_raw_fd(inotify)
        };
        Self { _dir: dir, path, watch: watch.into() }
    }

    /// Since it was last asked.
    pub fn was_opened(&mut self) -> bool {
        self.watch.read(&mut [0; 4096]).is_ok()
    }
}

/// A socket that knows whether somebody called.
pub struct Socket<L> {
    listener: L,
    _dir: Option<TempDir>,
}

impl Socket<TcpListener> {
    pub fn tcp() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        Self { listener, _dir: None }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("an address")
    }

    pub fn was_called(&self) -> bool {
        self.listener.accept().is_ok()
    }
}

impl Socket<UnixListener> {
    pub fn file() -> (Self, PathBuf) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("canary.socket");
        let listener = UnixListener::bind(&path).expect("a socket");
        listener.set_nonblocking(true).expect("a listener");
        (Self { listener, _dir: Some(dir) }, path)
    }

    /// One without a file.
    pub fn named(name: &str) -> Self {
        let address = net::SocketAddr::from_abstract_name(name).expect("an address");
        let listener = UnixListener::bind_addr(&address).expect("a socket");
        listener.set_nonblocking(true).expect("a listener");
        Self { listener, _dir: None }
    }

    pub fn was_called(&self) -> bool {
        self.listener.accept().is_ok()
    }
}
