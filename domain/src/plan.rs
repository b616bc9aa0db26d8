//! What is to be made of a film: decided once, by the plan task, stored with the build, and read by every other task of
//! it. Plain data.

use crate::ladder::Rung;
use crate::playlist::{AAC_LC, AUDIO, Rendition};
use crate::timeline::{self, Chunk, Rest};
use crate::video::Notice;
use crate::webvtt::Chapter;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The source's time that becomes 0, microseconds.
    pub origin_us: i64,
    /// How long the file says the film is; None where it doesn't, or only guesses.
    pub promised_ms: Option<i64>,
    pub picture: Option<PicturePlan>,
    /// The first is heard unless another is chosen.
    pub sounds: Vec<SoundPlan>,
    pub texts: Vec<TextPlan>,
    pub chapters: Vec<Chapter>,
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
    /// A single picture: how long it is shown is by the frame rate, whatever the file says.
    pub is_still: bool,
    /// What is encoded, smallest first.
    pub rungs: Vec<Rung>,
    /// What is taken as it is, above all of them.
    pub copy: Option<Copied>,
    /// Why it is, or why nothing is: for technical details.
    pub why: String,
    /// Stretches that can be made apart from each other.
    pub chunks: Vec<Chunk>,
    /// What is behind them and can't be divided; of a file that can only be read from its beginning, all of it.
    pub rest: Option<Rest>,
    /// Whether the file has no index, but can be entered: then `chunks`, and at last `rest`, are added while a task walks
    /// through it.
    pub is_scanned: bool,
}

impl PicturePlan {
    /// Whether the file's index leads to any place of it.
    pub fn has_index(&self) -> bool {
        !self.chunks.is_empty() && !self.is_scanned
    }
}

/// The source's own picture as a rendition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// The short side and a "p", as a rung's.
    pub name: String,
    /// By RFC 6381.
    pub codecs: String,
    /// Bits a second that no segment exceeds.
    pub peak_bitrate: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundPlan {
    /// The rendition's: [`AUDIO`], and `audio2`, `audio3`, ….
    pub name: String,
    /// Its place among the file's streams.
    pub stream: usize,
    pub about: About,
    /// Hertz of what is made.
    pub rate: u32,
    pub channels: u16,
    /// Whether the source's own packets are taken as they are.
    pub copy: bool,
}

/// Subtitles that come with the film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPlan {
    /// The rendition's: `text1`, `text2`, ….
    pub name: String,
    /// Its place among the file's streams.
    pub stream: usize,
    pub about: About,
}

/// What a file says of a sound or of subtitles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// RFC 5646, such as `de`.
    pub language: Option<String>,
    /// Unlike that of any other of its kind.
    pub label: String,
}

/// What of an original may be taken as it is: all that can be, until it shows that it can't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MayCopy {
    pub picture: bool,
    pub sound: bool,
}

impl MayCopy {
    pub const ALL: Self = Self { picture: true, sound: true };
    pub const NOTHING: Self = Self { picture: false, sound: false };
}

/// What is known of a picture that could be copied. See [`PictureFacts::copy`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PictureFacts {
    pub is_h264: bool,
    /// `profile_idc` and `level_idc` of ITU-T H.264.
    pub profile: i32,
    pub level: i32,
    pub is_8_bit_420: bool,
    pub is_progressive: bool,
    pub is_upright: bool,
    /// Those that were looked at are IDR pictures: nothing behind them is shown before them.
    pub keys_are_closed: bool,
    /// No packet is marked to be left out, and none is shown before the film begins.
    pub is_unedited: bool,
    /// The highest of any stretch between key frames, bits a second.
    pub peak_bitrate: u64,
}

impl PictureFacts {
    /// Whether players everywhere can be given these packets as they are, or why not. `keys` are the key frames, `end` the
    /// film's, in ticks; `rung` is what would be encoded in its place.
    pub fn copy(&self, keys: Option<&[i64]>, end: i64, rung: &Rung) -> Result<(), &'static str> {
        // Phones record, and screens are captured, at rates that nobody should have to load to watch.
        const SANE: u64 = 5;
        // Ticks; the sound may begin a little earlier.
        const BEGINNING: std::ops::RangeInclusive<i64> = 0..=timeline::TIMESCALE / 5;
        let longest = |keys: &[i64]| {
            let ends = keys.iter().skip(1).copied().chain([end]);
            keys.iter().zip(ends).map(|(key, next)| next - key).max().unwrap_or(end)
        };
        let Some(keys) = keys else { return Err("the file has no index of its key frames") };
        let refusals = [
            (!self.is_h264, "it isn't H.264"),
            (!matches!(self.profile, 66 | 77 | 100), "its profile isn't Baseline, Main or High"),
            (self.level > 52, "its level is above 5.2"),
            (!self.is_8_bit_420, "its samples aren't 8 bits, 4:2:0"),
            (!self.is_progressive, "it is interlaced"),
            (!self.is_upright, "it has to be turned"),
            (!keys.first().is_some_and(|key| BEGINNING.contains(key)), "it doesn't begin with a key frame"),
            (longest(keys) > 21 * timeline::TIMESCALE / 2, "its key frames are more than 10.5 s apart"),
            (!self.keys_are_closed, "not all its key frames can be entered"),
            (!self.is_unedited, "its container leaves out parts of it"),
            (self.peak_bitrate * 2 > u64::from(rung.max_bitrate) * SANE, "its bit rate is too high for streaming"),
        ];
        refusals.into_iter().find(|(refused, _)| *refused).map_or(Ok(()), |(_, why)| Err(why))
    }
}

