//! How much each kind of work may use.

use crate::jail::{LONGEST_FILM, Limits, Load};
use crate::media::{PictureAt, Work};
use domain::timeline::TIMESCALE;
use std::time::Duration;

/// Bytes a second of the thinnest film, 128 kbit/s: how long a film is at most, where nothing better is known.
const THINNEST: u64 = 16_000;

/// Pixels of a cover that comes with a sound.
const LARGEST_COVER: u64 = 4096 * 4096;
/// Bytes of a poster's files.
const MOST_PICTURES: u64 = 64 << 20;

/// `size`: bytes of the original.
pub fn of(work: &Work, size: u64) -> Limits {
    let pixels = |width: u32, height: u32| u64::from(width) * u64::from(height);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = match work {
        Work::Probe => return Limits::for_probe(),
        Work::OwnPicture => return Limits { output: MOST_PICTURES, ..Limits::for_probe() },
        Work::Picture(work) => Load {
            source_pixels: pixels(work.plan.width, work.plan.height),
            rung_pixels: work.plan.rungs.iter().map(|rung| pixels(rung.width, rung.height)).sum(),
            frame_rate: work.plan.frame_rate,
            film: match work.chunk.end.filter(|_| !work.go_on) {
                Some(end) => Duration::from_secs((end - work.chunk.start).max(0) as u64 / TIMESCALE as u64 + 1),
                None => Duration::from_secs(size / THINNEST),
            },
            cores,
        },
        // What lies between the packets is read, too, but not decoded.
        Work::Scan(_) | Work::Sound(_) | Work::Copy(_) | Work::Texts(_) => {
            Load { source_pixels: 0, rung_pixels: 0, frame_rate: 0.0, film: LONGEST_FILM, cores }
        }
        // The sound is decoded, and a cover.
        Work::DrawSound(_) => Load {
            source_pixels: LARGEST_COVER,
            rung_pixels: 0,
            frame_rate: 0.0,
            film: Duration::from_secs(size / THINNEST),
            cores,
        },
        Work::PictureAt(PictureAt { film, .. }) | Work::Poster(film) | Work::Storyboard(film) => Load {
            source_pixels: pixels(film.width, film.height),
            rung_pixels: 0,
            frame_rate: film.frame_rate,
            film: Duration::from_secs(60),
            cores,
        },
    };
    let background = match work {
        Work::Picture(work) => !work.urgent,
        Work::Poster(_) | Work::Storyboard(_) | Work::DrawSound(_) | Work::Texts(_) => true,
        Work::PictureAt(_) | Work::OwnPicture | Work::Probe | Work::Scan(_) | Work::Copy(_) | Work::Sound(_) => false,
    };
    Limits { background, ..Limits::for_encode(&load) }
}
