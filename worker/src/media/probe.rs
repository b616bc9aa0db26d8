//! What is in a file.

use domain::plan::{About, PictureFacts};
use domain::webvtt::Chapter;
use ffmpeg_next::codec;
use ffmpeg_next::format::stream::{Disposition, Stream};
use ffmpeg_next::{Rational, Rescale, ffi, media};
use serde::{Deserialize, Serialize};

use super::copy;
use super::decoders;
use super::error::{Error, Reason};
use super::footage;
use super::input::{self, Input, Source};
use super::language;
use super::orientation::Orientation;
use super::sound_segments::FRAME;
use super::{MICROS, TICKS, ms};

/// Larger pictures would take gigabytes to decode.
pub(super) const MAX_PIXELS: u64 = 8192 * 8192;

/// Frames a second that no clock of a container can tell apart: MPEG's ticks 90,000 times.
const ABSURD: f64 = 100_000.0;
/// Streams of any film; a disc with all its languages has 40.
const MAX_STREAMS: usize = 100;
/// What of each is taken at most.
const MAX_SOUNDS: usize = 16;
const MAX_TEXTS: usize = 48;
const MAX_CHAPTERS: usize = 1000;

/// Sound in front of the picture's beginning, at most this many microseconds, is an encoder's run-up.
const RUN_UP: i64 = 200_000;
/// An index that ends further from the film's end than this, milliseconds, isn't one of all the film.
const LONGEST_GROUP_MS: i64 = 60_000;

/// Containers whose packets have times of their own, and that can be entered at any of them.
const SCANNED: [&str; 5] = ["mpegts", "mpeg", "flv", "live_flv", "matroska,webm"];

/// How long a single picture is shown.
const STILL_SECONDS: f64 = 5.0;
/// Frames a second of any film.
const FASTEST: f64 = 500.0;

/// What a file says about itself; the streams that would be played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// As promised by the file; broken files promise too much. None where libav only guesses by the bit rate.
    pub duration_ms: Option<i64>,
    pub video: Option<VideoStream>,
    /// The first is heard unless another is chosen.
    pub sounds: Vec<AudioStream>,
    pub texts: Vec<TextStream>,
    pub chapters: Vec<Chapter>,
    /// libav's name of the container, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: String,
    /// The source's time that becomes 0, microseconds: when the first of the played streams begins.
    pub origin_us: i64,
    /// When the picture's key frames are shown, ticks from the origin; None for files that can't be entered there.
    pub keys: Option<Vec<i64>>,
    /// Whether a walk through the file would find places where it can be entered, if it has no index.
    pub can_be_scanned: bool,
    /// Whether the picture can be taken as it is; None where that is out of the question.
    pub facts: Option<PictureFacts>,
    /// Of H.264 in MP4 or Matroska, by RFC 6381.
    pub codecs: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoStream {
    /// Pixels as shown: turned upright, with square pixels.
    pub width: u32,
    pub height: u32,
    /// Degrees clockwise from the coded picture to the shown one.
    pub rotation: u16,
    /// Frames a second, on average.
    pub frame_rate: f64,
    /// The file is a single picture.
    pub is_still: bool,
    pub codec_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioStream {
    /// Its place among the file's streams.
    pub index: usize,
    pub about: About,
    pub channels: u16,
    /// Hertz.
    pub sample_rate: u32,
    pub codec_name: String,
    /// AAC of the kind that plays everywhere, in frames that follow each other without a hole.
    pub is_even_aac_lc: bool,
}

/// Subtitles as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextStream {
    /// Its place among the file's streams.
    pub index: usize,
    pub about: About,
}

