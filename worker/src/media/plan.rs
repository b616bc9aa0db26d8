//! What is to be made of a film.

use domain::ladder::{self, Picture, Rung};
use serde::{Deserialize, Serialize};

use super::error::{Error, Reason};
use super::probe::Probe;

/// Plain data, so that it can be kept and carried to another process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Smallest first; empty for a film without a picture.
    pub rungs: Vec<Rung>,
    pub audio: bool,
    /// Key frames stand on this grid, in every rung at the same frame.
    pub segment_ms: u32,
    /// Frames a second the rungs are made for, at most 60.
    pub frame_rate: f64,
    /// Whether the source is faster than that and loses frames.
    pub drop_frames: bool,
    /// How long the file says the film is.
    pub promised_ms: Option<i64>,
}

impl Plan {
    pub fn of(probe: &Probe) -> Result<Self, Error> {
        if probe.video.is_none() && probe.audio.is_none() {
            return Err(Error::Unplayable(Reason::NothingToDecode));
        }
        let picture = probe.video.as_ref().map(|video| Picture {
            width: video.width,
            height: video.height,
            frame_rate: video.frame_rate,
        });
        Ok(Self {
            rungs: picture.as_ref().map(ladder::ladder).unwrap_or_default(),
            audio: probe.audio.is_some(),
            segment_ms: 4000,
            frame_rate: ladder::rendered_frame_rate(picture.map_or(0.0, |picture| picture.frame_rate)),
            drop_frames: picture.is_some_and(|picture| picture.frame_rate > ladder::MAX_FRAME_RATE + 1.0),
            promised_ms: probe.duration_ms,
        })
    }
}
