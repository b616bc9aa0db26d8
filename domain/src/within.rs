//! Bounds for what is measured.

/// The number between the two: `f64::clamp` without the words that it panics with, which are most of what a page would
/// carry to write fractions. A NaN is the lower bound.
pub fn within(low: f64, number: f64, high: f64) -> f64 {
    if number >= high {
        high
    } else if number > low {
        number
    } else {
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_within_bounds() {
        assert_eq!([-1.0, 0.5, 7.0, f64::NAN].map(|number| within(0.0, number, 1.0)), [0.0, 0.5, 1.0, 0.0]);
    }
}
