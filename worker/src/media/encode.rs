//! One rung: H.264 by x264, on a thread of its own.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use domain::ladder::{Effort, Rung};
use domain::timeline;
use ffmpeg_next::{Dictionary, Packet, Rational, codec, encoder, format, frame, picture};

use super::colour::Colour;
use super::error::{Error, internal};
use super::fragment::{Fragmenter, avc_codecs};
use super::sink::{Event, Init, Track};

/// Ticks a second of every picture track.
pub(super) const TIMESCALE: u32 = timeline::TIMESCALE as u32;
/// Decoding times lie this far before the times shown (10 s), so that none is later, whatever the reordering. The
/// muxer takes it out again, because every segment's first packet carries it.
pub(super) const AHEAD: i64 = 10 * TIMESCALE as i64;

/// What a rung's thread is given.
pub(super) enum Work {
    /// pts in ticks; of kind I where a segment begins.
    Frame(Arc<frame::Video>),
    /// The chunk of that number is complete: its last frame ends at this tick. The next frame begins another, with an
    /// encoder of its own. Without it, the work was abandoned.
    End { chunk: u32, at: i64 },
}

pub(super) struct Config<'a> {
    pub index: usize,
    pub rung: &'a Rung,
    pub effort: Effort,
    pub frame_rate: f64,
    pub threads: usize,
    pub colour: Colour,
}

/// Encodes until the frames end. Returns early, without an error, when nobody wants the results any more.
pub(super) fn run(config: &Config<'_>, frames: &Receiver<Work>, events: &SyncSender<Event>) -> Result<(), Error> {
    let mut lane: Option<Lane> = None;
    while let Ok(work) = frames.recv() {
        let alive = match work {
            Work::Frame(frame) => {
                let lane = match &mut lane {
                    Some(lane) => lane,
                    None => {
                        let (opened, init) = Lane::open(config)?;
                        if events.send(Event::Init(opened.track, init)).is_err() {
                            return Ok(());
                        }
                        lane.insert(opened)
                    }
                };
                lane.encode(&frame)?;
                lane.write(events)?
            }
            Work::End { chunk, at } => match lane.take() {
                Some(mut lane) => lane.finish(at, events)? && events.send(Event::Chunk(lane.track, chunk)).is_ok(),
                None => true,
            },
        };
        if !alive {
            break;
        }
    }
    Ok(())
}

struct Lane {
    track: Track,
    encoder: encoder::Video,
    fragmenter: Fragmenter,
    /// When the frames that went in are shown, and where the last one ends. The i-th packet out is decoded when the
    /// i-th frame in is shown: libx264's own decoding times break films of uneven frame rate.
    times: VecDeque<i64>,
    packets: VecDeque<Packet>,
}

impl Lane {
    fn open(config: &Config<'_>) -> Result<(Self, Init), Error> {
        let encoder = open_encoder(config).map_err(internal("opening the picture's encoder"))?;
        let (fragmenter, bytes) = Fragmenter::new(encoder.as_ref(), TIMESCALE)?;
        let codecs = avc_codecs(&bytes).unwrap_or_else(|| config.rung.codecs());
        let track = Track::Video(config.index);
        let lane = Self { track, encoder, fragmenter, times: VecDeque::new(), packets: VecDeque::new() };
        Ok((lane, Init { bytes, codecs }))
    }

    fn encode(&mut self, frame: &frame::Video) -> Result<(), Error> {
        self.times.push_back(frame.pts().unwrap_or_default());
        self.encoder.send_frame(frame).map_err(internal("encoding a frame"))?;
        self.drain()
    }

