//! Taking packets as they are: the source's own picture or sound, put into segments.

use std::sync::mpsc::SyncSender;

use domain::plan::{Outcome, PictureFacts};
use domain::timeline::{self, Chunk, TIMESCALE};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::format::stream::Stream;
use ffmpeg_next::{Packet, Rational, Rescale, codec, ffi};
use serde::{Deserialize, Serialize};

use super::decoders;
use super::encode;
use super::error::{Error, Reason};
use super::fragment::Fragmenter;
use super::input::{self, Input, Next, Source};
use super::sink::{Event, Init, Reporter, Sink, Track, tell};
use super::sound::EncodeSound;
use super::sound_segments::{FRAME, SoundSegments};
use super::{MICROS, TICKS, beside, ms, probe};

/// A key frame this near to a planned cut, in ticks, is the one that was meant: indexes round.
const NEAR: i64 = TIMESCALE / 100;
/// How many key frames are looked at before a film is copied.
const LOOKED_AT: usize = 4;

/// The picture, from a chunk on to the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyPicture {
    /// The source's time that becomes 0, microseconds.
    pub origin_us: i64,
    /// In order, the film's last one included.
    pub chunks: Vec<Chunk>,
}

/// What decides whether a picture can be copied. Reads a few packets here and there.
pub(super) fn facts(source: &mut Source, index: usize, keys: Option<&[i64]>, origin_us: i64) -> Option<PictureFacts> {
    let stream = source.context.stream(index)?;
    let time_base = stream.time_base();
    let is_upright = probe::orientation(&stream).is_upright();
    // SAFETY: the stream lives as long as the context, and these are plain numbers.
    let (codec, profile, level, order) = unsafe {
        let parameters = &*(*stream.as_ptr()).codecpar;
        (parameters.codec_id, parameters.profile, parameters.level, parameters.field_order)
    };
    let decoder = codec::Context::from_parameters(stream.parameters()).ok()?.decoder();
    let format = decoders::open(decoder).ok()?.video().ok()?.format();
    let mut facts = PictureFacts {
        is_h264: codec == ffi::AVCodecID::AV_CODEC_ID_H264 && avcc(&stream).is_some(),
        // Constrained Baseline is Baseline with a flag.
        profile: profile & 0xff,
        level,
        is_8_bit_420: matches!(format, Pixel::YUV420P | Pixel::YUVJ420P),
        is_progressive: matches!(order, ffi::AVFieldOrder::AV_FIELD_PROGRESSIVE | ffi::AVFieldOrder::AV_FIELD_UNKNOWN),
        is_upright,
        keys_are_closed: false,
        is_unedited: false,
        peak_bitrate: 0,
    };
    let keys = keys.filter(|_| facts.is_h264)?;
    let length_size = avcc(&source.context.stream(index)?)?.1;
    (facts.is_unedited, facts.peak_bitrate) = by_the_index(source, index, keys.len())?;
    facts.keys_are_closed = true;
    source.keep_only(&[index]);
    for place in 0..LOOKED_AT.min(keys.len()) {
        let key = keys[place * keys.len() / LOOKED_AT.min(keys.len())];
        let time = (key.rescale(TICKS, MICROS) + origin_us).rescale(MICROS, time_base);
        source.seek(index, time);
        let Ok(Next::Packet(packet)) = source.next() else { break };
        facts.keys_are_closed &= packet.is_key() && is_idr(&packet, length_size);
        facts.is_unedited &= packet.pts().is_some();
    }
    Some(facts)
}

/// Whether nothing is left out of the stream, and the highest rate of about four seconds, bits a second.
fn by_the_index(source: &Source, index: usize, keys: usize) -> Option<(bool, u64)> {
    let stream = source.context.stream(index)?;
    let time_base = stream.time_base();
    let (mut discards, mut bytes, mut since, mut peak, mut total) = (false, 0_u64, None, 0_u64, 0_u64);
    for entry in input::index(&stream) {
        discards |= entry.is_discarded;
        let time = entry.time.rescale(time_base, TICKS);
        let begun = *since.get_or_insert(time);
        if entry.is_key && time - begun >= timeline::SEGMENT / 2 {
            peak = peak.max(bytes * 8 * TIMESCALE as u64 / (time - begun).max(1) as u64);
            (bytes, since) = (0, Some(time));
        }
        bytes += entry.size;
        total += entry.size;
    }
    if total == 0 || (peak == 0 && keys > 1) {
        // Matroska's index has no sizes: the mean of all the file, and a margin.
        // SAFETY: the reader belongs to the open context.
        let size = unsafe { ffi::avio_size((*source.context.as_ptr()).pb) }.max(0) as u64;
        let seconds = (source.context.duration() / 1_000_000).max(1) as u64;
        peak = size * 8 / seconds * 3 / 2;
    }
    Some((!discards, peak))
}