impl SoundPlan {
    /// Rates that an AAC decoder everywhere has, without changing the pitch of a tape of 44.1 kHz.
    pub fn of(rate: u32, channels: u16) -> Self {
        let about = About { language: None, label: "Original".to_owned() };
        let rate = if rate.is_multiple_of(11_025) { 44_100 } else { 48_000 };
        Self { name: AUDIO.to_owned(), stream: 0, about, rate, channels: channels.clamp(1, 2), copy: false }
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
                about: About::default(),
            })
        });
        let copied = self.picture.iter().filter_map(|picture| {
            picture.copy.as_ref().map(|copy| Rendition {
                name: copy.name.clone(),
                codecs: copy.codecs.clone(),
                resolution: Some((picture.width, picture.height)),
                frame_rate: Some(picture.frame_rate),
                peak_bitrate: copy.peak_bitrate,
                about: About::default(),
            })
        });
        let sounds = self.sounds.iter().map(|sound| Rendition {
            name: sound.name.clone(),
            codecs: AAC_LC.to_owned(),
            resolution: None,
            frame_rate: None,
            peak_bitrate: if sound.copy { 350_000 } else { sound.bitrate() * 11 / 10 },
            about: sound.about.clone(),
        });
        pictures.chain(copied).chain(sounds).collect()
    }

    /// A playlist's target duration, which holds for all of the film.
    pub fn target_seconds(&self) -> u32 {
        let Some(picture) = &self.picture else { return timeline::target_seconds(&[], false) };
        timeline::target_seconds(&picture.chunks, picture.is_scanned)
    }

    /// How the film is made and why so, in words for its owner: technical details.
    pub fn details(&self, outcomes: &[Outcome]) -> Vec<String> {
        let picture = self.picture.iter().flat_map(|picture| {
            let parts = match (picture.chunks.len(), &picture.rest) {
                (0, None) => "It is divided into parts while it is read.".to_owned(),
                (0, Some(_)) => "The file can only be read from its beginning, so it is made in one go.".to_owned(),
                (1, None) => "It is made in one part.".to_owned(),
                (count, None) => format!("It is made in {count} parts, which workers share."),
                (_, Some(rest)) => {
                    let from = crate::time::clock(rest.start * 1000 / timeline::TIMESCALE);
                    format!("Workers share it up to {from}; behind that it can't be entered, and is made in one go.")
                }
            };
            [picture.why.clone(), parts]
        });
        let several = self.sounds.len() > 1;
        let sounds = self.sounds.iter().map(|sound| {
            let how = if sound.copy { "taken as it is" } else { "encoded anew" };
            let channels = if sound.channels == 1 { "mono" } else { "stereo" };
            let which = if several { format!("The sound “{}”", sound.about.label) } else { "The sound".to_owned() };
            format!("{which} is {how}: AAC, {channels}, {} Hz.", sound.rate)
        });
        let damaged = outcomes.iter().filter_map(|outcome| outcome.damaged_at_ms).min();
        let damaged = damaged.map(|ms| format!("Something is damaged or missing from {} on.", crate::time::clock(ms)));
        picture.chain(sounds).chain(damaged).collect()
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
        let silent = !self.sounds.is_empty() && !given_up && !known().any(|outcome| outcome.audible);
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
            let SoundPlan { rate, channels, .. } = SoundPlan::of(from, 6);
            assert_eq!((rate, channels), (to, 2));
        }
        assert_eq!(SoundPlan::of(48_000, 1).channels, 1);
    }

    #[test]
    fn what_can_be_copied_and_why_not() {
        use crate::ladder::{Picture, ladder};
        let rung = ladder(&Picture { width: 1920, height: 1080, frame_rate: 25.0 }).pop().unwrap();
        let good = PictureFacts {
            is_h264: true,
            profile: 100,
            level: 40,
            is_8_bit_420: true,
            is_progressive: true,
            is_upright: true,
            keys_are_closed: true,
            is_unedited: true,
            peak_bitrate: 8_000_000,
        };
        let second = timeline::TIMESCALE;
        let keys = [0, 10 * second, 20 * second];
        let decide = |facts: &PictureFacts| facts.copy(Some(&keys), 30 * second, &rung);
        assert_eq!(decide(&good), Ok(()));
        for (facts, why) in [
            (PictureFacts { is_h264: false, ..good.clone() }, "it isn't H.264"),
            (PictureFacts { profile: 110, ..good.clone() }, "its profile isn't Baseline, Main or High"),
            (PictureFacts { level: 60, ..good.clone() }, "its level is above 5.2"),
            (PictureFacts { is_8_bit_420: false, ..good.clone() }, "its samples aren't 8 bits, 4:2:0"),
            (PictureFacts { is_progressive: false, ..good.clone() }, "it is interlaced"),
            (PictureFacts { is_upright: false, ..good.clone() }, "it has to be turned"),
            (PictureFacts { keys_are_closed: false, ..good.clone() }, "not all its key frames can be entered"),
            (PictureFacts { is_unedited: false, ..good.clone() }, "its container leaves out parts of it"),
            (PictureFacts { peak_bitrate: 16_000_000, ..good.clone() }, "its bit rate is too high for streaming"),
        ] {
            assert_eq!(decide(&facts), Err(why));
        }
        assert_eq!(good.copy(None, 30 * second, &rung), Err("the file has no index of its key frames"));
        let apart = Err("its key frames are more than 10.5 s apart");
        assert_eq!(good.copy(Some(&keys), 31 * second, &rung), apart);
        assert_eq!(good.copy(Some(&keys[1..]), 30 * second, &rung), Err("it doesn't begin with a key frame"));
    }
}
