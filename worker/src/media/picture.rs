//! The picture: one decode, scaled to all rungs, each encoded on a thread of its own; chunk by chunk.
//!
//! A chunk has all frames that are shown from its start on and before its end, whoever makes its neighbours. So it enters
//! the film at a key frame before its start, throws away what is shown earlier, and goes on until a frame of the next
//! chunk comes out, which tells it where its own last frame ends.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use domain::ladder::{Effort, Rung};
use domain::plan::{Outcome, PicturePlan};
use domain::timeline::{self, Chunk};
use ffmpeg_next::frame::DecodeError;
use ffmpeg_next::{Packet, Rational, Rescale, decoder, frame};
use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::decode::{Health, received, send};
use super::deinterlace::Deinterlacer;
use super::encode::{self, TIMESCALE, Work};
use super::error::Error;
use super::footage::Footage;
use super::input::{Entrance, Input, Next, Source};
use super::scale::Cascade;
use super::sink::{Event, Reporter, Sink};
use super::{MICROS, TICKS, cores, deliver, join, ms, spawn};

/// Of the largest rung's encoder, where nobody waits: each beyond the first costs work and memory, and more than these
/// cost rate.
const MOST_THREADS: usize = 4;
/// A picture that stands still for this long behind a cut, in ticks, is repeated there: no segment becomes long.
const STILL: i64 = timeline::SEGMENT / 2;
/// A first picture that comes this late, in ticks, is shown from the beginning.
const LATE: i64 = timeline::TIMESCALE / 5;

/// Chunks to be made of a film's picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncodePicture {
    /// Its list of chunks isn't looked at.
    pub plan: PicturePlan,
    /// The source's time that becomes 0, microseconds.
    pub origin_us: i64,
    pub chunk: Chunk,
    /// And all chunks behind it, [`Chunk::next_by_the_clock`].
    pub go_on: bool,
    pub enter: Enter,
    /// Somebody waits: all cores for this one, and no more effort than it takes.
    pub urgent: bool,
}

/// Where the film is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Enter {
    AtTheBeginning,
    /// Where the file's index says that the chunk begins.
    ByTheIndex,
    /// At the key frame that is shown at this tick, and lies at this byte.
    At(i64, u64),
}

impl Enter {
    /// For what begins at the tick `start` of that picture, with a key frame at `position` if that is known.
    pub fn of(picture: &PicturePlan, start: i64, position: Option<u64>) -> Self {
        match position {
            _ if start == 0 => Self::AtTheBeginning,
            Some(position) => Self::At(start, position),
            None if picture.has_index() => Self::ByTheIndex,
            // The second chunk of a film without one, which needn't begin with a key frame.
            None => Self::AtTheBeginning,
        }
    }
}

/// Makes them. Blocks until all is delivered to the sink, or nothing more will be.
pub(super) fn encode(input: Box<dyn Input>, work: &EncodePicture, sink: &mut dyn Sink) -> Result<Outcome, Error> {
    let Footage { source, index, time_base, decoder, colour, orientation } = Footage::open(input)?;
    let (events, results) = sync_channel(super::WAITING_EVENTS);
    thread::scope(|scope| {
        let (mut rungs, mut encoders) = (Vec::new(), Vec::new());
        for (index, rung) in work.plan.rungs.iter().enumerate() {
            let (frames, waiting) = sync_channel(waiting_frames(rung));
            rungs.push(frames);
            let top = index + 1 == work.plan.rungs.len();
            let threads = match (top, work.urgent) {
                (true, true) => cores(),
                // A chunk keeps two cores busy with one. The last of a film has all cores to itself.
                (true, false) => (cores() / 2).clamp(1, MOST_THREADS),
                (false, _) => 1,
            };
            // Of a chunk, that is; who goes on to the film's end will be watched for longer.
            let hurried = work.urgent && !work.go_on;
            let effort = if hurried { Effort::Quick } else { rung.effort };
            let config = encode::Config { index, rung, effort, frame_rate: work.plan.frame_rate, threads, colour };
            let events = events.clone();
            let run = move || encode::run(&config, &waiting, &events);
            encoders.push(spawn(scope, format!("encode {}", rung.name), run)?);
        }
        let decoder = spawn(scope, "decode".to_owned(), move || {
            // Scalers stay on the thread that made them.
            let cascade = Cascade::new(&work.plan.rungs, orientation, colour);
            let lane = Lane::new(work, cascade, rungs);
            Pictures::new(source, (index, time_base), decoder, work, lane).run(&events)
        })?;
        // Once the sink stops, the channel is closed, and the other threads find nobody to work for.
        let delivered = deliver(results, sink);
        let decoded = join(decoder);
        let encoded = encoders.into_iter().map(join).fold(Ok(()), Result::and);
        delivered.map_err(|_| Error::Stopped)?;
        encoded?;
        decoded
    })
}

