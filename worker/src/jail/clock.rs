//! The socket as the parent uses it: every wait for the child is counted, and none is for ever.

use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::fault::Fault;
use super::limits::Limits;

/// Only time spent here counts, so that a slow storage is not held against a film.
pub struct Clock<'a> {
    socket: &'a UnixStream,
    limits: &'a Limits,
    /// What is left of the work's time, and of the time until it must get further.
    wall: Duration,
    stall: Duration,
}

impl<'a> Clock<'a> {
    pub fn new(socket: &'a UnixStream, limits: &'a Limits) -> Self {
        Self { socket, limits, wall: limits.wall, stall: limits.stall }
    }

    /// The work got further.
    pub fn moved(&mut self) {
        self.stall = self.limits.stall;
    }

    /// Which limit was reached, if one was.
    pub fn ran_out(&self) -> Option<Fault> {
        if self.wall.is_zero() {
            Some(Fault::WallClock(self.limits.wall))
        } else if self.stall.is_zero() {
            Some(Fault::Stalled(self.limits.stall))
        } else {
            None
        }
    }

    /// Whether the child begins to say something within this time.
    pub fn hears_within(&mut self, moment: Duration) -> io::Result<bool> {
        let left = self.left()?;
        let mut wanted = libc::pollfd { fd: self.socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let begun = Instant::now();
        // Rounded up, so that the last wait is not one of nothing.
        let ms = left.min(moment).as_millis() as libc::c_int + 1;
        // SAFETY: `wanted` is alive, and one.
        let ready = unsafe { libc::poll(&mut wanted, 1, ms) };
        self.spend(begun.elapsed());
        match ready {
            -1 => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
                error => Err(error),
            },
            ready => Ok(ready > 0),
        }
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.wall.min(self.stall);
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }

    fn spend(&mut self, time: Duration) {
        self.wall = self.wall.saturating_sub(time);
        self.stall = self.stall.saturating_sub(time);
    }

    fn timed<T>(&mut self, wait: impl FnOnce(&UnixStream) -> io::Result<T>) -> io::Result<T> {
        let left = self.left()?;
        self.socket.set_read_timeout(Some(left))?;
        self.socket.set_write_timeout(Some(left))?;
        let begun = Instant::now();
        let result = wait(self.socket);
        // The kernel's ticks are coarser than ours: when it says that the time is over, it is.
        self.spend(match &result {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => left.max(begun.elapsed()),
            _ => begun.elapsed(),
        });
        result
    }
}

impl Read for Clock<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.timed(|mut socket| socket.read(buffer))
    }
}

impl Write for Clock<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.timed(|mut socket| socket.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
