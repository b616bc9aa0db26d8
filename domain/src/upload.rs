//! How a file is cut into parts, and what a session looks like from outside.

use crate::fingerprint::Fingerprint;
use crate::id::{UploadId, VideoId};
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// S3: every part but the last has at least 5 MiB.
pub const MIN_PART: u64 = 5 << 20;
/// S3: a part has at most 5 GiB.
pub const MAX_PART: u64 = 5 << 30;
/// S3: an upload has at most 10,000 parts.
pub const MAX_PARTS: u64 = 10_000;
/// S3: an object made of parts has at most 5 TiB.
pub const MAX_OBJECT: u64 = 5 << 40;

/// Small enough that a part lost on a slow line costs little, large enough that an hour of film isn't a thousand requests.
const USUAL_PART: u64 = 8 << 20;
/// Where a second carries more than one, a request's own cost is what counts.
const LARGE_PART: u64 = 16 << 20;
/// A line that carries less in a second takes the better part of a minute for the smallest part.
const SLOW_LINE: u64 = 128 << 10;

/// Why a size was refused, before a byte leaves. `Display` is what the person reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSize {
    #[error("This file is empty.")]
    Empty,
    #[error("This file has {}; films of up to {} can be uploaded here.", crate::time::bytes(*.size), crate::time::bytes(*.max))]
    TooLarge { size: u64, max: u64 },
}

/// Where the cuts are: parts numbered from 1, all of `part_size` bytes but the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartPlan {
    pub size: u64,
    pub part_size: u64,
    pub part_count: u32,
}

impl PartPlan {
    /// A plan for a file of `size` bytes where `max` are allowed, for a line that carries `line` bytes per second, if
    /// somebody knows.
    pub fn new(size: u64, max: u64, line: Option<u64>) -> Result<Self, InvalidSize> {
        let max = max.min(MAX_OBJECT);
        if size == 0 {
            return Err(InvalidSize::Empty);
        }
        if size > max {
            return Err(InvalidSize::TooLarge { size, max });
        }
        let mut part_size = match line {
            Some(..=SLOW_LINE) => MIN_PART,
            Some(LARGE_PART..) => LARGE_PART,
            _ => USUAL_PART,
        };
        while size.div_ceil(part_size) > MAX_PARTS {
            part_size *= 2;
        }
        Ok(Self { size, part_size, part_count: size.div_ceil(part_size) as u32 })
    }

    /// First byte and length of part `number`; None outside the plan.
    pub fn range(&self, number: u32) -> Option<(u64, u64)> {
        if number == 0 || number > self.part_count {
            return None;
        }
        let start = u64::from(number - 1) * self.part_size;
        Some((start, self.part_size.min(self.size - start)))
    }

    pub fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        1..=self.part_count
    }
}

/// What S3 holds the bytes of a session's parts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Checksum {
    /// Base64 of the digest.
    Sha256,
}

/// Where an upload session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = UploadState))]
pub enum State {
    /// Parts may come.
    Open,
    /// All were said to be there; S3 is being asked to join them.
    Completing,
    Completed,
    /// Given up by its owner, or too old.
    Aborted,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Completing => "completing",
            State::Completed => "completed",
            State::Aborted => "aborted",
        }
    }
}

impl std::str::FromStr for State {
    type Err = crate::video::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [State::Open, State::Completing, State::Completed, State::Aborted]
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or(crate::video::UnknownWord {
                what: "The upload's state",
                expected: "open, completing, completed, aborted",
            })
    }
}

/// The answer to a new session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = UploadCreated))]
pub struct Created {
    pub upload_id: UploadId,
    pub video_id: VideoId,
    pub part_size: u64,
    pub part_count: u32,
    /// Given: every part is asked for with its checksum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum_algorithm: Option<Checksum>,
    /// Whether this session was begun earlier, for the same file: some of its parts may be there.
    pub resumed: bool,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub upload_id: UploadId,
    pub video_id: VideoId,
    pub file_name: String,
    pub size: u64,
    pub part_size: u64,
    pub part_count: u32,
    /// The parts that S3 has; `None` where a list is told while S3 doesn't answer.
    pub received: Option<Vec<u32>>,
    pub state: State,
    /// What its file is known again by, if its client told.
    pub fingerprint: Option<Fingerprint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum_algorithm: Option<Checksum>,
    /// When it is given up unless somebody goes on.
    pub expires_at: UnixMillis,
}

impl Status {
    /// Bytes that S3 has, if that is known.
    pub fn received_bytes(&self) -> Option<u64> {
        let plan = self.plan();
        let parts = self.received.as_ref()?;
        Some(parts.iter().filter_map(|number| plan.range(*number)).map(|(_, len)| len).sum())
    }

    pub fn plan(&self) -> PartPlan {
        PartPlan { size: self.size, part_size: self.part_size, part_count: self.part_count }
    }
}

/// A part that the client wants to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRequest {
    pub number: u32,
    /// Base64 of the part's SHA-256, if S3 shall hold the bytes to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

/// Where a part's bytes go: a PUT with exactly these headers (`Content-Length` is signed, too).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartUrl {
    pub number: u32,
    pub url: String,
    pub headers: Vec<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_cover_the_file_without_gap_or_overlap(size in 1..=MAX_OBJECT, line: Option<u64>) {
            let plan = PartPlan::new(size, u64::MAX, line).unwrap();
            prop_assert!(u64::from(plan.part_count) <= MAX_PARTS);
            prop_assert!((MIN_PART..=MAX_PART).contains(&plan.part_size));
            let mut next = 0;
            for number in plan.numbers() {
                let (start, len) = plan.range(number).unwrap();
                prop_assert_eq!(start, next);
                prop_assert!(len > 0 && (len == plan.part_size || number == plan.part_count));
                next = start + len;
            }
            prop_assert_eq!(next, size);
        }
    }

    #[test]
    fn numbers_outside_the_plan_have_no_range() {
        let plan = PartPlan::new(MIN_PART, u64::MAX, None).unwrap();
        assert_eq!(plan.range(0), None);
        assert_eq!(plan.range(2), None);
    }

    #[test]
    fn parts_are_as_large_as_the_line_is_fast() {
        let part_size = |line| PartPlan::new(1 << 30, u64::MAX, line).unwrap().part_size;
        assert_eq!(
            [None, Some(1_000), Some(1_000_000), Some(1 << 30)].map(part_size),
            [8 << 20, 5 << 20, 8 << 20, 16 << 20]
        );
    }

    #[test]
    fn empty_and_too_large_files_are_refused() {
        assert_eq!(PartPlan::new(0, 10, None), Err(InvalidSize::Empty));
        let refused = PartPlan::new(2_000_000_001, 2_000_000_000, None).unwrap_err();
        assert_eq!(refused.to_string(), "This file has 2.0 GB; films of up to 2.0 GB can be uploaded here.");
    }
}
