//! What is to be made of a film: decided once, by the plan task, stored with the build, and read by every other task of
//! it. Plain data.

use crate::ladder::Rung;
use crate::playlist::{AUDIO, Rendition};
use crate::timeline::{self, Chunk};
use crate::video::Notice;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The source's time that becomes 0, microseconds.
    pub origin_us: i64,
    /// How long the file says the film is; None where it doesn't, or only guesses.
    pub promised_ms: Option<i64>,
    pub picture: Option<PicturePlan>,
    pub sound: Option<SoundPlan>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PicturePlan {
    /// As shown: upright, with square pixels.
    pub width: u32,
    pub height: u32,
    /// Frames a second the rungs are made for.
    pub frame_rate: f64,
    /// Whether the source is faster than that and loses frames.
    pub drop_frames: bool,
    /// What is encoded, smallest first.
    pub rungs: Vec<Rung>,
    /// Stretches that can be made apart from each other. Empty for a file that can only be read from its beginning: then
    /// one task makes all of them, [`timeline::by_the_clock`].
    pub chunks: Vec<Chunk>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundPlan {
    /// Hertz of what is made.
    pub rate: u32,
    pub channels: u16,
}

impl SoundPlan {
    /// Rates that an AAC decoder everywhere has, without changing the pitch of a tape of 44.1 kHz.
    pub fn of(rate: u32, channels: u16) -> Self {
        let rate = if rate % 11_025 == 0 { 44_100 } else { 48_000 };
        Self { rate, channels: channels.clamp(1, 2) }
    }

    pub fn bitrate(&self) -> u32 {
        if self.channels == 1 { 80_000 } else { 128_000 }
    }
}

impl Plan {
    /// Everything that will be played, smallest picture first and the sound last, with codecs and rates that hold from
    /// the start.
    pub fn renditions(&self) -> Vec<Rendition> {
        let pictures = self.picture.iter().flat_map(|picture| {
            picture.rungs.iter().map(|rung| Rendition {
                name: rung.name.clone(),
                codecs: rung.codecs(),
                resolution: Some((rung.width, rung.height)),
                frame_rate: Some(picture.frame_rate),
                peak_bitrate: rung.peak_bitrate((timeline::SEGMENT * 1000 / timeline::TIMESCALE) as u32),
            })
        });
        let sound = self.sound.iter().map(|sound| Rendition {
            name: AUDIO.to_owned(),
            codecs: "mp4a.40.2".to_owned(),
            resolution: None,
            frame_rate: None,
            peak_bitrate: sound.bitrate() * 11 / 10,
        });
        pictures.chain(sound).collect()
    }

    /// A playlist's target duration, which holds for all of the film.
    pub fn target_seconds(&self) -> u32 {
        let chunks = self.picture.as_ref().map(|picture| picture.chunks.as_slice()).unwrap_or_default();
        timeline::target_seconds(chunks)
    }

    /// What the owner should know once all is made: `outcomes` of the tasks that made it, None of one that came to nothing,
    /// and how long sound and picture have become, in milliseconds.
    pub fn notices(&self, outcomes: &[Option<&Outcome>], sound_ms: f64, picture_ms: f64) -> Vec<Notice> {
        let known = || outcomes.iter().flatten();
        let given_up = outcomes.iter().any(Option::is_none);
        // Containers that begin late count their duration from 0.
        let end = sound_ms.max(picture_ms) as i64;
        let missing = self.promised_ms.map_or(0, |promised| promised - end - self.origin_us.max(0) / 1000);
        let damaged = known().any(|outcome| outcome.damaged_at_ms.is_some());
        let cut_off = !given_up && (missing > 500 + end / 50 || (damaged && missing > 200));
        let no_picture = self.picture.is_some() && picture_ms <= 0.0;
        let silent = self.sound.is_some() && !given_up && !known().any(|outcome| outcome.audible);
        [
            (given_up, Notice::GivenUp),
            (cut_off, Notice::CutOff),
            ((damaged && !cut_off) || no_picture, Notice::Damaged),
            (silent, Notice::Silent),
        ]
        .into_iter()
        .filter_map(|(so, notice)| so.then_some(notice))
        .collect()
    }
}

/// What a task of a build found while it worked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Where what it made ends, milliseconds from the film's beginning.
    pub end_ms: i64,
    /// Where the first place is that could not be decoded, milliseconds.
    pub damaged_at_ms: Option<i64>,
    /// Sound: whether anything could be heard.
    pub audible: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_keeps_its_family_of_rates() {
        for (from, to) in [(8_000, 48_000), (44_100, 44_100), (22_050, 44_100), (96_000, 48_000), (192_000, 48_000)] {
            assert_eq!(SoundPlan::of(from, 6), SoundPlan { rate: to, channels: 2 });
        }
        assert_eq!(SoundPlan::of(48_000, 1).channels, 1);
    }
}
