//! The sound: resampled to stereo or mono, AAC-LC, by one encoder from beginning to end, so that no seam is heard. What
//! is finished is handed over chunk by chunk, and a later attempt goes on there.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use domain::plan::{Outcome, SoundPlan};
use domain::timeline::{self, Chunk};
use ffmpeg_next::format::sample::{Sample, Type};
use ffmpeg_next::{ChannelLayout, Packet, Rational, Rescale, codec, decoder, encoder, filter, frame};
use serde::{Deserialize, Serialize};

use super::decode::{self, Health, received, send};
use super::error::{Error, Reason, internal};
use super::fragment::Fragmenter;
use super::input::{Input, Next, Source};
use super::sink::{Event, Init, Sink, Track};
use super::{deliver, join, probe, spawn};

/// The sound from a chunk on to the end, [`timeline::by_the_clock`].
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

const PROGRESS: Duration = Duration::from_millis(250);
/// A resumed encoder is fed from this many samples before the first it is asked for: its frames overlap.
const RUN_UP: i64 = 2 * FRAME;
/// Seconds that a file is entered earlier than the first sample wanted, for the decoder to come into step.
const ENTER_EARLIER: i64 = 1;
const CODECS: &str = "mp4a.40.2";
/// Samples of an AAC frame.
const FRAME: i64 = 1024;
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
    plan: SoundPlan,
    filters: Option<(Shape, filter::Graph)>,
    encoder: Option<(encoder::Audio, Fragmenter)>,
    events: &'a SyncSender<Event>,
    chunk: Chunk,
    /// Of the chunk: the segment that begins next.
    next: usize,
    /// What lies before it is somebody else's.
    first_sample: i64,
    /// Where the decoded sound ends, in microseconds from 0.
    expected: Option<i64>,
    /// Samples sent to the encoder.
    samples: i64,
    /// Samples up to the end of what is published.
    end: i64,
    audible: bool,
}

/// Makes it. Blocks until all is delivered to the sink, or nothing more will be.
pub(super) fn encode(input: Box<dyn Input>, work: &EncodeSound, sink: &mut dyn Sink) -> Result<Outcome, Error> {
    let source = Source::open(input)?;
    let (events, results) = sync_channel(super::WAITING_EVENTS);
    thread::scope(|scope| {
        let encoder = spawn(scope, "sound".to_owned(), move || run(source, work, &events))?;
        let delivered = deliver(results, sink);
        let encoded = join(encoder);
        delivered.map_err(|_| Error::Stopped)?;
        encoded
    })
}