/// Frames of a rung that wait for its encoder: eight, but no more than about 50 MB of them.
fn waiting_frames(rung: &Rung) -> usize {
    let bytes = u64::from(rung.width) * u64::from(rung.height) * 3 / 2;
    (50_000_000 / bytes.max(1)).clamp(2, 8) as usize
}

struct Pictures {
    source: Source,
    index: usize,
    time_base: Rational,
    decoder: decoder::Video,
    health: Health,
    clock: Clock,
    deinterlacer: Deinterlacer,
    lane: Lane,
    /// Where the film has to be entered; None once it is.
    entrance: Option<Entrance>,
    /// Durations of its frames aren't looked at.
    is_still: bool,
}

impl Pictures {
    fn new(
        mut source: Source,
        (index, time_base): (usize, Rational),
        decoder: decoder::Video,
        work: &EncodePicture,
        lane: Lane,
    ) -> Self {
        let time = |ticks: i64| (ticks.rescale(TICKS, MICROS) + work.origin_us).rescale(MICROS, time_base);
        let entrance = match work.enter {
            Enter::AtTheBeginning => None,
            Enter::ByTheIndex => Some(Entrance { time: time(work.chunk.start), position: None }),
            Enter::At(shown, position) => Some(Entrance { time: time(shown), position: Some(position) }),
        };
        if let Some(entrance) = entrance {
            source.enter(index, entrance);
        }
        let nominal = (f64::from(TIMESCALE) / work.plan.frame_rate).round().max(1.0) as i64;
        let clock = Clock::new(work.origin_us, nominal);
        let (health, deinterlacer) = (Health::default(), Deinterlacer::default());
        Self {
            source,
            index,
            time_base,
            decoder,
            health,
            clock,
            deinterlacer,
            lane,
            entrance,
            is_still: work.plan.is_still,
        }
    }

    fn run(mut self, events: &SyncSender<Event>) -> Result<Outcome, Error> {
        let mut reporter = Reporter::new(events);
        while let Next::Packet(packet) = self.source.next()? {
            if packet.stream() != self.index {
                continue;
            }
            if packet.is_corrupt() {
                self.source.damaged = true;
            }
            if !self.has_entered(&packet) {
                continue;
            }
            self.decode(Some(&packet))?;
            if self.lane.done {
                break;
            }
            reporter.done(ms(self.clock.end))?;
        }
        if !self.lane.done {
            self.decode(None)?;
            self.health.ended(ms(self.clock.end));
            if self.source.damaged {
                self.health.hole_ms.get_or_insert(ms(self.clock.end));
            }
            self.lane.finish(self.clock.end)?;
        }
        Ok(Outcome { end_ms: ms(self.clock.end), damaged_at_ms: self.health.hole_ms, audible: false })
    }

    /// Some indexes lead to a key frame behind the wanted place: then it is looked for earlier and earlier.
    fn has_entered(&mut self, packet: &Packet) -> bool {
        let Some(entrance) = self.entrance else { return true };
        // At a place in bytes the rest of another frame may come first.
        if entrance.position.is_some() && !packet.is_key() {
            return false;
        }
        let time = packet.pts().or(packet.dts());
        let second = 1_i64.rescale(Rational(1, 1), self.time_base);
        if time.is_none_or(|time| time <= entrance.time) || !self.source.seek_earlier(self.index, entrance.time, second)
        {
            self.entrance = None;
            return true;
        }
        false
    }

    fn decode(&mut self, packet: Option<&Packet>) -> Result<(), Error> {
        send(&mut self.decoder, packet, &mut self.health);
        loop {
            let mut frame = frame::Video::empty();
            if !received(self.decoder.receive_frame(&mut frame), &mut self.health) {
                break;
            }
            if frame.width() == 0 || frame.height() == 0 || self.lane.done {
                continue;
            }
            if frame.decode_error_flags().intersects(DecodeError::INVALID_BITSTREAM | DecodeError::CONCEALMENT_ACTIVE) {
                self.health.failed();
            }
            let time = frame.timestamp().map(|time| time.rescale(self.time_base, TICKS));
            let told = if self.is_still { 0 } else { frame.packet().duration.max(0) };
            let duration = told.rescale(self.time_base, TICKS);
            let time = self.clock.stamp(time, duration);
            // While draining, frames older than the failure come out: they don't make it a hole.
            if packet.is_some() {
                self.health.decoded(ms(time));
            }
            frame.set_pts(Some(time));
            self.deinterlacer.push(frame)?;
            self.fill_lane()?;
        }
        if packet.is_none() {
            self.deinterlacer.end()?;
            self.fill_lane()?;
        }
        Ok(())
    }

    fn fill_lane(&mut self) -> Result<(), Error> {
        while !self.lane.done
            && let Some(frame) = self.deinterlacer.pop()
        {
            let time = frame.pts().unwrap_or(self.clock.end);
            self.lane.take(frame, time)?;
            if self.lane.done {
                // This one is the next chunk's.
                self.clock.end = time;
            }
        }
        Ok(())
    }
}

