//! AAC frames, encoded or copied, put into segments and chunks by the clock.

use std::sync::mpsc::SyncSender;

use domain::playlist::AAC_LC;
use domain::timeline::{self, Chunk};
use ffmpeg_next::{Packet, Rational, Rescale};

use super::TICKS;
use super::error::Error;
use super::fragment::Fragmenter;
use super::sink::{Event, Init, Track, tell};
use super::sound::EncodeSound;

/// Samples of an AAC frame.
pub const FRAME: i64 = 1024;

pub(super) struct SoundSegments<'a> {
    fragmenter: Fragmenter,
    rate: u32,
    chunk: Chunk,
    /// Of the chunk: the segment that begins next.
    next: usize,
    /// Where the last frame ends, in samples.
    end: i64,
    events: &'a SyncSender<Event>,
}

impl<'a> SoundSegments<'a> {
    /// For what `work` asks for: a muxer, and the init segment that it wrote.
    pub fn new(
        (fragmenter, bytes): (Fragmenter, Vec<u8>),
        work: &EncodeSound,
        events: &'a SyncSender<Event>,
    ) -> Result<Self, Error> {
        tell(events, Event::Init(Track::Audio, Init { bytes, codecs: AAC_LC.to_owned() }))?;
        let chunk = timeline::by_the_clock(work.first_chunk);
        Ok(Self { fragmenter, rate: work.plan.rate, chunk, next: 0, end: work.first_sample, events })
    }

    /// Where the last frame ends, in samples.
    pub fn end(&self) -> i64 {
        self.end
    }

    /// Takes the next frame, which begins at `time`, in samples.
    pub fn push(&mut self, packet: &mut Packet, time: i64) -> Result<(), Error> {
        let ticks = time.rescale(Rational::new(1, self.rate as i32), TICKS);
        while self.chunk.end.is_some_and(|end| ticks >= end) {
            self.end_chunk(time)?;
            self.chunk = timeline::by_the_clock(self.chunk.number + 1);
            self.next = 0;
        }
        if ticks >= self.chunk.cut(self.next) {
            self.cut(time)?;
            while self.chunk.cut(self.next) <= ticks {
                self.next += 1;
            }
        }
        packet.set_pts(Some(time));
        packet.set_dts(Some(time));
        packet.set_duration(FRAME);
        self.fragmenter.push(packet, time)?;
        self.end = time + FRAME;
        Ok(())
    }

    /// Closes the last segment and its chunk.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.end_chunk(self.end)
    }

    fn end_chunk(&mut self, end: i64) -> Result<(), Error> {
        self.cut(end)?;
        if self.next > 0 { tell(self.events, Event::Chunk(Track::Audio, self.chunk.number)) } else { Ok(()) }
    }

    fn cut(&mut self, end: i64) -> Result<(), Error> {
        match self.fragmenter.cut(end)? {
            Some(segment) => tell(self.events, Event::Segment(Track::Audio, segment)),
            None => Ok(()),
        }
    }
}
