//! The engine: a film in, a ladder of CMAF segments out.
//!
//! It knows no queue, no storage and no async. Bytes come from an [`Input`], results go to a [`Sink`], what to make is
//! a [`Plan`]: plain data, so that the work can be moved to another process, or cut into chunks.
//!
//! The threads of one [`transcode`]:
//!
//! ```text
//! decode ──frames──> encode (one a rung) ──segments──> the caller's thread, which calls the sink
//!    └───── sound, poster, progress ─────────────────────^
//! ```
//!
//! Every channel is bounded, so that a slow sink slows the decoder and memory stays what it is. Nothing waits in a
//! circle: the caller's thread only ever receives.

mod audio;
mod decode;
mod decoders;
mod encode;
mod error;
mod fragment;
mod input;
mod orientation;
mod picture;
mod plan;
mod poster;
mod probe;
mod scale;
mod sink;
mod work;

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use domain::ladder::Rung;
use serde::{Deserialize, Serialize};

pub use error::{Error, Notice, Reason};
pub use input::Input;
pub use plan::Plan;
pub use probe::{AudioStream, Probe, VideoStream, probe};
pub use sink::{Init, Segment, Sink, Stop, Track};
pub use work::{Done, Work, perform};

use sink::Event;

/// Raised whenever a film would come out differently, so that segments of two engines are never mixed.
pub const ENGINE_VERSION: u32 = 1;

/// Results that wait for the sink before the engine does.
const WAITING_EVENTS: usize = 16;
/// The sink hears of progress at least this often.
const PROGRESS: Duration = Duration::from_millis(400);

/// What became of a film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The longer of picture and sound.
    pub duration_ms: i64,
    /// In each rung.
    pub frames: u64,
    /// Whether there is an audio rendition.
    pub audio: bool,
    pub notices: Vec<Notice>,
}

/// Makes everything `plan` asks for. Blocks until all is delivered to the sink, or nothing more will be.
pub fn transcode(input: Box<dyn Input>, plan: &Plan, sink: &mut dyn Sink) -> Result<Outcome, Error> {
    let (events, results) = sync_channel(WAITING_EVENTS);
    thread::scope(|scope| {
        let (mut rungs, mut encoders) = (Vec::new(), Vec::new());
        for (index, rung) in plan.rungs.iter().enumerate() {
            let (frames, work) = sync_channel(waiting_frames(rung));
            rungs.push(frames);
            let config = encode::Config {
                index,
                rung,
                frame_rate: plan.frame_rate,
                threads: if index + 1 == plan.rungs.len() { cores() } else { cores().div_ceil(4) },
            };
            let events = events.clone();
            encoders.push(spawn(scope, format!("encode {}", rung.name), move || encode::run(&config, &work, &events))?);
        }
        let decoder = spawn(scope, "decode".to_owned(), move || decode::run(input, plan, rungs, &events))?;
        // Once the sink stops, the channel is closed, and the other threads find nobody to work for.
        let delivered = deliver(results, sink);
        let decoded = join(decoder);
        let encoded = encoders.into_iter().map(join).fold(Ok(()), Result::and);
        delivered.map_err(|Stop| Error::Stopped)?;
        encoded?;
        decoded
    })
}

fn deliver(results: Receiver<Event>, sink: &mut dyn Sink) -> Result<(), Stop> {
    let mut done_ms = 0;
    loop {
        match results.recv_timeout(PROGRESS) {
            Ok(Event::Init(track, init)) => sink.init(track, init)?,
            Ok(Event::Segment(track, segment)) => sink.segment(track, segment)?,
            Ok(Event::Poster(jpeg)) => sink.poster(jpeg)?,
            Ok(Event::Progress(ms)) => {
                done_ms = ms;
                sink.progress(done_ms)?;
            }
            Err(RecvTimeoutError::Timeout) => sink.progress(done_ms)?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

/// Frames of a rung that wait for its encoder: eight, but no more than about 50 MB of them.
fn waiting_frames(rung: &Rung) -> usize {
    let bytes = u64::from(rung.width) * u64::from(rung.height) * 3 / 2;
    (50_000_000 / bytes.max(1)).clamp(2, 8) as usize
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
