//! The sound: resampled to stereo or mono, AAC-LC, by one encoder from beginning to end, so that no seam is heard. What
//! is finished is handed over chunk by chunk, and a later attempt goes on there.

use std::sync::mpsc::SyncSender;

use domain::plan::{Outcome, SoundPlan};
use ffmpeg_next::format::sample::{Sample, Type};
use ffmpeg_next::{ChannelLayout, Packet, Rational, Rescale, codec, decoder, encoder, filter, frame};
use serde::{Deserialize, Serialize};

use super::decode::{self, Health, received, send};
use super::error::{Error, Reason, internal};
use super::fragment::Fragmenter;
use super::input::{Input, Next, Source};
use super::sink::{Event, Reporter, Sink};
use super::sound_segments::{FRAME, SoundSegments};
use super::{MICROS, beside, probe};

/// The sound from a chunk on to the end, [`domain::timeline::by_the_clock`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncodeSound {
    pub plan: SoundPlan,
    /// The source's time that becomes 0, microseconds.
    pub origin_us: i64,
    pub first_chunk: u32,
    /// Where that chunk begins, in samples of what is made: a whole number of AAC frames.
    pub first_sample: i64,
    /// Whether the file can be entered in the middle.
    pub seekable: bool,
}

/// A resumed encoder is fed from this many samples before the first it is asked for: its frames overlap.
const RUN_UP: i64 = 2 * FRAME;
/// Seconds that a file is entered earlier than the first sample wanted, for the decoder to come into step.
const ENTER_EARLIER: i64 = 1;
/// Nothing above this (-80 dB) is heard.
const AUDIBLE: f32 = 1e-4;
/// Seconds. Longer holes in the sound are closed up instead of filled with silence, which would be memory.
const LONGEST_HOLE: i64 = 60;

/// What the filters were made for.
#[derive(PartialEq, Eq, Clone)]
struct Shape {
    rate: u32,
    format: Sample,
    layout: ChannelLayout,
}

struct Lane<'a> {
    time_base: Rational,
    /// The source's time, in microseconds, that becomes 0.
    origin: i64,
    filters: Option<(Shape, filter::Graph)>,
    encoder: Option<(encoder::Audio, SoundSegments<'a>)>,
    events: &'a SyncSender<Event>,
    work: &'a EncodeSound,
    /// Where the decoded sound ends, in microseconds from 0.
    expected: Option<i64>,
    /// Samples sent to the encoder.
    samples: i64,
    audible: bool,
}

/// Makes it. Blocks until all is delivered to the sink, or nothing more will be.
pub(super) fn encode(input: Box<dyn Input>, work: &EncodeSound, sink: &mut dyn Sink) -> Result<Outcome, Error> {
    let source = Source::open(input)?;
    beside("sound", sink, move |events| run(source, work, events))
}

fn run(mut source: Source, work: &EncodeSound, events: &SyncSender<Event>) -> Result<Outcome, Error> {
    let nothing = || Error::Unplayable(Reason::NothingToDecode);
    let index = probe::sound(&source, work.plan.stream).ok_or_else(nothing)?;
    source.keep_only(&[index]);
    let stream = source.context.stream(index).ok_or_else(nothing)?;
    let time_base = stream.time_base();
    let mut decoder = decode::open_sound(&stream).ok_or_else(nothing)?;
    let mut lane = Lane::new(work, time_base, events);
    if work.seekable && work.first_sample > 0 {
        let wanted = work.first_sample.rescale(Rational::new(1, work.plan.rate as i32), MICROS);
        let enter = (wanted + work.origin_us).rescale(MICROS, time_base);
        source.seek(index, enter - ENTER_EARLIER.rescale(Rational(1, 1), time_base));
    }
    let mut health = Health::default();
    let mut reporter = Reporter::new(events);
    while let Next::Packet(packet) = source.next()? {
        if packet.stream() != index {
            continue;
        }
        if packet.is_corrupt() {
            source.damaged = true;
        }
        feed(&mut decoder, Some(&packet), &mut lane, &mut health)?;
        reporter.done(lane.end_ms())?;
    }
    feed(&mut decoder, None, &mut lane, &mut health)?;
    lane.finish()?;
    health.ended(lane.end_ms());
    if source.damaged {
        health.hole_ms.get_or_insert(lane.end_ms());
    }
    Ok(Outcome { end_ms: lane.end_ms(), damaged_at_ms: health.hole_ms, audible: lane.audible })
}

