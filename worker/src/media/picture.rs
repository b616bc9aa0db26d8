//! The picture's way from the decoder to the rungs' threads: times, the segments' grid, scaling, the poster.

use std::sync::mpsc::SyncSender;

use ffmpeg_next::{Rational, Rescale, frame};

use super::encode::{TIMESCALE, Work};
use super::error::Error;
use super::orientation::Orientation;
use super::plan::Plan;
use super::poster::Poster;
use super::scale::Cascade;
use super::sink::Event;

const TICKS: Rational = Rational(1, TIMESCALE as i32);
const SECOND: i64 = TIMESCALE as i64;
/// Times that jump back by more than a second, or ahead by more than an hour, start a new count.
const JUMP: std::ops::Range<i64> = -SECOND..3600 * SECOND;

pub(super) struct Lane<'a> {
    time_base: Rational,
    clock: Clock,
    grid: i64,
    /// The next segment begins with the first frame from this tick on.
    next_cut: i64,
    /// With frames dropped: no frame is due before this tick.
    due: Option<i64>,
    cascade: Cascade,
    poster: Poster,
    rungs: Vec<SyncSender<Work>>,
    events: &'a SyncSender<Event>,
    /// Frames sent to the encoders.
    pub frames: u64,
}

impl<'a> Lane<'a> {
    /// `origin`: the source's time, in microseconds, that becomes 0.
    pub fn new(
        plan: &Plan,
        time_base: Rational,
        origin: i64,
        orientation: Orientation,
        rungs: Vec<SyncSender<Work>>,
        events: &'a SyncSender<Event>,
    ) -> Self {
        Self {
            time_base,
            clock: Clock::new(origin, (SECOND as f64 / plan.frame_rate).round().max(1.0) as i64),
            grid: i64::from(plan.segment_ms) * SECOND / 1000,
            next_cut: 0,
            due: plan.drop_frames.then_some(0),
            cascade: Cascade::new(&plan.rungs, orientation),
            poster: Poster::new(plan.promised_ms),
            rungs,
            events,
            frames: 0,
        }
    }

    /// Takes a decoded frame. Waits while the encoders are busy.
    pub fn take(&mut self, frame: frame::Video) -> Result<(), Error> {
        let time = frame.timestamp().map(|time| time.rescale(self.time_base, TICKS));
        let duration = frame.packet().duration.max(0).rescale(self.time_base, TICKS);
        let time = self.clock.stamp(time, duration);
        if let Some(due) = &mut self.due {
            // A millisecond of grace, for containers that count in them.
            if time + SECOND / 1000 < *due {
                return Ok(());
            }
            *due = (*due + SECOND / 60).max(time);
        }
        let begins_segment = self.frames == 0 || time >= self.next_cut;
        if begins_segment {
            self.next_cut = (time.div_euclid(self.grid) + 1) * self.grid;
        }
        let frames = self.cascade.run(frame, time, begins_segment)?;
        self.frames += 1;
        if let Some(jpeg) = self.poster.offer(time, &frames)? {
            self.send(Event::Poster(jpeg))?;
        }
        for (rung, frame) in self.rungs.iter().zip(frames) {
            rung.send(Work::Frame(frame)).map_err(|_| Error::Stopped)?;
        }
        Ok(())
    }

    /// Where the picture ends so far, in ticks.
    pub fn end(&self) -> i64 {
        self.clock.end
    }

    /// Ends the rungs; their threads flush what they hold.
    pub fn finish(mut self) -> Result<(), Error> {
        if let Some(jpeg) = self.poster.finish()? {
            self.send(Event::Poster(jpeg))?;
        }
        for rung in &self.rungs {
            rung.send(Work::End(self.clock.end)).map_err(|_| Error::Stopped)?;
        }
        Ok(())
    }

    fn send(&self, event: Event) -> Result<(), Error> {
        self.events.send(event).map_err(|_| Error::Stopped)
    }
}

/// Makes times that only grow out of whatever the file has.
struct Clock {
    /// Subtracted from the source's times, in ticks.
    origin: i64,
    /// A frame's duration where the file doesn't tell.
    nominal: i64,
    last: Option<i64>,
    end: i64,
}

impl Clock {
    fn new(origin: i64, nominal: i64) -> Self {
        Self { origin: origin.rescale(Rational(1, 1_000_000), TICKS), nominal, last: None, end: 0 }
    }

    fn stamp(&mut self, time: Option<i64>, duration: i64) -> i64 {
        let time = match (time.map(|time| time.saturating_sub(self.origin)), self.last) {
            (Some(time), None) => time.max(0),
            (None, None) => 0,
            (None, Some(_)) => self.end,
            (Some(time), Some(last)) => {
                if !JUMP.contains(&(time.saturating_sub(last))) {
                    self.origin += time - self.end;
                    self.end
                } else {
                    time.max(last + 1)
                }
            }
        };
        self.last = Some(time);
        self.end = time + if (1..=10 * SECOND).contains(&duration) { duration } else { self.nominal };
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_begin_at_the_origin_and_only_grow() {
        let mut clock = Clock::new(10_000_000, 3600);
        assert_eq!(clock.stamp(Some(900_000), 0), 0);
        assert_eq!(clock.stamp(Some(903_600), 0), 3600);
        assert_eq!(clock.stamp(Some(903_600), 0), 3601);
        assert_eq!(clock.stamp(None, 0), 7201);
    }

    #[test]
    fn a_clock_that_jumps_back_goes_on_from_where_it_was() {
        let mut clock = Clock::new(0, 3600);
        assert_eq!(clock.stamp(Some(900_000), 3600), 900_000);
        assert_eq!(clock.stamp(Some(0), 3600), 903_600);
        assert_eq!(clock.stamp(Some(3600), 3600), 907_200);
    }
}