/// Reads the beginning of a file, and its index where the container has one.
pub fn probe(input: Box<dyn Input>) -> Result<Probe, Error> {
    let mut source = Source::open(input)?;
    if source.context.streams().count() > MAX_STREAMS {
        return Err(Error::Unplayable(Reason::TooManyStreams));
    }
    let duration_ms = promised_ms(&source);
    let container = source.context.format().name().to_owned();
    let index = video_stream(&source);
    let video = match index {
        Some(index) => {
            let orientation = footage::orientation(&mut source, index);
            describe_video(&source, index, orientation)?
        }
        None => None,
    };
    let sounds = sounds(&source);
    if video.is_none() && sounds.is_empty() {
        return Err(Error::Unplayable(Reason::NothingToDecode));
    }
    let origin_us = origin(&source, index, sounds.first().map(|sound| sound.index));
    let keys = match (index, &video) {
        (Some(index), Some(_)) => key_frames(&mut source, index, origin_us, duration_ms),
        _ => None,
    };
    let codecs = index.and_then(|index| copy::avcc(&source.context.stream(index)?)).map(|(codecs, _)| codecs);
    let facts = index.and_then(|index| copy::facts(&mut source, index, keys.as_deref(), origin_us));
    let (texts, chapters) = (texts(&source), chapters(&source, origin_us));
    let can_be_scanned = SCANNED.contains(&container.as_str());
    Ok(Probe { duration_ms, video, sounds, texts, chapters, container, origin_us, keys, can_be_scanned, facts, codecs })
}

/// How long the file says it is; where it is only an estimate, nothing.
fn promised_ms(source: &Source) -> Option<i64> {
    // SAFETY: the context is alive and one field of it is read.
    let estimated = unsafe {
        (*source.context.as_ptr()).duration_estimation_method
            == ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_BITRATE
    };
    Some(source.context.duration() / 1000).filter(|ms| *ms > 0 && !estimated)
}

/// When the first of the streams begins, in microseconds.
fn origin(source: &Source, video: Option<usize>, audio: Option<usize>) -> i64 {
    let start = |index: Option<usize>| {
        let stream = source.context.stream(index?)?;
        let start = stream.start_time();
        (start != ffi::AV_NOPTS_VALUE).then(|| start.rescale(stream.time_base(), MICROS))
    };
    match (start(video), start(audio)) {
        (Some(video), Some(audio)) if audio < 0 && audio > -RUN_UP && video >= 0 => 0,
        (Some(video), Some(audio)) => video.min(audio),
        (None, Some(audio)) if audio < 0 && audio > -RUN_UP => 0,
        (Some(start), None) | (None, Some(start)) => start,
        (None, None) => 0,
    }
}

/// The key frames by the container's index, if it has one of all the film.
fn key_frames(source: &mut Source, index: usize, origin_us: i64, duration_ms: Option<i64>) -> Option<Vec<i64>> {
    let format = source.context.format().name().to_owned();
    let matroska = format.starts_with("matroska");
    if !matroska && !format.starts_with("mov,") {
        return None;
    }
    if matroska {
        // Its index is read when it is needed first.
        source.seek(index, 0);
    }
    let stream = source.context.stream(index)?;
    let (time_base, start) = (stream.time_base(), stream.start_time());
    let origin = origin_us.rescale(MICROS, TICKS);
    let entries: Vec<input::Entry> = input::index(&stream).collect();
    // MP4 counts decoding times; what lies between is the same for every key frame of a film.
    let first = entries.first()?.time;
    let ahead = if matroska || start == ffi::AV_NOPTS_VALUE { 0 } else { (start - first).max(0) };
    let keys: Vec<i64> = entries
        .iter()
        .filter(|entry| entry.is_key)
        .map(|entry| (entry.time + ahead).rescale(time_base, TICKS) - origin)
        .collect();
    let last = ms(*keys.last()?);
    // Of files in fragments the index may end with the first of them.
    let whole = duration_ms.is_some_and(|duration| last + LONGEST_GROUP_MS >= duration);
    whole.then_some(keys)
}