fn feed(
    decoder: &mut decoder::Audio,
    packet: Option<&Packet>,
    lane: &mut Lane<'_>,
    health: &mut Health,
) -> Result<(), Error> {
    send(decoder, packet, health);
    loop {
        let mut frame = frame::Audio::empty();
        if !received(decoder.receive_frame(&mut frame), health) {
            return Ok(());
        }
        if packet.is_some() {
            health.decoded(lane.end_ms());
        }
        lane.take(frame)?;
    }
}

impl<'a> Lane<'a> {
    fn new(work: &'a EncodeSound, time_base: Rational, events: &'a SyncSender<Event>) -> Self {
        let begin = if work.first_sample > 0 { work.first_sample - RUN_UP } else { 0 };
        Self {
            time_base,
            origin: work.origin_us,
            filters: None,
            encoder: None,
            events,
            work,
            expected: None,
            samples: begin,
            audible: false,
        }
    }

    fn end_ms(&self) -> i64 {
        let end = self.encoder.as_ref().map_or(self.work.first_sample, |(_, segments)| segments.end());
        end * 1000 / i64::from(self.work.plan.rate)
    }

    /// Takes decoded sound.
    fn take(&mut self, mut frame: frame::Audio) -> Result<(), Error> {
        if frame.rate() == 0 || frame.channels() == 0 || frame.samples() == 0 {
            return Ok(());
        }
        if frame.channel_layout().is_empty() {
            frame.set_channel_layout(ChannelLayout::default(i32::from(frame.channels())));
        }
        self.stamp(&mut frame);
        let shape = Shape { rate: frame.rate(), format: frame.format(), layout: frame.channel_layout() };
        if self.filters.as_ref().is_none_or(|(made_for, _)| *made_for != shape) {
            // What the old filters still hold, some 20 ms, becomes silence: the encoder takes no short frames but the last.
            let graph = self.graph(&shape).map_err(internal("preparing the sound's filters"))?;
            self.filters = Some((shape, graph));
        }
        if let Some((_, graph)) = &mut self.filters
            && let Some(mut source) = graph.get("in")
        {
            source.source().add(&frame).map_err(internal("filtering the sound"))?;
        }
        self.drain_filters()
    }

    /// Gives the frame its time, in samples of its own rate from 0.
    fn stamp(&mut self, frame: &mut frame::Audio) {
        let own = Rational::new(1, frame.rate() as i32);
        let time = frame.timestamp().map(|time| time.rescale(self.time_base, MICROS).saturating_sub(self.origin));
        let time = match (time, self.expected) {
            (Some(time), None) if time.abs() > LONGEST_HOLE * 1_000_000 => {
                self.origin += time;
                0
            }
            (Some(time), Some(expected)) if (time - expected).abs() > LONGEST_HOLE * 1_000_000 => {
                self.origin += time - expected;
                expected
            }
            (Some(time), _) => time,
            (None, expected) => expected.unwrap_or_default(),
        };
        self.expected = Some(time + (frame.samples() as i64).rescale(own, MICROS));
        frame.set_pts(Some(time.rescale(MICROS, own)));
    }

    /// Sound that begins late is preceded by silence, holes are filled, and what lies before 0 is dropped. Several channels
    /// are mixed by ITU-R BS.775, all of it as much quieter as it takes never to clip.
    fn graph(&self, shape: &Shape) -> Result<filter::Graph, ffmpeg_next::Error> {
        let Shape { rate, format, layout } = shape;
        let missing = ffmpeg_next::Error::FilterNotFound;
        let mut graph = filter::Graph::new();
        let source = format!(
            "time_base=1/{rate}:sample_rate={rate}:sample_fmt={}:channel_layout=0x{:x}",
            format.name(),
            layout.bits()
        );
        graph.add(&filter::find("abuffer").ok_or(missing)?, "in", &source)?;
        graph.add(&filter::find("abuffersink").ok_or(missing)?, "out", "")?;
        let (out, layout) = (self.work.plan.rate, if self.work.plan.channels == 1 { "mono" } else { "stereo" });
        let spec = format!(
            "aresample={out}:async=1:first_pts={}:rematrix_maxval=1,aformat=sample_fmts=fltp:sample_rates={out}:channel_layouts={layout}",
            self.samples
        );
        graph.output("in", 0)?.input("out", 0)?.parse(&spec)?;
        graph.validate()?;
        if let Some(mut sink) = graph.get("out") {
            sink.sink().set_frame_size(FRAME as u32);
        }
        Ok(graph)
    }

