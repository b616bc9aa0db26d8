//! How many parts are on the line at once: found by trying, because nothing tells what a line carries.

/// A browser opens six connections to a host over HTTP/1.1. One is left for the rest of the site, which may be served from
/// the same host.
pub const MOST: usize = 5;
/// What a line is begun with.
const FIRST: usize = 3;
/// More lanes stay if they carry that much more than fewer did.
const WORTH_IT: f64 = 1.05;
/// Fewer lanes stay if they carry at least that share of what more did.
const AS_GOOD: f64 = 0.98;
/// Windows for which a number that was found best is kept, before its neighbours are tried again.
const REST: u32 = 12;
/// Below these bytes per second one lane carries all, and a part that is broken off costs the least.
const SLOW: f64 = 64.0 * 1024.0;
/// From these bytes per second on, what comes between two parts of a lane costs more than lanes that share the line.
pub const FAST: f64 = 32.0 * 1024.0 * 1024.0;

/// Climbs to the number of lanes that carries most. Told of the throughput of one window of time after the other, it says
/// how many lanes the next one shall have.
#[derive(Debug, Clone)]
pub struct Lanes {
    count: usize,
    /// Bytes per second with the number that was best so far, and the number.
    best: Option<(usize, f64)>,
    /// What is tried: one more, or one fewer.
    up: bool,
    /// Whether the last trial was in vain: then the other direction is next, then there is rest.
    turned: bool,
    rest: u32,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { count: FIRST, best: None, up: true, turned: false, rest: 0 }
    }
}

impl Lanes {
    /// How many there are to be now, 1 to [`MOST`].
    pub fn count(&self) -> usize {
        self.count
    }

    /// `speed`: what all lanes together carried in the last window, bytes per second.
    pub fn measured(&mut self, speed: f64) {
        if speed <= 0.0 {
            // A line that is down tells nothing of lanes.
            return;
        }
        if speed < SLOW {
            *self = Self { count: 1, best: Some((1, speed)), up: true, turned: true, rest: REST };
            return;
        }
        if speed >= FAST {
            *self = Self { count: MOST, best: Some((MOST, speed)), up: false, turned: true, rest: REST };
            return;
        }
        if self.rest > 0 {
            self.rest -= 1;
            self.best = Some((self.count, speed));
            if self.rest == 0 {
                self.turned = false;
                self.step();
            }
            return;
        }
        let Some((count, best)) = self.best else {
            self.best = Some((self.count, speed));
            self.step();
            return;
        };
        let better = if self.count > count { speed > best * WORTH_IT } else { speed >= best * AS_GOOD };
        if better {
            self.best = Some((self.count, speed));
            self.turned = false;
            self.step();
            return;
        }
        self.count = count;
        self.up = !self.up;
        if self.turned {
            self.rest = REST;
        } else {
            self.turned = true;
            self.step();
        }
    }

    /// Tries the next number in the direction that is tried, or rests where there is none.
    fn step(&mut self) {
        let next = if self.up { self.count + 1 } else { self.count - 1 };
        if (1..=MOST).contains(&next) {
            self.count = next;
        } else if self.turned {
            self.rest = REST;
        } else {
            self.turned = true;
            self.up = !self.up;
            self.step();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The numbers of lanes over some windows, on a line that carries `speed` with so many.
    fn on(lanes: &mut Lanes, windows: usize, speed: impl Fn(usize) -> f64) -> Vec<usize> {
        (0..windows)
            .map(|_| {
                let count = lanes.count();
                lanes.measured(speed(count));
                count
            })
            .collect()
    }

    fn usual(counts: &[usize]) -> usize {
        (1..=MOST).max_by_key(|count| counts.iter().filter(|c| *c == count).count()).unwrap()
    }

    #[test]
    fn where_each_lane_carries_as_much_all_are_used() {
        let counts = on(&mut Lanes::default(), 60, |count| count as f64 * 1e6);
        assert_eq!(usual(&counts), MOST, "{counts:?}");
    }

    #[test]
    fn where_one_lane_fills_the_line_others_only_share_it() {
        let counts = on(&mut Lanes::default(), 60, |_| 1e6);
        assert_eq!(usual(&counts[20..]), 1, "{counts:?}");
    }

    #[test]
    fn where_lanes_are_in_each_others_way_there_are_few() {
        let counts = on(&mut Lanes::default(), 60, |count| 1e7 / count as f64);
        assert_eq!(usual(&counts[20..]), 1, "{counts:?}");
        let counts = on(&mut Lanes::default(), 60, |count| if count <= 2 { count as f64 * 1e6 } else { 1e6 });
        assert_eq!(usual(&counts[20..]), 2, "{counts:?}");
    }

    #[test]
    fn a_fast_line_has_all_lanes_at_once() {
        let mut lanes = Lanes::default();
        lanes.measured(1e8);
        assert_eq!(lanes.count(), MOST);
        let counts = on(&mut lanes, 60, |_| 1e6);
        assert_eq!(usual(&counts[20..]), 1, "{counts:?}");
    }

    #[test]
    fn a_line_that_changes_is_found_again() {
        let mut lanes = Lanes::default();
        on(&mut lanes, 60, |_| 1e6);
        let counts = on(&mut lanes, 120, |count| count as f64 * 1e6);
        assert_eq!(usual(&counts[60..]), MOST, "{counts:?}");
    }

    #[test]
    fn a_slow_line_has_one_lane_until_it_is_fast_again() {
        let mut lanes = Lanes::default();
        on(&mut lanes, 3, |_| 1000.0);
        assert_eq!(lanes.count(), 1);
        let counts = on(&mut lanes, 120, |count| count as f64 * 1e6);
        assert_eq!(usual(&counts[60..]), MOST, "{counts:?}");
    }

    proptest! {
        #[test]
        fn there_is_always_a_lane_and_never_too_many(speeds in prop::collection::vec(0.0f64..1e10, 0..200)) {
            let mut lanes = Lanes::default();
            for speed in speeds {
                lanes.measured(speed);
                prop_assert!((1..=MOST).contains(&lanes.count()));
            }
        }
    }
}
