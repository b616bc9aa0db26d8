//! The child: raises its fences, waits for work, does it, says what became of it, ends.

use std::ffi::OsStr;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::FromRawFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use domain::timeline;
use serde::Serialize;

use super::Work;
use super::fences::{self, Fence};
use super::wire::{self, Failure, MAX_READ, Message, Start};
use crate::media::{Init, Picture, Segment, Sink, Stop, Track, seek_target};

/// The name that a child runs under; its first argument is its parent's process id.
pub(super) const NAME: &str = "kinora-jail";

/// Whether this process was started to be a child.
pub fn is_this() -> bool {
    std::env::args_os().next().is_some_and(|name| name == OsStr::new(NAME))
}

/// All that a child does, behind these fences. Call it before there is a second thread, or anything worth stealing.
pub fn main<W: Work>(fences: &[Fence]) -> ExitCode {
    match serve::<W>(fences) {
        Ok(()) => ExitCode::SUCCESS,
        // The parent left, which needs no words.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => ExitCode::SUCCESS,
        Err(error) => {
            // The parent reads it; nobody else is there to be told.
            let _ = io::Write::write_all(&mut io::stderr(), format!("{error}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}

fn serve<W: Work>(fences: &[Fence]) -> io::Result<()> {
    let parent = std::env::args().nth(1).and_then(|id| id.parse().ok());
    let parent = parent.ok_or_else(|| io::Error::other("the first argument is not a process id"))?;
    // SAFETY: the parent gave a socket as standard input, and nothing else here reads from that.
    let socket = unsafe { UnixStream::from_raw_fd(libc::STDIN_FILENO) };
    never_wait_for_stderr()?;
    let landlock = fences::raise(fences, parent)?;
    let line = Arc::new(Line { socket, sending: Mutex::new(()) });
    line.send(&Message::Ready { landlock }, &[])?;

    let (start, _) = wire::receive::<Start<W>>(&line.socket)?;
    let source = Source { line: Arc::clone(&line), size: start.size, position: 0 };
    match start.work.perform(Box::new(source), &mut Results(&line)) {
        Ok(done) => line.send(&Message::Done, &postcard::to_stdvec(&done).map_err(wire::garbled)?),
        Err(error) => line.send(&Message::Failed(Failure::from(error)), &[]),
    }
}

/// Standard error is a pipe that is read when the child has ended. What doesn't fit is dropped.
fn never_wait_for_stderr() -> io::Result<()> {
    // SAFETY: sets a flag of an open descriptor.
    match unsafe { libc::fcntl(libc::STDERR_FILENO, libc::F_SETFL, libc::O_NONBLOCK) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The child's end of the socket, shared by the thread that reads the source and the one that delivers results.
struct Line {
    socket: UnixStream,
    /// Held for a whole message. Answers are read without it: only the one [`Source`] asks.
    sending: Mutex<()>,
}

impl Line {
    fn send(&self, head: &impl Serialize, body: &[u8]) -> io::Result<()> {
        let _whole = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        wire::send(&self.socket, head, body)
    }
}

/// The source, which lies in the parent.
struct Source {
    line: Arc<Line>,
    size: u64,
    position: u64,
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.size || buffer.is_empty() {
            return Ok(0);
        }
        let len = buffer.len().min(MAX_READ as usize);
        self.line.send(&Message::Read { offset: self.position, len: len as u32 }, &[])?;
        let mut answer = [0; 4];
        (&self.line.socket).read_exact(&mut answer)?;
        let got = u32::from_le_bytes(answer) as usize;
        let bytes = buffer.get_mut(..got).ok_or_else(|| wire::garbled("more bytes than were asked for"))?;
        (&self.line.socket).read_exact(bytes)?;
        self.position += got as u64;
        Ok(got)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = seek_target(to, self.position, self.size)?;
        Ok(self.position)
    }
}

/// The way of results to the parent.
struct Results<'a>(&'a Line);

impl Results<'_> {
    fn send(&self, head: &Message, body: &[u8]) -> Result<(), Stop> {
        self.0.send(head, body).map_err(|_| Stop)
    }
}

impl Sink for Results<'_> {
    fn init(&mut self, track: Track, init: Init) -> Result<(), Stop> {
        self.send(&Message::Init { track, codecs: init.codecs }, &init.bytes)
    }

    fn segment(&mut self, track: Track, segment: Segment) -> Result<(), Stop> {
        let Segment { index, start, duration, timescale, bytes } = segment;
        self.send(&Message::Segment { track, index, start, duration, timescale }, &bytes)
    }

    fn chunk(&mut self, track: Track, number: u32) -> Result<(), Stop> {
        self.send(&Message::Chunk { track, number }, &[])
    }

    fn picture(&mut self, picture: Picture, bytes: Vec<u8>) -> Result<(), Stop> {
        self.send(&Message::Picture(picture), &bytes)
    }

    fn found(&mut self, chunk: timeline::Chunk) -> Result<(), Stop> {
        self.send(&Message::Found(chunk), &[])
    }

    fn progress(&mut self, done_ms: i64) -> Result<(), Stop> {
        self.send(&Message::Progress { done_ms }, &[])
    }
}