    fn flush_filters(&mut self) -> Result<(), Error> {
        if let Some((_, graph)) = &mut self.filters {
            if let Some(mut source) = graph.get("in") {
                source.source().flush().map_err(internal("filtering the sound"))?;
            }
            self.drain_filters()?;
            self.filters = None;
        }
        Ok(())
    }

    fn drain_filters(&mut self) -> Result<(), Error> {
        loop {
            let mut frame = frame::Audio::empty();
            let got = match &mut self.filters {
                Some((_, graph)) => graph.get("out").map(|mut sink| sink.sink().frame(&mut frame)),
                None => None,
            };
            match got {
                Some(Ok(())) => self.encode(&mut frame)?,
                _ => return Ok(()),
            }
        }
    }

    fn encode(&mut self, frame: &mut frame::Audio) -> Result<(), Error> {
        if !self.audible {
            self.audible = (0..frame.planes()).any(|plane| frame.plane::<f32>(plane).iter().any(|s| s.abs() > AUDIBLE));
        }
        frame.set_pts(Some(self.samples));
        self.samples += frame.samples() as i64;
        if self.encoder.is_none() {
            let encoder = self.open().map_err(internal("opening the sound's encoder"))?;
            let muxer = Fragmenter::new(encoder.as_ref(), self.work.plan.rate)?;
            self.encoder = Some((encoder, SoundSegments::new(muxer, self.work, self.events)?));
        }
        if let Some((encoder, _)) = &mut self.encoder {
            encoder.send_frame(frame).map_err(internal("encoding the sound"))?;
        }
        self.drain_encoder()
    }

    fn open(&self) -> Result<encoder::Audio, ffmpeg_next::Error> {
        let codec = encoder::find(codec::Id::AAC).ok_or(ffmpeg_next::Error::EncoderNotFound)?;
        let mono = self.work.plan.channels == 1;
        let mut audio = codec::Context::new_with_codec(codec).encoder().audio()?;
        audio.set_rate(self.work.plan.rate as i32);
        audio.set_format(Sample::F32(Type::Planar));
        audio.set_channel_layout(if mono { ChannelLayout::MONO } else { ChannelLayout::STEREO });
        audio.set_bit_rate(self.work.plan.bitrate() as usize);
        audio.set_time_base(Rational::new(1, self.work.plan.rate as i32));
        audio.set_flags(codec::Flags::GLOBAL_HEADER);
        audio.open_as(codec)
    }

    fn drain_encoder(&mut self) -> Result<(), Error> {
        let Some((encoder, segments)) = &mut self.encoder else { return Ok(()) };
        let mut packet = Packet::empty();
        while encoder.receive_packet(&mut packet).is_ok() {
            let time = packet.pts().unwrap_or(segments.end());
            // The encoder's first frame is its run-up before 0. Without it the first 21 ms fade in, and sound and
            // picture agree in players that know no edit lists.
            if time >= self.work.first_sample {
                segments.push(&mut packet, time)?;
            }
            packet = Packet::empty();
        }
        Ok(())
    }

    /// Flushes filters and encoder and closes the last segment.
    fn finish(&mut self) -> Result<(), Error> {
        self.flush_filters()?;
        if let Some((encoder, _)) = &mut self.encoder {
            encoder.send_eof().map_err(internal("ending the sound"))?;
        }
        self.drain_encoder()?;
        match &mut self.encoder {
            Some((_, segments)) => segments.finish(),
            None => Ok(()),
        }
    }
}