fn run(mut source: Source, work: &EncodeSound, events: &SyncSender<Event>) -> Result<Outcome, Error> {
    let nothing = || Error::Unplayable(Reason::NothingToDecode);
    let index = probe::audio_stream(&source).ok_or_else(nothing)?;
    source.keep_only(index);
    let stream = source.context.stream(index).ok_or_else(nothing)?;
    let time_base = stream.time_base();
    let mut decoder = decode::open_sound(&stream).ok_or_else(nothing)?;
    let mut lane = Lane::new(work, time_base, events);
    if work.seekable && work.first_sample > 0 {
        let second = Rational(1, 1);
        let wanted = work.first_sample.rescale(Rational::new(1, work.plan.rate as i32), Rational(1, 1_000_000));
        let enter = (wanted + work.origin_us).rescale(Rational(1, 1_000_000), time_base);
        source.seek(index, enter - ENTER_EARLIER.rescale(second, time_base));
    }
    let mut health = Health::default();
    let mut reported = Instant::now();
    while let Next::Packet(packet) = source.next()? {
        if packet.stream() != index {
            continue;
        }
        if packet.is_corrupt() {
            source.damaged = true;
        }
        feed(&mut decoder, Some(&packet), &mut lane, &mut health)?;
        if reported.elapsed() >= PROGRESS {
            reported = Instant::now();
            events.send(Event::Progress(lane.end_ms())).map_err(|_| Error::Stopped)?;
        }
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
    fn new(work: &EncodeSound, time_base: Rational, events: &'a SyncSender<Event>) -> Self {
        let begin = if work.first_sample > 0 { work.first_sample - RUN_UP } else { 0 };
        Self {
            time_base,
            origin: work.origin_us,
            plan: work.plan.clone(),
            filters: None,
            encoder: None,
            events,
            chunk: timeline::by_the_clock(work.first_chunk),
            next: 0,
            first_sample: work.first_sample,
            expected: None,
            samples: begin,
            end: work.first_sample,
            audible: false,
        }
    }

    fn end_ms(&self) -> i64 {
        self.end * 1000 / i64::from(self.plan.rate)
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
        const MICRO: Rational = Rational(1, 1_000_000);
        let own = Rational::new(1, frame.rate() as i32);
        let time = frame.timestamp().map(|time| time.rescale(self.time_base, MICRO).saturating_sub(self.origin));
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
        self.expected = Some(time + (frame.samples() as i64).rescale(own, MICRO));
        frame.set_pts(Some(time.rescale(MICRO, own)));
    }

    /// Sound that begins late is preceded by silence, holes are filled, and what lies before 0 is dropped.
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
        let (out, layout) = (self.plan.rate, if self.plan.channels == 1 { "mono" } else { "stereo" });
        let spec = format!(
            "aresample={out}:async=1:first_pts={},aformat=sample_fmts=fltp:sample_rates={out}:channel_layouts={layout}",
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
            let (fragmenter, bytes) = Fragmenter::new(encoder.as_ref(), self.plan.rate)?;
            self.send(Event::Init(Track::Audio, Init { bytes, codecs: CODECS.to_owned() }))?;
            self.encoder = Some((encoder, fragmenter));
        }
        if let Some((encoder, _)) = &mut self.encoder {
            encoder.send_frame(frame).map_err(internal("encoding the sound"))?;
        }
        self.drain_encoder()
    }

    fn open(&self) -> Result<encoder::Audio, ffmpeg_next::Error> {
        let codec = encoder::find(codec::Id::AAC).ok_or(ffmpeg_next::Error::EncoderNotFound)?;
        let mono = self.plan.channels == 1;
        let mut audio = codec::Context::new_with_codec(codec).encoder().audio()?;
        audio.set_rate(self.plan.rate as i32);
        audio.set_format(Sample::F32(Type::Planar));
        audio.set_channel_layout(if mono { ChannelLayout::MONO } else { ChannelLayout::STEREO });
        audio.set_bit_rate(self.plan.bitrate() as usize);
        audio.set_time_base(Rational::new(1, self.plan.rate as i32));
        audio.set_flags(codec::Flags::GLOBAL_HEADER);
        audio.open_as(codec)
    }

    fn drain_encoder(&mut self) -> Result<(), Error> {
        loop {
            let mut packet = Packet::empty();
            let got = match &mut self.encoder {
                Some((encoder, _)) => encoder.receive_packet(&mut packet).is_ok(),
                None => false,
            };
            if !got {
                return Ok(());
            }
            let time = packet.pts().unwrap_or(self.end);
            // The encoder's first frame is its run-up before 0. Without it the first 21 ms fade in, and sound and
            // picture agree in players that know no edit lists.
            if time < self.first_sample {
                continue;
            }
            self.cut_before(time)?;
            packet.set_pts(Some(time));
            packet.set_dts(Some(time));
            packet.set_duration(FRAME);
            if let Some((_, fragmenter)) = &mut self.encoder {
                fragmenter.push(&mut packet, time)?;
            }
            self.end = time + FRAME;
        }
    }

    /// Ends segment and chunk, if the frame at `time` is the first of the next.
    fn cut_before(&mut self, time: i64) -> Result<(), Error> {
        let ticks = time.rescale(Rational::new(1, self.plan.rate as i32), Rational(1, timeline::TIMESCALE as i32));
        while self.chunk.end.is_some_and(|end| ticks >= end) {
            self.end_chunk(time)?;
            self.chunk = timeline::by_the_clock(self.chunk.number + 1);
            self.next = 0;
        }
        if ticks >= self.chunk.cut(self.next) {
            self.cut(time)?;
            while self.chunk.cut(self.next) <= ticks {
                self.next += 1;
            }
        }
        Ok(())
    }

    fn end_chunk(&mut self, end: i64) -> Result<(), Error> {
        self.cut(end)?;
        if self.next > 0 { self.send(Event::Chunk(Track::Audio, self.chunk.number)) } else { Ok(()) }
    }

    fn cut(&mut self, end: i64) -> Result<(), Error> {
        let segment = match &mut self.encoder {
            Some((_, fragmenter)) => fragmenter.cut(end)?,
            None => None,
        };
        match segment {
            Some(segment) => self.send(Event::Segment(Track::Audio, segment)),
            None => Ok(()),
        }
    }

    /// Flushes filters and encoder and closes the last segment.
    fn finish(&mut self) -> Result<(), Error> {
        self.flush_filters()?;
        if let Some((encoder, _)) = &mut self.encoder {
            encoder.send_eof().map_err(internal("ending the sound"))?;
        }
        self.drain_encoder()?;
        self.end_chunk(self.end)
    }

    fn send(&self, event: Event) -> Result<(), Error> {
        self.events.send(event).map_err(|_| Error::Stopped)
    }
}
