//! Subtitles that come with a film as text, of whatever format: all of them at once, in one walk through the file.

use std::collections::BTreeMap;

use domain::webvtt::{self, Cue};
use ffmpeg_next::codec::subtitle::{Rect, Subtitle};
use ffmpeg_next::format::stream::Stream;
use ffmpeg_next::{Rational, Rescale, codec, decoder};
use serde::{Deserialize, Serialize};

use super::decoders;
use super::error::Error;
use super::input::{Input, Next, Source};
use super::sink::Sink;

const MILLIS: Rational = Rational(1, 1000);
/// Words that don't say for how long stay this long, or until the next come.
const SHOWN_MS: i64 = 5_000;
/// Bytes of text, all subtitles together. A feature film has 100 kB.
const MOST: usize = 32 << 20;

/// Subtitles to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadTexts {
    /// Their places among the file's streams.
    pub streams: Vec<usize>,
    /// The source's time that becomes 0, microseconds.
    pub origin_us: i64,
}

struct Reader {
    decoder: decoder::Subtitle,
    time_base: Rational,
    cues: Vec<Cue>,
}

/// Of each of the streams, in the order they were asked for.
pub(super) fn read(input: Box<dyn Input>, work: &ReadTexts, sink: &mut dyn Sink) -> Result<Vec<Vec<Cue>>, Error> {
    let mut source = Source::open(input)?;
    source.keep_only(&work.streams);
    let mut readers: BTreeMap<usize, Reader> = BTreeMap::new();
    for index in &work.streams {
        if let Some(stream) = source.context.stream(*index)
            && let Some(decoder) = open(&stream)
        {
            readers.insert(*index, Reader { decoder, time_base: stream.time_base(), cues: Vec::new() });
        }
    }
    let origin_ms = work.origin_us / 1000;
    let mut length = 0;
    while let Next::Packet(packet) = source.next()? {
        let Some(reader) = readers.get_mut(&packet.stream()) else { continue };
        let Some(start) = packet.pts() else { continue };
        let start_ms = start.rescale(reader.time_base, MILLIS) - origin_ms;
        let mut subtitle = Subtitle::new();
        if !matches!(reader.decoder.decode(&packet, &mut subtitle), Ok(true)) {
            continue;
        }
        let lines: Vec<String> = subtitle.rects().filter_map(|rect| words(&rect)).collect();
        // Shown before the film begins, or nothing but style.
        let end_ms = start_ms + packet.duration().max(0).rescale(reader.time_base, MILLIS);
        if lines.is_empty() || end_ms < 0 {
            continue;
        }
        let text = lines.join("\n");
        length += text.len();
        if length > MOST {
            break;
        }
        reader.cues.push(Cue { start_ms: start_ms.max(0), end_ms, text });
        sink.progress(start_ms).map_err(|_| Error::Stopped)?;
    }
    let cues = |index| readers.remove(index).map(|reader| in_order(reader.cues)).unwrap_or_default();
    Ok(work.streams.iter().map(cues).collect())
}

fn open(stream: &Stream<'_>) -> Option<decoder::Subtitle> {
    let mut decoder = codec::Context::from_parameters(stream.parameters()).ok()?.decoder();
    decoder.set_packet_time_base(stream.time_base());
    decoders::open(decoder).ok()?.subtitle().ok()
}

fn words(rect: &Rect<'_>) -> Option<String> {
    let text = match rect {
        // Eight fields, and what is said.
        Rect::Ass(event) => webvtt::from_ass(event.get().splitn(9, ',').nth(8)?),
        Rect::Text(text) => webvtt::escape(text.get()),
        _ => return None,
    };
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn in_order(mut cues: Vec<Cue>) -> Vec<Cue> {
    cues.sort_by_key(|cue| cue.start_ms);
    // From the last on: then it is known when the next words come.
    let (mut next, mut later) = (i64::MAX, i64::MAX);
    for cue in cues.iter_mut().rev() {
        if cue.start_ms < next {
            (next, later) = (cue.start_ms, next);
        }
        if cue.end_ms <= cue.start_ms {
            cue.end_ms = (cue.start_ms + SHOWN_MS).min(later);
        }
    }
    cues
}
