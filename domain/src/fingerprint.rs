//! What a file is known again by, whatever it is called and wherever it lies: its size and samples of its content.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// A sample's bytes.
const SAMPLE: u64 = 64 << 10;
/// Samples of a file, the first and the last of its bytes among them.
const SAMPLES: u64 = 16;

/// The SHA-256, in 64 lower-case hexadecimal digits, of a file's size (8 bytes, the least significant first) and its
/// [`samples`] one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[0-9a-f]{64}$"))]
pub struct Fingerprint(String);

/// What was given is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A fingerprint is 64 hexadecimal digits in lower case.")]
pub struct InvalidFingerprint;

impl Fingerprint {
    /// Of a digest, 32 bytes.
    pub fn from_digest(digest: &[u8; 32]) -> Self {
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Fingerprint {
    type Err = InvalidFingerprint;

    fn from_str(text: &str) -> Result<Self, InvalidFingerprint> {
        let valid = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidFingerprint) }
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = InvalidFingerprint;

    fn try_from(text: String) -> Result<Self, InvalidFingerprint> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which bytes of a file of `size` bytes are looked at: all of a small one; else pieces at even distances, from its first
/// byte to its last.
pub fn samples(size: u64) -> Vec<Range<u64>> {
    if size <= SAMPLE * SAMPLES {
        return std::iter::once(0..size).collect();
    }
    let distance = (size - SAMPLE) as f64 / (SAMPLES - 1) as f64;
    let start = |index: u64| if index == SAMPLES - 1 { size - SAMPLE } else { (distance * index as f64) as u64 };
    (0..SAMPLES).map(|index| start(index)..start(index) + SAMPLE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn samples_lie_within_the_file_in_order_with_its_first_and_last_byte(size in 1..=5u64 << 40) {
            let samples = samples(size);
            prop_assert_eq!(samples.first().unwrap().start, 0);
            prop_assert_eq!(samples.last().unwrap().end, size);
            prop_assert!(samples.windows(2).all(|pair| pair[0].end <= pair[1].start));
            prop_assert!(samples.iter().map(|sample| sample.end - sample.start).sum::<u64>() <= SAMPLE * SAMPLES);
        }
    }

    #[test]
    fn a_small_file_is_looked_at_whole() {
        for size in [10, SAMPLE * SAMPLES] {
            assert_eq!(samples(size), vec![Range { start: 0, end: size }]);
        }
        assert_eq!(samples(SAMPLE * SAMPLES + 1).len(), 16);
    }

    #[test]
    fn a_fingerprint_is_hexadecimal_digits() {
        let fingerprint = Fingerprint::from_digest(&[0xa5; 32]);
        assert_eq!(fingerprint.as_str().parse(), Ok(fingerprint.clone()));
        for wrong in ["", "a5", &fingerprint.as_str().to_uppercase(), &"g".repeat(64)] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(InvalidFingerprint), "{wrong}");
        }
    }
}