/// `avcC` of ISO 14496-15: codecs by RFC 6381, and the bytes of a NAL unit's length.
pub(super) fn avcc(stream: &Stream<'_>) -> Option<(String, usize)> {
    // SAFETY: the parameters belong to the stream, and say how long their extradata is.
    let record = unsafe {
        let parameters = &*(*stream.as_ptr()).codecpar;
        if parameters.extradata.is_null() || parameters.extradata_size < 7 {
            return None;
        }
        std::slice::from_raw_parts(parameters.extradata, parameters.extradata_size as usize)
    };
    let &[1, profile, compatibility, level, sizes, ..] = record else { return None };
    Some((format!("avc1.{profile:02X}{compatibility:02X}{level:02X}"), usize::from(sizes & 3) + 1))
}

/// Whether the packet's first slice is one of an IDR picture (ITU-T H.264, table 7-1).
fn is_idr(packet: &Packet, length_size: usize) -> bool {
    let mut rest = packet.data().unwrap_or_default();
    while rest.len() > length_size {
        let (length, unit) = rest.split_at(length_size);
        let length = length.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        match unit.first().map(|byte| byte & 0x1f) {
            Some(5) => return true,
            Some(1..=4) | None => return false,
            _ => rest = unit.get(length..).unwrap_or_default(),
        }
    }
    false
}

/// Makes the chunks. Blocks until all is delivered to the sink, or nothing more will be.
pub(super) fn picture(input: Box<dyn Input>, work: &CopyPicture, sink: &mut dyn Sink) -> Result<Outcome, Error> {
    let source = Source::open(input)?;
    beside("copy", sink, move |events| copy_picture(source, work, events))
}

/// The same for the sound.
pub(super) fn sound(input: Box<dyn Input>, work: &EncodeSound, sink: &mut dyn Sink) -> Result<Outcome, Error> {
    let source = Source::open(input)?;
    beside("copy", sink, move |events| copy_sound(source, work, events))
}

/// A film that turned out otherwise than the packets that were looked at: it is encoded instead.
const OTHERWISE: Error = Error::Unplayable(Reason::NotAsItIs);

fn copy_picture(mut source: Source, work: &CopyPicture, events: &SyncSender<Event>) -> Result<Outcome, Error> {
    const TRACK: Track = Track::Video(0);
    let nothing = || Error::Unplayable(Reason::NothingToDecode);
    let index = probe::video_stream(&source).ok_or_else(nothing)?;
    source.keep_only(&[index]);
    let stream = source.context.stream(index).ok_or_else(nothing)?;
    let time_base = stream.time_base();
    let (codecs, length_size) = avcc(&stream).ok_or(OTHERWISE)?;
    let (mut fragmenter, bytes) = Fragmenter::copying(&stream, TIMESCALE as u32)?;
    tell(events, Event::Init(TRACK, Init { bytes, codecs }))?;
    let origin = work.origin_us.rescale(MICROS, TICKS);
    let mut chunks = work.chunks.iter().peekable();
    let Some(first) = chunks.peek().map(|chunk| chunk.start) else { return Ok(Outcome::default()) };
    let entrance = (first + origin).rescale(TICKS, time_base);
    let mut entered = first == 0 || !source.seek(index, entrance);
    let second = 1_i64.rescale(Rational(1, 1), time_base);
    let (mut group, mut cut, mut end): (Vec<Packet>, usize, i64) = (Vec::new(), 0, first);
    let mut reporter = Reporter::new(events);
    while let Next::Packet(mut packet) = source.next()? {
        if packet.stream() != index {
            continue;
        }
        let pts = packet.pts().ok_or(OTHERWISE)?;
        if !entered && pts > entrance + second / 100 && source.seek_earlier(index, entrance, second) {
            continue;
        }
        entered = true;
        let shown = pts.rescale(time_base, TICKS) - origin;
        if shown + NEAR < first {
            continue;
        }
        if packet.is_corrupt() {
            source.damaged = true;
        }
        packet.set_pts(Some(shown));
        let duration = packet.duration().max(0).rescale(time_base, TICKS);
        packet.set_duration(duration);
        if packet.is_key() {
            if !is_idr(&packet, length_size) {
                return Err(OTHERWISE);
            }
            let Some(chunk) = chunks.peek() else { break };
            let chunk_ends = chunk.end.is_some_and(|end| shown + NEAR >= end);
            if !group.is_empty() && (chunk_ends || shown + NEAR >= chunk.cut(cut)) {
                write(&mut fragmenter, &mut group, shown, events)?;
            }
            if chunk_ends {
                tell(events, Event::Chunk(TRACK, chunk.number))?;
                chunks.next();
                cut = 0;
            }
            if let Some(chunk) = chunks.peek() {
                while chunk.cut(cut) <= shown + NEAR {
                    cut += 1;
                }
            }
        }
        end = end.max(shown + duration);
        group.push(packet);
        reporter.done(ms(end))?;
    }
    if !group.is_empty() {
        write(&mut fragmenter, &mut group, end, events)?;
    }
    if let Some(chunk) = chunks.next() {
        tell(events, Event::Chunk(TRACK, chunk.number))?;
    }
    Ok(Outcome { end_ms: ms(end), damaged_at_ms: source.damaged.then(|| ms(end)), audible: false })
}

