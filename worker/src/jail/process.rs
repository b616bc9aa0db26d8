//! A child as its parent has it.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::process;
use std::time::{Duration, Instant};

use super::fault::Fault;

/// How long a child may take to die once it has closed its socket.
const DYING: Duration = Duration::from_secs(2);
/// Bytes of what a dead child wrote that are worth a line in the log.
const LAST_WORDS: usize = 2000;

/// Killed and buried when it is dropped.
#[derive(Debug)]
pub struct Child {
    pub process: process::Child,
    pub socket: UnixStream,
    /// Whether it is one of its fences.
    pub landlock: bool,
}

impl Child {
    pub fn lives(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    fn kill(&mut self) {
        // Fails only where it is dead and buried already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Why the socket gave this error.
    pub fn post_mortem(&mut self, error: io::Error) -> Fault {
        if error.kind() == io::ErrorKind::InvalidData {
            return Fault::Garbage(error);
        }
        let closed = Instant::now();
        while closed.elapsed() < DYING {
            match self.process.try_wait() {
                Ok(Some(status)) => return Fault::of(status),
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Err(_) => break,
            }
        }
        // It lives on, but doesn't talk to us.
        Fault::Garbage(error)
    }

    /// The end of what it wrote to standard error. Kills it first, so that there is an end.
    pub fn last_words(&mut self) -> String {
        self.kill();
        let mut words = Vec::new();
        if let Some(stderr) = &mut self.process.stderr {
            // As much as a pipe holds: the rest was dropped.
            let _ = stderr.read_to_end(&mut words);
        }
        let from = words.len().saturating_sub(LAST_WORDS);
        String::from_utf8_lossy(&words[from..]).trim().to_owned()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}
