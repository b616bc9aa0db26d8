//! Times that only grow, out of whatever the file has.

use ffmpeg_next::Rescale;

use super::encode::TIMESCALE;
use super::{MICROS, TICKS};

const SECOND: i64 = TIMESCALE as i64;
/// Times that jump back by more than a second, or ahead by more than an hour, start a new count.
const JUMP: std::ops::Range<i64> = -SECOND..3600 * SECOND;

pub(super) struct Clock {
    /// Subtracted from the source's times, in ticks.
    origin: i64,
    /// A frame's duration where the file doesn't tell.
    nominal: i64,
    last: Option<i64>,
    /// Where the last frame ends.
    pub end: i64,
}

impl Clock {
    /// `origin_us`: the source's time, in microseconds, that becomes 0.
    pub fn new(origin_us: i64, nominal: i64) -> Self {
        let origin = origin_us.rescale(MICROS, TICKS);
        Self { origin, nominal, last: None, end: 0 }
    }

    /// When a frame is shown whose time and duration, in ticks, the file says.
    pub fn stamp(&mut self, time: Option<i64>, duration: i64) -> i64 {
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
