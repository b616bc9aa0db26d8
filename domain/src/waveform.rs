//! How loud a sound is when: what is drawn of a film that has no picture.

use serde::{Deserialize, Serialize};

/// Pairs of a sound however long; half as many at least of one that isn't short.
pub const MOST_PAIRS: usize = 2048;

/// As the program `audiowaveform` writes it (version 2 of its JSON), which players of waveforms read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waveform {
    /// Of this form: 2.
    pub version: u32,
    /// Mixed into one.
    pub channels: u32,
    /// Hertz.
    pub sample_rate: u32,
    /// Samples that a pair stands for.
    pub samples_per_pixel: u32,
    /// Of each number: 8, from -128 to 127.
    pub bits: u32,
    /// Pairs.
    pub length: u32,
    /// The lowest and the highest sample of each stretch, in turn.
    pub data: Vec<i8>,
}

impl Waveform {
    pub fn new(sample_rate: u32, samples_per_pixel: u32, data: Vec<i8>) -> Self {
        let length = (data.len() / 2) as u32;
        Self { version: 2, channels: 1, sample_rate, samples_per_pixel, bits: 8, length, data }
    }

    /// How high so many bars are that stand for stretches of equal length, 0 to 1: the loudest is 1, silence is 0.
    pub fn bars(&self, count: usize) -> Vec<f64> {
        let high: Vec<f64> = self
            .data
            .chunks_exact(2)
            .map(|pair| f64::from(pair.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0)))
            .collect();
        let bar = |number: usize| {
            let from = number * high.len() / count.max(1);
            let to = ((number + 1) * high.len() / count.max(1)).max(from + 1).min(high.len());
            let stretch = high.get(from..to).unwrap_or_default();
            // The mean of a stretch's peaks: of music mastered to the limit the peaks alone are a wall.
            stretch.iter().sum::<f64>() / stretch.len().max(1) as f64
        };
        let bars: Vec<f64> = (0..count).map(bar).collect();
        let loudest = bars.iter().copied().fold(0.0, f64::max);
        bars.into_iter().map(|bar| if loudest > 0.0 { bar / loudest } else { 0.0 }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_where_it_is_loud() {
        let waveform = Waveform::new(48_000, 512, vec![-10, 10, -20, 5, 0, 0, -128, 100]);
        assert_eq!(waveform.length, 4);
        let rounded = |count| waveform.bars(count).iter().map(|bar| (bar * 100.0).round()).collect::<Vec<_>>();
        assert_eq!(rounded(4), [8.0, 16.0, 0.0, 100.0]);
        assert_eq!(rounded(2), [23.0, 100.0]);
        assert_eq!(rounded(8), [8.0, 8.0, 16.0, 16.0, 0.0, 0.0, 100.0, 100.0], "more bars than there are pairs");
    }

    #[test]
    fn silence_and_nothing_are_flat() {
        assert_eq!(Waveform::new(48_000, 512, vec![0; 8]).bars(3), [0.0; 3]);
        assert_eq!(Waveform::new(48_000, 512, Vec::new()).bars(3), [0.0; 3]);
    }
}
