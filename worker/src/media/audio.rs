//! The sound: resampled to stereo or mono, AAC-LC, in segments that keep near the picture's grid.

use std::sync::mpsc::SyncSender;

use ffmpeg_next::format::sample::{Sample, Type};
use ffmpeg_next::{ChannelLayout, Packet, Rational, Rescale, codec, encoder, filter, frame};

use super::error::{Error, internal};
use super::fragment::Fragmenter;
use super::sink::{Event, Init, Track};

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

pub(super) struct Lane<'a> {
    time_base: Rational,
    /// The source's time, in microseconds, that becomes 0.
    origin: i64,
    /// Hertz of the output.
    rate: u32,
    channels: u16,
    filters: Option<(Shape, filter::Graph)>,
    encoder: Option<(encoder::Audio, Fragmenter)>,
    events: &'a SyncSender<Event>,
    grid: i64,
    next_cut: i64,
    /// Where the decoded sound ends, in microseconds from 0.
    expected: Option<i64>,
    /// Samples sent to the encoder.
    pub samples: i64,
    /// Samples up to the end of what is published.
    pub end: i64,
    pub audible: bool,
}

impl<'a> Lane<'a> {
    pub fn new(
        time_base: Rational,
        origin: i64,
        source_rate: u32,
        channels: u16,
        segment_ms: u32,
        events: &'a SyncSender<Event>,
    ) -> Self {
        let rate = if matches!(source_rate, 44_100 | 22_050 | 11_025 | 88_200) { 44_100 } else { 48_000 };
        let grid = i64::from(segment_ms) * i64::from(rate) / 1000;
        Self {
            time_base,
            origin,
            rate,
            channels: channels.clamp(1, 2),
            filters: None,
            encoder: None,
            events,
            grid,
            next_cut: grid,
            expected: None,
            samples: 0,
            end: 0,
            audible: false,
        }
    }

    pub fn end_ms(&self) -> i64 {
        self.end * 1000 / i64::from(self.rate)
    }

    /// Takes decoded sound.
    pub fn take(&mut self, mut frame: frame::Audio) -> Result<(), Error> {
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
        let (out, layout) = (self.rate, if self.channels == 1 { "mono" } else { "stereo" });
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
            let (fragmenter, bytes) = Fragmenter::new(encoder.as_ref(), self.rate)?;
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
        let mono = self.channels == 1;
        let mut audio = codec::Context::new_with_codec(codec).encoder().audio()?;
        audio.set_rate(self.rate as i32);
        audio.set_format(Sample::F32(Type::Planar));
        audio.set_channel_layout(if mono { ChannelLayout::MONO } else { ChannelLayout::STEREO });
        audio.set_bit_rate(if mono { 80_000 } else { 128_000 });
        audio.set_time_base(Rational::new(1, self.rate as i32));
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
            if time < 0 {
                continue;
            }
            if time >= self.next_cut {
                self.cut(time)?;
                self.next_cut = (time / self.grid + 1) * self.grid;
            }
            packet.set_pts(Some(time));
            packet.set_dts(Some(time));
            packet.set_duration(FRAME);
            if let Some((_, fragmenter)) = &mut self.encoder {
                fragmenter.push(&mut packet, time)?;
            }
            self.end = time + FRAME;
        }
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
    pub fn finish(&mut self) -> Result<(), Error> {
        self.flush_filters()?;
        if let Some((encoder, _)) = &mut self.encoder {
            encoder.send_eof().map_err(internal("ending the sound"))?;
        }
        self.drain_encoder()?;
        self.cut(self.end)
    }

    fn send(&self, event: Event) -> Result<(), Error> {
        self.events.send(event).map_err(|_| Error::Stopped)
    }
}
