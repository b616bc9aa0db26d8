//! From what is in a file to what is made of it.

use domain::ladder::{self, Effort, Picture, Rung};
use domain::plan::{Copied, MayCopy, PicturePlan, Plan, SoundPlan, TextPlan};
use domain::playlist::AUDIO;
use domain::timeline::{self, Division, Rest};

use super::probe::{AudioStream, Probe, TextStream, VideoStream};

/// What is wanted of every film, and of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wishes {
    /// The tallest rung, in lines of the shorter side.
    pub highest: u32,
    pub copy: MayCopy,
    pub effort: Effort,
}

pub fn plan(probe: &Probe, wishes: Wishes) -> Plan {
    Plan {
        origin_us: probe.origin_us,
        promised_ms: probe.duration_ms,
        picture: probe.video.as_ref().map(|video| picture(probe, video, wishes)),
        sounds: (1..).zip(&probe.sounds).map(|(number, audio)| sound(probe, number, audio, wishes)).collect(),
        texts: (1..).zip(&probe.texts).map(|(number, text)| subtitles(number, text)).collect(),
        chapters: probe.chapters.clone(),
    }
}

fn picture(probe: &Probe, video: &VideoStream, wishes: Wishes) -> PicturePlan {
    let &VideoStream { width, height, frame_rate, .. } = video;
    let mut rungs = ladder::ladder(&Picture { width, height, frame_rate });
    let lowest = rungs.first().cloned();
    rungs.retain(|rung| rung.width.min(rung.height) <= wishes.highest);
    if rungs.is_empty() {
        rungs.extend(lowest);
    }
    rungs.iter_mut().for_each(|rung| rung.effort = wishes.effort);
    let end = probe.duration_ms.unwrap_or(0) * timeline::TIMESCALE / 1000;
    let keys = probe.keys.as_deref();
    let short = width.min(height);
    let (copy, why) = match copied(probe, rungs.last(), short, end, wishes) {
        Ok(copied) => (Some(copied), "The picture is taken as it is.".to_owned()),
        Err(why) => (None, format!("The picture is encoded anew: {why}.")),
    };
    if copy.is_some() {
        // It stands in the place of the rung that is nearest to it.
        rungs.retain(|rung| rung.width.min(rung.height) * 10 < short * 9);
    }
    let is_scanned = keys.is_none() && probe.can_be_scanned;
    let Division { chunks, rest } = match (keys, &copy) {
        (Some(keys), Some(_)) => timeline::cut_at_keys(keys, end),
        (Some(keys), None) => timeline::at_keys(keys, end),
        (None, _) => Division { chunks: Vec::new(), rest: (!is_scanned).then_some(Rest::ALL) },
    };
    PicturePlan {
        width,
        height,
        frame_rate: ladder::rendered_frame_rate(frame_rate),
        drop_frames: frame_rate > ladder::MAX_FRAME_RATE + 1.0,
        is_still: video.is_still,
        rungs,
        copy,
        why,
        chunks,
        rest,
        is_scanned,
    }
}

fn copied(probe: &Probe, rung: Option<&Rung>, short: u32, end: i64, wishes: Wishes) -> Result<Copied, &'static str> {
    let rung = rung.ok_or("there is no rung for it")?;
    if short > wishes.highest {
        return Err("it is larger than what is wanted here");
    }
    let facts = probe.facts.as_ref().ok_or("it isn't H.264 with an index")?;
    facts.copy(probe.keys.as_deref(), end, rung)?;
    if !wishes.copy.picture {
        return Err("it could not be taken as it is after all");
    }
    let codecs = probe.codecs.clone().ok_or("its parameters are not where they should be")?;
    let peak_bitrate = u32::try_from(facts.peak_bitrate * 11 / 10).unwrap_or(u32::MAX).max(64_000);
    Ok(Copied { name: format!("{short}p"), codecs, peak_bitrate })
}

fn subtitles(number: usize, text: &TextStream) -> TextPlan {
    TextPlan { name: format!("text{number}"), stream: text.index, about: text.about.clone() }
}

fn sound(probe: &Probe, number: usize, audio: &AudioStream, wishes: Wishes) -> SoundPlan {
    let name = if number == 1 { AUDIO.to_owned() } else { format!("{AUDIO}{number}") };
    let plan = SoundPlan {
        name,
        stream: audio.index,
        about: audio.about.clone(),
        ..SoundPlan::of(audio.sample_rate, audio.channels)
    };
    // What the clock says about the sound of other containers is too coarse for its frames.
    let exact = probe.container.starts_with("mov,");
    let copy = wishes.copy.sound
        && exact
        && audio.is_even_aac_lc
        && audio.channels <= 2
        && matches!(audio.sample_rate, 32_000 | 44_100 | 48_000);
    if copy { SoundPlan { rate: audio.sample_rate, channels: audio.channels, copy, ..plan } } else { plan }
}
