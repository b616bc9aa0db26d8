//! Where the engine's results go.

use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use domain::poster::Format;
use domain::timeline::Chunk;
use serde::{Deserialize, Serialize};

use super::error::Error;

/// One rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Track {
    /// By its place in the plan's rungs.
    Video(usize),
    Audio,
}

/// The init segment of a rendition: ISO/IEC 23000-19 (CMAF) header, `ftyp` and `moov`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init {
    pub bytes: Vec<u8>,
    /// By RFC 6381, as CODECS in a playlist wants it.
    pub codecs: String,
}

/// One media segment: `styp`, `moof`, `mdat`. A video segment starts with an IDR picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Counted from 0 in each chunk.
    pub index: u32,
    /// When its first frame is shown, in ticks.
    pub start: i64,
    /// Ticks up to the start of the next one.
    pub duration: i64,
    /// Ticks a second.
    pub timescale: u32,
    pub bytes: Vec<u8>,
}

impl Segment {
    /// Milliseconds.
    pub fn start_ms(&self) -> i64 {
        self.start * 1000 / i64::from(self.timescale)
    }

    /// Seconds, as EXTINF wants them.
    pub fn seconds(&self) -> f64 {
        self.duration as f64 / f64::from(self.timescale)
    }
}

/// A still of a film, as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Picture {
    /// One of its files; pixels.
    Poster { width: u32, format: Format },
    /// Of the storyboard: its number. A JPEG.
    Sheet(u32),
    /// Of a sound: [`domain::waveform::Waveform`], as JSON.
    Waveform,
}

/// The sink wants no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop;

/// Receives everything on the thread that called [`perform`](super::perform). While it works, encoding goes on until a
/// few results wait; then the engine waits for the sink. What a sink has no use for it passes over.
pub trait Sink {
    /// Comes once a chunk of a rendition, before its first segment; the same for every chunk.
    fn init(&mut self, _track: Track, _init: Init) -> Result<(), Stop> {
        Ok(())
    }

    /// Segments of one rendition come in order; renditions come interleaved.
    fn segment(&mut self, _track: Track, _segment: Segment) -> Result<(), Stop> {
        Ok(())
    }

    /// The chunk of that number is complete in this rendition. One that nothing came out of doesn't come.
    fn chunk(&mut self, _track: Track, _number: u32) -> Result<(), Stop> {
        Ok(())
    }

    /// Each comes at most once.
    fn picture(&mut self, _picture: Picture, _bytes: Vec<u8>) -> Result<(), Stop> {
        Ok(())
    }

    /// The next chunk of a film that is being divided.
    fn found(&mut self, _chunk: Chunk) -> Result<(), Stop> {
        Ok(())
    }

    /// Up to where the film is decoded, in milliseconds from its beginning; at least twice a second, also when nothing moved.
    fn progress(&mut self, done_ms: i64) -> Result<(), Stop>;
}

/// For work that has no results but what it returns.
impl Sink for () {
    fn progress(&mut self, _: i64) -> Result<(), Stop> {
        Ok(())
    }
}

/// What the engine's threads send to the one that calls the sink.
#[derive(Debug)]
pub(super) enum Event {
    Init(Track, Init),
    Segment(Track, Segment),
    Chunk(Track, u32),
    Found(Chunk),
    Progress(i64),
}

/// Fails when nobody listens any more.
pub(super) fn tell(events: &SyncSender<Event>, event: Event) -> Result<(), Error> {
    events.send(event).map_err(|_| Error::Stopped)
}

/// Tells of progress, four times a second.
pub(super) struct Reporter<'a> {
    events: &'a SyncSender<Event>,
    last: Instant,
}

impl<'a> Reporter<'a> {
    pub fn new(events: &'a SyncSender<Event>) -> Self {
        Self { events, last: Instant::now() }
    }

    /// The film is done up to `done_ms`.
    pub fn done(&mut self, done_ms: i64) -> Result<(), Error> {
        if self.last.elapsed() < Duration::from_millis(250) {
            return Ok(());
        }
        self.last = Instant::now();
        tell(self.events, Event::Progress(done_ms))
    }
}