/// The index of the film's picture: the largest that isn't a cover.
pub(super) fn video_stream(source: &Source) -> Option<usize> {
    let cover = Disposition::ATTACHED_PIC;
    source
        .context
        .streams()
        .filter(|stream| stream.parameters().medium() == media::Type::Video)
        .filter(|stream| !stream.disposition().intersects(cover))
        .filter(|stream| decoders::find(stream.parameters().id()).is_some())
        .max_by_key(|stream| {
            let (width, height) = coded_size(stream);
            let default = stream.disposition().contains(Disposition::DEFAULT);
            (width > 0, default, u64::from(width) * u64::from(height), std::cmp::Reverse(stream.index()))
        })
        .map(|stream| stream.index())
}

/// The stream at that place, if it is sound.
pub(super) fn sound(source: &Source, index: usize) -> Option<usize> {
    let stream = source.context.stream(index)?;
    (stream.parameters().medium() == media::Type::Audio).then_some(index)
}

/// What can be heard: first what libav takes for the best, then the others in the file's order.
fn sounds(source: &Source) -> Vec<AudioStream> {
    let best = source.context.streams().best(media::Type::Audio).map(|stream| stream.index());
    let all = source.context.streams().filter(|stream| stream.parameters().medium() == media::Type::Audio);
    let mut indexes: Vec<usize> = all.map(|stream| stream.index()).collect();
    indexes.sort_by_key(|index| (Some(*index) != best, *index));
    let mut sounds: Vec<AudioStream> =
        indexes.into_iter().filter_map(|index| describe_audio(source, index)).take(MAX_SOUNDS).collect();
    language::tell_apart(sounds.iter_mut().map(|sound| &mut sound.about), "Original");
    sounds
}

fn texts(source: &Source) -> Vec<TextStream> {
    let is_text = |stream: &Stream<'_>| {
        stream.parameters().medium() == media::Type::Subtitle && decoders::find(stream.parameters().id()).is_some()
    };
    let describe = |stream: Stream<'_>| TextStream { index: stream.index(), about: language::about(&stream) };
    let mut texts: Vec<TextStream> = source.context.streams().filter(is_text).take(MAX_TEXTS).map(describe).collect();
    language::tell_apart(texts.iter_mut().map(|text| &mut text.about), "Subtitles");
    texts
}

fn chapters(source: &Source, origin_us: i64) -> Vec<Chapter> {
    let ms = |time: i64, base: Rational| (time.rescale(base, MICROS) - origin_us).max(0) / 1000;
    let chapter = |(number, chapter): (usize, ffmpeg_next::Chapter<'_>)| {
        let title: Option<String> =
            chapter.metadata().get("title").map(|title| title.trim().chars().take(200).collect());
        Chapter {
            start_ms: ms(chapter.start(), chapter.time_base()),
            end_ms: ms(chapter.end(), chapter.time_base()),
            title: title.filter(|title| !title.is_empty()).unwrap_or_else(|| format!("Chapter {number}")),
        }
    };
    let mut chapters: Vec<Chapter> = (1..).zip(source.context.chapters()).take(MAX_CHAPTERS).map(chapter).collect();
    chapters.sort_by_key(|chapter| chapter.start_ms);
    chapters.retain(|chapter| chapter.end_ms > chapter.start_ms);
    chapters
}

/// How the stream's picture has to be turned.
pub(super) fn orientation(stream: &Stream<'_>) -> Orientation {
    stream
        .side_data()
        .find(|data| data.kind() == codec::packet::side_data::Type::DisplayMatrix)
        .map(|data| Orientation::from_matrix(data.data()))
        .unwrap_or_default()
}

fn coded_size(stream: &Stream<'_>) -> (u32, u32) {
    match codec::Context::from_parameters(stream.parameters()) {
        // SAFETY: the context is alive and only two numbers of it are read.
        Ok(context) => unsafe { ((*context.as_ptr()).width.max(0) as u32, (*context.as_ptr()).height.max(0) as u32) },
        Err(_) => (0, 0),
    }
}

