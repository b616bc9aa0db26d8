//! Single pictures of a film, by which it is shown before it plays.

use domain::plan::Plan;
use serde::{Deserialize, Serialize};

/// The film that pictures are taken of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stills {
    /// Pixels of the picture as it is shown.
    pub width: u32,
    pub height: u32,
    /// Frames a second.
    pub frame_rate: f64,
    /// The source's time that becomes 0, microseconds.
    pub origin_us: i64,
    /// How long the film is, in milliseconds, if it can be entered in the middle. Otherwise it is read from its beginning.
    pub entered_ms: Option<i64>,
}

impl Stills {
    /// None for a film without a picture.
    pub fn of(plan: &Plan) -> Option<Self> {
        let picture = plan.picture.as_ref()?;
        Some(Self {
            width: picture.width,
            height: picture.height,
            frame_rate: picture.frame_rate,
            origin_us: plan.origin_us,
            entered_ms: plan.promised_ms.filter(|_| picture.has_index()),
        })
    }
}