    fn drain(&mut self) -> Result<(), Error> {
        loop {
            let mut packet = Packet::empty();
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => self.packets.push_back(packet),
                Err(ffmpeg_next::Error::Eof) => return Ok(()),
                Err(ffmpeg_next::Error::Other { errno }) if errno == ffmpeg_next::error::EAGAIN => return Ok(()),
                Err(error) => return Err(internal("encoding a frame")(error)),
            }
        }
    }

    fn finish(&mut self, end: i64, events: &SyncSender<Event>) -> Result<bool, Error> {
        self.encoder.send_eof().map_err(internal("ending the picture"))?;
        self.drain()?;
        self.times.push_back(end);
        if !self.write(events)? {
            return Ok(false);
        }
        self.cut(end, events)
    }

    /// Muxes the packets whose duration is known. `false`: nobody listens.
    fn write(&mut self, events: &SyncSender<Event>) -> Result<bool, Error> {
        while self.times.len() >= 2 {
            let Some(mut packet) = self.packets.pop_front() else { break };
            let (Some(time), Some(next)) = (self.times.pop_front(), self.times.front().copied()) else { break };
            packet.set_dts(Some(time - AHEAD));
            packet.set_duration(next - time);
            let shown = packet.pts().unwrap_or(time);
            if packet.is_key() && self.fragmenter.is_open() && !self.cut(shown, events)? {
                return Ok(false);
            }
            self.fragmenter.push(&mut packet, shown)?;
        }
        Ok(true)
    }

    fn cut(&mut self, end: i64, events: &SyncSender<Event>) -> Result<bool, Error> {
        Ok(match self.fragmenter.cut(end)? {
            Some(segment) => events.send(Event::Segment(self.track, segment)).is_ok(),
            None => true,
        })
    }
}

fn open_encoder(config: &Config<'_>) -> Result<encoder::Video, ffmpeg_next::Error> {
    let Config { rung, effort, frame_rate, threads, colour, .. } = config;
    let codec = encoder::find_by_name("libx264").ok_or(ffmpeg_next::Error::EncoderNotFound)?;
    let mut video = codec::Context::new_with_codec(codec).encoder().video()?;
    video.set_width(rung.width);
    video.set_height(rung.height);
    video.set_format(format::Pixel::YUV420P);
    video.set_aspect_ratio(Rational::new(1, 1));
    video.set_time_base(Rational::new(1, TIMESCALE as i32));
    video.set_frame_rate(Some(Rational::new((frame_rate * 1000.0).round().max(1.0) as i32, 1000)));
    video.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::CLOSED_GOP);
    video.set_colorspace(colour.space);
    video.set_color_range(colour.range);
    video.set_color_primaries(colour.primaries);
    video.set_color_transfer_characteristic(colour.transfer);
    // Only the frames that begin a segment are key frames.
    video.set_gop(i32::MAX as u32);
    let (crf, maxrate, bufsize) = (rung.crf.to_string(), rung.max_bitrate.to_string(), rung.buffer.to_string());
    let (threads, level) = (threads.to_string(), format!("{}.{}", rung.level / 10, rung.level % 10));
    let (preset, looking) = match effort {
        Effort::Usual => ("veryfast", None),
        // Superfast alone looks at no frame ahead, which costs more rate than the little looking costs time.
        Effort::Quick => ("superfast", Some("mbtree=1:rc-lookahead=10")),
    };
    let more = looking.into_iter().chain(instructions()).collect::<Vec<_>>().join(":");
    let options: Dictionary = [
        ("preset", preset),
        ("profile", "high"),
        ("level", &level),
        ("crf", &crf),
        ("maxrate", &maxrate),
        ("bufsize", &bufsize),
        ("threads", &threads),
        ("motion-est", "dia"),
        ("forced-idr", "1"),
        ("sc_threshold", "0"),
        ("a53cc", "0"),
        ("x264-params", &more),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect();
    video.open_as_with(codec, options)
}

/// Which of the processor's instructions x264 may use. Left to itself with AVX-512, it makes other bytes of the same frames
/// from one process to the next; every processor that has it has these, too.
fn instructions() -> Option<&'static str> {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx512f") {
        return Some("asm=MMX2,SSE2Fast,SSSE3,SSE4.2,AVX,FMA3,BMI2,AVX2");
    }
    None
}

/// The kind that makes x264 begin a segment with this frame.
pub(super) fn kind(begins_segment: bool) -> picture::Type {
    if begins_segment { picture::Type::I } else { picture::Type::None }
}
