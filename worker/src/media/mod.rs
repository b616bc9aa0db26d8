//! The engine: a film in, CMAF segments out.
//!
//! It knows no queue, no storage and no async. Bytes come from an [`Input`], results go to a [`Sink`], what to make is
//! [`Work`]: plain data, so that it can be done in another process.
//!
//! The threads of the picture:
//!
//! ```text
//! decode ──frames──> encode (one a rung) ──segments──> the caller's thread, which calls the sink
//!    └───── progress ───────────────────────────────────^
//! ```
//!
//! Every channel is bounded, so that a slow sink slows the decoder and memory stays what it is. Nothing waits in a
//! circle: the caller's thread only ever receives.

mod clock;
mod colour;
mod copy;
mod decode;
mod decoders;
mod deinterlace;
mod encode;
mod error;
mod filters;
mod footage;
mod fragment;
mod input;
mod language;
mod orientation;
mod picture;
mod plan;
mod poster;
mod probe;
mod scale;
mod scan;
mod sink;
mod sound;
mod sound_segments;
mod still;
mod stills;
mod storyboard;
mod texts;
mod tone_map;
mod waveform;
mod wished;
mod work;

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

pub use copy::CopyPicture;
pub use error::{Error, Reason};
pub use input::{Input, seek_target};
pub use picture::{EncodePicture, Enter};
pub use plan::{Wishes, plan};
pub use probe::{AudioStream, Probe, VideoStream};
pub use scan::ScanFilm;
pub use sink::{Init, Picture, Segment, Sink, Stop, Track};
pub use sound::EncodeSound;
pub use sound_segments::FRAME as AAC_FRAME;
pub use still::Printed;
pub use stills::Stills;
pub use texts::ReadTexts;
pub use waveform::{DrawSound, Drawn};
pub use wished::PictureAt;
pub use work::{Done, Work, perform};

use domain::timeline;
use ffmpeg_next::Rational;
use sink::Event;

/// Raised whenever a film would come out differently, so that segments of two engines are never mixed.
pub const ENGINE_VERSION: u32 = 4;

/// Results that wait for the sink before the engine does.
const WAITING_EVENTS: usize = 16;
/// The sink hears of progress at least this often.
const PROGRESS: Duration = Duration::from_millis(400);

/// The unit of all times of the film.
const TICKS: Rational = Rational(1, timeline::TIMESCALE as i32);
const MICROS: Rational = Rational(1, 1_000_000);

/// Milliseconds of a time in ticks.
fn ms(ticks: i64) -> i64 {
    ticks * 1000 / timeline::TIMESCALE
}

/// Does work on a thread of its own, and calls the sink with what it tells on this one.
fn beside<T: Send>(
    name: &str,
    sink: &mut dyn Sink,
    work: impl FnOnce(&SyncSender<Event>) -> Result<T, Error> + Send,
) -> Result<T, Error> {
    let (events, results) = sync_channel(WAITING_EVENTS);
    thread::scope(|scope| {
        let worker = spawn(scope, name.to_owned(), move || work(&events))?;
        let delivered = deliver(results, sink);
        let done = join(worker);
        delivered.map_err(|_| Error::Stopped)?;
        done
    })
}

fn deliver(results: Receiver<Event>, sink: &mut dyn Sink) -> Result<(), Stop> {
    let mut done_ms = 0;
    loop {
        match results.recv_timeout(PROGRESS) {
            Ok(Event::Init(track, init)) => sink.init(track, init)?,
            Ok(Event::Segment(track, segment)) => sink.segment(track, segment)?,
            Ok(Event::Chunk(track, number)) => sink.chunk(track, number)?,
            Ok(Event::Found(chunk)) => sink.found(chunk)?,
            Ok(Event::Progress(ms)) => {
                done_ms = ms;
                sink.progress(done_ms)?;
            }
            Err(RecvTimeoutError::Timeout) => sink.progress(done_ms)?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(16)
}

fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    name: String,
    work: impl FnOnce() -> Result<T, Error> + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, Result<T, Error>>, Error> {
    thread::Builder::new().name(name).spawn_scoped(scope, work).map_err(|error| Error::Internal {
        what: "starting a thread".into(),
        source: ffmpeg_next::Error::Other { errno: error.raw_os_error().unwrap_or(0) },
    })
}

fn join<T>(handle: ScopedJoinHandle<'_, Result<T, Error>>) -> Result<T, Error> {
    handle
        .join()
        .unwrap_or(Err(Error::Internal { what: "a thread panicked and".into(), source: ffmpeg_next::Error::Bug }))
}
