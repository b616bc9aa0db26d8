//! From what is in a file to what is made of it.

use domain::ladder::{self, Picture};
use domain::plan::{PicturePlan, Plan, SoundPlan};
use domain::timeline;

use super::probe::{Probe, VideoStream};

/// `highest`: the tallest rung that is wanted, in lines of the shorter side.
pub fn plan(probe: &Probe, highest: u32) -> Plan {
    Plan {
        origin_us: probe.origin_us,
        promised_ms: probe.duration_ms,
        picture: probe.video.as_ref().map(|video| picture(probe, video, highest)),
        sound: probe.audio.as_ref().map(|audio| SoundPlan::of(audio.sample_rate, audio.channels)),
    }
}

fn picture(probe: &Probe, video: &VideoStream, highest: u32) -> PicturePlan {
    let &VideoStream { width, height, frame_rate, .. } = video;
    let mut rungs = ladder::ladder(&Picture { width, height, frame_rate });
    let lowest = rungs.first().cloned();
    rungs.retain(|rung| rung.width.min(rung.height) <= highest);
    if rungs.is_empty() {
        rungs.extend(lowest);
    }
    let end = probe.duration_ms.unwrap_or(0) * timeline::TIMESCALE / 1000;
    PicturePlan {
        width,
        height,
        frame_rate: ladder::rendered_frame_rate(frame_rate),
        drop_frames: frame_rate > ladder::MAX_FRAME_RATE + 1.0,
        rungs,
        chunks: probe.keys.as_ref().map(|keys| timeline::at_keys(keys, end)).unwrap_or_default(),
    }
}