/// From decoded frames to the rungs' threads, cut into chunks and segments.
struct Lane {
    chunk: Chunk,
    go_on: bool,
    /// Of the chunk: the segment that begins next.
    next: usize,
    /// With frames dropped: no frame is due before this tick.
    due: Option<i64>,
    cascade: Cascade,
    rungs: Vec<SyncSender<Work>>,
    /// Of this chunk.
    frames: u64,
    /// The last one that is shown before the chunk.
    early: Option<frame::Video>,
    /// The last one of all rungs.
    held: Option<Vec<Arc<frame::Video>>>,
    /// Nothing more is wanted.
    done: bool,
}

impl Lane {
    fn new(work: &EncodePicture, cascade: Cascade, rungs: Vec<SyncSender<Work>>) -> Self {
        Self {
            chunk: work.chunk.clone(),
            go_on: work.go_on,
            next: 0,
            due: work.plan.drop_frames.then_some(work.chunk.start),
            cascade,
            rungs,
            frames: 0,
            early: None,
            held: None,
            done: false,
        }
    }

    /// Takes a frame that is shown at `time`. Waits while the encoders are busy.
    fn take(&mut self, frame: frame::Video, time: i64) -> Result<(), Error> {
        if time < self.chunk.start {
            self.early = Some(frame);
            return Ok(());
        }
        if let Some(due) = &mut self.due {
            // A millisecond of grace, for containers that count in them.
            if time + timeline::TIMESCALE / 1000 < *due {
                return Ok(());
            }
            *due = (*due + timeline::TIMESCALE / 60).max(time);
        }
        // What stood still until now is made of the frame before; at a film's beginning, of this one.
        if self.held.is_none() && time - self.chunk.start > LATE {
            let still = self.early.take();
            let first = still.as_ref().unwrap_or(&frame).clone();
            self.held = Some(self.cascade.run(first, self.chunk.start)?);
        }
        while let Some(end) = self.chunk.end.filter(|end| time >= *end) {
            self.next_chunk(end, time)?;
            if self.done {
                return Ok(());
            }
        }
        self.repeat_until(time)?;
        let frames = self.cascade.run(frame, time)?;
        self.push(frames, time)
    }

    /// Ends the chunk at its `end`, which the next frame, shown at `time`, has passed.
    fn next_chunk(&mut self, end: i64, time: i64) -> Result<(), Error> {
        self.repeat_until(time.min(end + STILL))?;
        // What stands still past the cut is the next one's first frame, whoever makes it.
        self.end(if time - end > LATE { end } else { time })?;
        if self.go_on {
            self.chunk = self.chunk.next_by_the_clock();
            (self.next, self.frames) = (0, 0);
        }
        self.done = !self.go_on;
        Ok(())
    }

    /// The film ends at `time`.
    fn finish(&mut self, time: i64) -> Result<(), Error> {
        while let Some(end) = self.chunk.end.filter(|end| self.go_on && time - end > LATE) {
            self.next_chunk(end, time)?;
        }
        self.repeat_until(time)?;
        self.end(time)
    }

    /// Shows the last frame again at each cut that has long passed by `time`.
    fn repeat_until(&mut self, time: i64) -> Result<(), Error> {
        loop {
            let cut = self.chunk.cut(self.next);
            let patience = if self.frames == 0 { LATE } else { STILL };
            if time - cut <= patience || self.chunk.end.is_some_and(|end| cut >= end) {
                return Ok(());
            }
            let Some(held) = &self.held else { return Ok(()) };
            let again = held
                .iter()
                .map(|frame| {
                    let mut frame = frame::Video::clone(frame);
                    frame.set_pts(Some(cut));
                    Arc::new(frame)
                })
                .collect();
            self.push(again, cut)?;
        }
    }

    fn push(&mut self, mut frames: Vec<Arc<frame::Video>>, time: i64) -> Result<(), Error> {
        let begins_segment = self.frames == 0 || time >= self.chunk.cut(self.next);
        if begins_segment {
            while self.chunk.cut(self.next) <= time || self.next == 0 {
                self.next += 1;
            }
        }
        for frame in &mut frames {
            match Arc::get_mut(frame) {
                Some(frame) => frame.set_kind(encode::kind(begins_segment)),
                None => debug_assert!(false, "a frame is new here"),
            }
        }
        self.frames += 1;
        for (rung, frame) in self.rungs.iter().zip(&frames) {
            rung.send(Work::Frame(Arc::clone(frame))).map_err(|_| Error::Stopped)?;
        }
        self.held = Some(frames);
        Ok(())
    }

    /// The chunk is complete; its last frame ends at `at`.
    fn end(&mut self, at: i64) -> Result<(), Error> {
        for rung in self.rungs.iter().filter(|_| self.frames > 0) {
            rung.send(Work::End { chunk: self.chunk.number, at }).map_err(|_| Error::Stopped)?;
        }
        Ok(())
    }
}
