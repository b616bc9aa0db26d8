//! How much a child may use, from plain numbers of the film.

use std::io;
use std::time::Duration;

/// Bytes.
const MIB: u64 = 1 << 20;
/// Address space before there is a film: 200 libraries, two heaps, the program.
const BASE: u64 = 512 * MIB;
/// Address space of a thread: its stack, and what it keeps at hand.
const THREAD: u64 = 12 * MIB;
/// Bytes of a decoded pixel: 10 bits in three planes of which two are halved; little is fatter, and little is long.
const DECODED_PIXEL: u64 = 3;
/// Decoded pictures alive at once: sixteen that others refer to, and those on their way to the encoders.
const DECODED: u64 = 28;
/// Bytes of an encoder's pixel: 8 bits, 4:2:0, and x264's halved copies and vectors beside them.
const ENCODED_PIXEL: u64 = 3;
/// Pictures alive in an encoder at once: looked ahead at, referred to, worked at, waiting.
const ENCODED: u64 = 56;

/// Pixels, decoded and encoded ones together, that the slowest processor gets through in a second of one core's time.
/// A core of 2026 does 100 million with H.264; ten times slower is a film that was made to be slow.
const PIXELS_A_SECOND: f64 = 10e6;
/// No film is denied this much.
const LEAST_CPU: Duration = Duration::from_secs(600);
/// As slow as a film may be by the clock, for one of the processor: others share it.
const BUSY: u32 = 3;
/// Films of a day and more are refused once so much of them is done: what a file promises decides nothing.
pub const LONGEST_FILM: Duration = Duration::from_secs(24 * 3600);
/// Bytes a second of film, all rungs together: 100 Mbit/s, twice what the ladder's caps add up to.
const BYTES_A_SECOND: u64 = 12_500_000;

/// What one piece of work may use. Time is counted while the child works, not while it waits for storage.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Bytes of address space.
    pub memory: u64,
    /// Seconds of processor time, of all its threads.
    pub cpu: Duration,
    /// By the clock.
    pub wall: Duration,
    /// By the clock, without reading, making a result or getting further.
    pub stall: Duration,
    /// Bytes of results.
    pub output: u64,
    /// How much of a film may be done.
    pub film: Duration,
    /// Nobody waits for it: what somebody waits for, and the other services of a small machine, get the processor first.
    pub background: bool,
}

/// The niceness of what nobody waits for: about a ninth of what others get, and all that they leave.
const BACKGROUND: libc::c_int = 10;

/// What the size of an encode depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// Of a decoded picture.
    pub source_pixels: u64,
    /// Of a picture of every rung, together; 0 if none is encoded.
    pub rung_pixels: u64,
    /// Frames a second.
    pub frame_rate: f64,
    /// How long the film is, as far as can be told; if it can't, [`LONGEST_FILM`].
    pub film: Duration,
    /// That decoders and encoders use.
    pub cores: usize,
}

impl Limits {
    /// For looking at a file's beginning and index: a few pictures are decoded, of up to 8192 by 8192 pixels.
    pub fn for_probe() -> Self {
        Self {
            memory: 2048 * MIB,
            cpu: Duration::from_secs(60),
            wall: Duration::from_secs(180),
            stall: Duration::from_secs(120),
            output: 0,
            film: Duration::ZERO,
            background: false,
        }
    }

    /// For decoding a film once and encoding all its rungs.
    ///
    /// On two cores a film of 1080p with five rungs took 1.1 GiB of address space, of which 455 MiB were used, for 1.4
    /// allowed here; one of 2160p in HEVC with seven rungs 2.4 GiB, of which 1.6, for 3.8.
    pub fn for_encode(load: &Load) -> Self {
        let threads = 4 * (load.cores.min(16) as u64 + 1);
        // A decoder that works at several pictures at once holds one a thread.
        let decoded = (DECODED + load.cores.min(16) as u64) * DECODED_PIXEL * load.source_pixels;
        let encoded = ENCODED * ENCODED_PIXEL * load.rung_pixels;
        let film = load.film.min(LONGEST_FILM);
        let pixels = (load.source_pixels + load.rung_pixels) as f64 * load.frame_rate.clamp(1.0, 500.0);
        // Sound and its container: a hundredth of a core.
        let share = pixels / PIXELS_A_SECOND + 0.1;
        let cpu = LEAST_CPU + film.mul_f64(share);
        Self {
            memory: BASE + threads * THREAD + decoded + encoded,
            cpu,
            wall: cpu * BUSY,
            stall: Duration::from_secs(300),
            output: BYTES_A_SECOND * (film.as_secs() + 600),
            film: LONGEST_FILM,
            background: false,
        }
    }

    /// Puts the kernel's share of them on a process.
    pub(super) fn put_on(&self, process: u32) -> io::Result<()> {
        let seconds = self.cpu.as_secs().max(1);
        // At the first number it is told why, at the second it is gone.
        let cpu = libc::rlimit { rlim_cur: seconds, rlim_max: seconds + 5 };
        let memory = libc::rlimit { rlim_cur: self.memory, rlim_max: self.memory };
        for (resource, limit) in [(libc::RLIMIT_AS, memory), (libc::RLIMIT_CPU, cpu)] {
            // SAFETY: `limit` is alive and only read; no old limit is asked for.
            let result = unsafe { libc::prlimit(process as libc::pid_t, resource, &limit, std::ptr::null_mut()) };
            if result == -1 {
                return Err(io::Error::last_os_error());
            }
        }
        if self.background {
            // SAFETY: no memory is involved. A child has one thread while it waits for work; the others inherit from it.
            let result = unsafe { libc::setpriority(libc::PRIO_PROCESS, process, BACKGROUND) };
            if result == -1 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(source_pixels: u64, rung_pixels: u64) -> Load {
        Load { source_pixels, rung_pixels, frame_rate: 30.0, film: Duration::from_secs(60), cores: 2 }
    }

    #[test]
    fn memory_grows_with_the_pixels() {
        let gib = |load| Limits::for_encode(&load).memory as f64 / (1u64 << 30) as f64;
        let hd = gib(load(1920 * 1080, 3_500_000));
        assert!((1.0..2.0).contains(&hd), "{hd} GiB for 1080p");
        let uhd = gib(load(3840 * 2160, 15_500_000));
        assert!((3.0..6.0).contains(&uhd), "{uhd} GiB for 2160p");
        assert!(gib(load(0, 0)) < 0.75, "sound alone");
    }

    #[test]
    fn time_grows_with_the_film_up_to_a_day() {
        let cpu = |film| Limits::for_encode(&Load { film, ..load(1920 * 1080, 3_500_000) }).cpu;
        assert!(cpu(Duration::from_secs(60)) > Duration::from_secs(60 * 10));
        assert_eq!(cpu(Duration::MAX), cpu(LONGEST_FILM));
    }
}
