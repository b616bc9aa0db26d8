//! Where a film without an index can be entered: one walk through the file, in which nothing is decoded. What it finds
//! is told at once, so that others make the first chunks while it goes on.

use std::sync::mpsc::SyncSender;

use domain::timeline::{Chunk, Finder, Rest, TIMESCALE};
use ffmpeg_next::{Packet, Rescale, ffi};
use serde::{Deserialize, Serialize};

use super::error::{Error, Reason};
use super::input::{Entrance, Input, Next, Source};
use super::sink::{Event, Reporter, Sink, tell};
use super::{MICROS, TICKS, beside, ms, probe};

/// Ticks. Decoding times that go back further, or ahead by more than [`LEAP`], begin a new count: then frames behind that
/// place have other times in a chunk that is entered there than in a film that is read from its beginning.
const STEP_BACK: i64 = TIMESCALE / 5;
const LEAP: i64 = 3600 * TIMESCALE;

/// A film to be divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanFilm {
    /// The source's time that becomes 0, microseconds.
    pub origin_us: i64,
    /// The last chunk that an earlier walk found.
    pub last: Option<Chunk>,
}

/// Tells the sink of chunks, in order. What is returned stands behind them and can't be divided.
pub(super) fn scan(input: Box<dyn Input>, work: &ScanFilm, sink: &mut dyn Sink) -> Result<Option<Rest>, Error> {
    let source = Source::open(input)?;
    beside("scan", sink, move |events| walk(source, work, events))
}

fn walk(mut source: Source, work: &ScanFilm, events: &SyncSender<Event>) -> Result<Option<Rest>, Error> {
    let nothing = || Error::Unplayable(Reason::NothingToDecode);
    let index = probe::video_stream(&source).ok_or_else(nothing)?;
    source.keep_only(&[index]);
    let time_base = source.context.stream(index).ok_or_else(nothing)?.time_base();
    let origin = work.origin_us.rescale(MICROS, TICKS);
    let ticks = |time: i64| time.rescale(time_base, TICKS) - origin;
    if let Some(Chunk { start, position: Some(position), .. }) = work.last {
        let time = (start + origin).rescale(TICKS, time_base);
        source.enter(index, Entrance { time, position: Some(position) });
    }
    let mut finder = Finder::behind(work.last.as_ref());
    let mut reporter = Reporter::new(events);
    let (mut before, mut end) = (None, 0);
    while let Next::Packet(packet) = source.next()? {
        if packet.stream() != index {
            continue;
        }
        if let Some(decoded) = packet.dts().map(ticks) {
            if before.is_some_and(|before| decoded < before - STEP_BACK || decoded > before + LEAP) {
                return Ok(Some(finder.rest()));
            }
            before = Some(decoded);
        }
        let Some(time) = packet.pts().map(ticks) else { continue };
        if finder.is_too_long(time) {
            return Ok(Some(finder.rest()));
        }
        end = end.max(time + packet.duration().max(0).rescale(time_base, TICKS));
        // One that is damaged is no place to enter at.
        if packet.is_key()
            && !packet.is_corrupt()
            && let Some(position) = position(&source, index, &packet)
            && let Some(chunk) = finder.key(time, position)
        {
            tell(events, Event::Found(chunk))?;
        }
        reporter.done(ms(end))?;
    }
    if end <= 0 {
        return Ok(Some(finder.rest()));
    }
    tell(events, Event::Found(finder.last(end)))?;
    Ok(None)
}

/// Where reading has to begin for that packet to be the first: of Matroska, where its cluster does.
fn position(source: &Source, index: usize, packet: &Packet) -> Option<u64> {
    let own = u64::try_from(packet.position()).ok();
    if !source.is_matroska() {
        return own;
    }
    let stream = source.context.stream(index)?;
    // SAFETY: the stream is alive, and the entry is copied before anything can change the index.
    unsafe {
        let stream = stream.as_ptr().cast_mut();
        let at = ffi::av_index_search_timestamp(stream, packet.pts()?, ffi::AVSEEK_FLAG_BACKWARD);
        let entry = ffi::avformat_index_get_entry(stream, at).as_ref()?;
        (entry.timestamp == packet.pts()?).then_some(entry.pos).and_then(|position| u64::try_from(position).ok())
    }
}