fn describe_video(source: &Source, index: usize, orientation: Orientation) -> Result<Option<VideoStream>, Error> {
    let Some(stream) = source.context.stream(index) else { return Ok(None) };
    let (width, height) = coded_size(&stream);
    if width == 0 || height == 0 {
        return Ok(None);
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Error::Unplayable(Reason::TooLarge));
    }
    if f64::from(stream.avg_frame_rate()) > ABSURD {
        return Err(Error::Unplayable(Reason::TooFast));
    }
    let is_still = footage::is_still(source);
    let frame_rate = if is_still { 1.0 / STILL_SECONDS } else { frame_rate(&stream) };
    let codec_name = stream.parameters().id().name().to_owned();
    // SAFETY: both pointers belong to the open context, which outlives the call; no frame is given.
    let aspect: Rational = unsafe {
        ffi::av_guess_sample_aspect_ratio(
            source.context.as_ptr().cast_mut(),
            stream.as_ptr().cast_mut(),
            std::ptr::null_mut(),
        )
    }
    .into();
    let (width, height) = square(width, height, aspect);
    let (width, height) = orientation.size(width, height);
    Ok(Some(VideoStream { width, height, rotation: orientation.degrees(), frame_rate, is_still, codec_name }))
}

/// Widens the picture, or heightens it, so that no pixels are thrown away.
fn square(width: u32, height: u32, aspect: Rational) -> (u32, u32) {
    let ratio = f64::from(aspect.numerator()) / f64::from(aspect.denominator());
    if !ratio.is_finite() || !(0.05..=20.0).contains(&ratio) {
        (width, height)
    } else if ratio >= 1.0 {
        ((f64::from(width) * ratio).round() as u32, height)
    } else {
        (width, (f64::from(height) / ratio).round() as u32)
    }
}

/// The average, where the container knows it, else libav's guess. Short films of containers that count in milliseconds
/// have their clock's rate for either.
fn frame_rate(stream: &Stream<'_>) -> f64 {
    let (average, guess) = (f64::from(stream.avg_frame_rate()), f64::from(stream.rate()));
    if (0.01..=FASTEST).contains(&average) {
        average
    } else if (1.0..=FASTEST).contains(&guess) {
        guess
    } else {
        30.0
    }
}

fn describe_audio(source: &Source, index: usize) -> Option<AudioStream> {
    let stream = source.context.stream(index)?;
    let decoder = codec::Context::from_parameters(stream.parameters()).ok()?.decoder();
    let decoder = decoders::open(decoder).ok()?.audio().ok()?;
    let codec_name = stream.parameters().id().name().to_owned();
    let (channels, sample_rate) = (decoder.channels(), decoder.rate());
    // SAFETY: the parameters belong to the stream, and these are plain numbers.
    let is_aac_lc = unsafe {
        let parameters = &*(*stream.as_ptr()).codecpar;
        parameters.codec_id == ffi::AVCodecID::AV_CODEC_ID_AAC
            && parameters.profile == ffi::FF_PROFILE_AAC_LOW
            && parameters.extradata_size >= 2
    };
    let is_even_aac_lc = is_aac_lc && is_even(&stream, sample_rate);
    let about = language::about(&stream);
    let known = channels > 0 && sample_rate > 0;
    known.then_some(AudioStream { index, about, channels, sample_rate, codec_name, is_even_aac_lc })
}

/// Whether the index has frames of 1024 samples, one after the other; rounded to the clock of the container.
fn is_even(stream: &Stream<'_>, sample_rate: u32) -> bool {
    let (time_base, samples) = (stream.time_base(), Rational::new(1, sample_rate as i32));
    let mut before: Option<i64> = None;
    let follows = input::index(stream).all(|entry| {
        let time = entry.time.rescale(time_base, samples);
        let follows = before.is_none_or(|before| (time - before - FRAME).abs() <= FRAME / 16);
        before = Some(time);
        follows
    });
    follows && before.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oblong_pixels_are_made_square_without_losing_any() {
        assert_eq!(square(720, 576, Rational::new(16, 11)), (1047, 576));
        assert_eq!(square(1920, 1080, Rational::new(1, 2)), (1920, 2160));
        assert_eq!(square(640, 480, Rational::new(0, 1)), (640, 480));
    }
}