/// A segment. The i-th packet is decoded when the i-th in the order of showing is shown.
fn write(
    fragmenter: &mut Fragmenter,
    group: &mut Vec<Packet>,
    end: i64,
    events: &SyncSender<Event>,
) -> Result<(), Error> {
    let mut times: Vec<i64> = group.iter().filter_map(Packet::pts).collect();
    times.sort_unstable();
    times.push(end);
    let start = group.first().and_then(Packet::pts).unwrap_or_default();
    // Nothing is shown before the key frame, and nothing twice.
    if times.first() != Some(&start) || times.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(OTHERWISE);
    }
    for (packet, pair) in group.iter_mut().zip(times.windows(2)) {
        packet.set_dts(Some(pair[0] - encode::AHEAD));
        packet.set_duration(pair[1] - pair[0]);
        fragmenter.push(packet, start)?;
    }
    group.clear();
    match fragmenter.cut(end)? {
        Some(segment) => tell(events, Event::Segment(Track::Video(0), segment)),
        None => Ok(()),
    }
}

fn copy_sound(mut source: Source, work: &EncodeSound, events: &SyncSender<Event>) -> Result<Outcome, Error> {
    let nothing = || Error::Unplayable(Reason::NothingToDecode);
    let index = probe::sound(&source, work.plan.stream).ok_or_else(nothing)?;
    source.keep_only(&[index]);
    let stream = source.context.stream(index).ok_or_else(nothing)?;
    let time_base = stream.time_base();
    let rate = work.plan.rate;
    let samples = Rational::new(1, rate as i32);
    let mut segments = SoundSegments::new(Fragmenter::copying(&stream, rate)?, work, events)?;
    let origin = work.origin_us.rescale(MICROS, samples);
    if work.first_sample > 0 {
        source.seek(index, (work.first_sample + origin).rescale(samples, time_base) - 1);
    }
    let mut begun = false;
    let mut reporter = Reporter::new(events);
    while let Next::Packet(mut packet) = source.next()? {
        if packet.stream() != index {
            continue;
        }
        let pts = packet.pts().ok_or(OTHERWISE)?.rescale(time_base, samples) - origin;
        // The encoder's run-up, or what is published already; times that were rounded to milliseconds are near enough.
        if pts < (work.first_sample - FRAME / 2).max(-FRAME / 2) {
            continue;
        }
        let near = match begun {
            // Else there is a hole in the sound, or a jump.
            true => (pts - segments.end()).abs() <= FRAME,
            false => pts.abs() <= FRAME / 2 || work.first_sample > 0,
        };
        if !near {
            return Err(OTHERWISE);
        }
        begun = true;
        let time = segments.end();
        segments.push(&mut packet, time)?;
        reporter.done(segments.end() * 1000 / i64::from(rate))?;
    }
    segments.finish()?;
    // Whether it can be heard nobody knows who doesn't decode it.
    Ok(Outcome { end_ms: segments.end() * 1000 / i64::from(rate), damaged_at_ms: None, audible: true })
}
