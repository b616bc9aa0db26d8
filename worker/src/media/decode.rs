//! Reading and decoding the source, once for all renditions, on a thread of its own.

use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use ffmpeg_next::frame::DecodeError;
use ffmpeg_next::{Packet, Rational, Rescale, codec, decoder, frame, threading};

use super::decoders;
use super::encode::{TIMESCALE, Work};
use super::error::{Error, Notice, Reason, internal};
use super::input::{Input, Next, Source};
use super::plan::Plan;
use super::sink::Event;
use super::{Outcome, audio, picture, probe};

const PROGRESS: Duration = Duration::from_millis(250);
/// Sound in front of the picture's beginning, at most this many microseconds, is an encoder's run-up.
const RUN_UP: i64 = 200_000;

/// Counts what could not be decoded. What fails after the last good frame is the end of a file, not a hole in it.
#[derive(Default)]
struct Health {
    pending: u32,
    holes: u32,
}

impl Health {
    fn failed(&mut self) {
        self.pending += 1;
    }

    fn decoded(&mut self, first: bool) {
        // What comes before the first frame belongs to a film that was cut in front.
        if !first {
            self.holes += self.pending;
        }
        self.pending = 0;
    }
}

struct Pictures<'a> {
    index: usize,
    decoder: decoder::Video,
    lane: picture::Lane<'a>,
    health: Health,
}

struct Sounds<'a> {
    index: usize,
    decoder: decoder::Audio,
    lane: audio::Lane<'a>,
    health: Health,
}

/// Decodes to the end; the rungs' threads are told to finish.
pub(super) fn run(
    input: Box<dyn Input>,
    plan: &Plan,
    rungs: Vec<SyncSender<Work>>,
    events: &SyncSender<Event>,
) -> Result<Outcome, Error> {
    let mut source = Source::open(input)?;
    let video = if plan.rungs.is_empty() { None } else { probe::video_stream(&source) };
    let audio = if plan.audio { probe::audio_stream(&source) } else { None };
    let origin = origin(&source, video, audio);
    let mut pictures = match video {
        Some(index) => open_pictures(&source, index, plan, origin, rungs, events)?,
        None => None,
    };
    let mut sounds = audio.and_then(|index| open_sounds(&source, index, plan, origin, events));
    for mut stream in source.context.streams_mut() {
        if Some(stream.index()) != video && Some(stream.index()) != audio {
            // SAFETY: the stream belongs to the open context; `discard` may be set at any time.
            unsafe { (*stream.as_mut_ptr()).discard = ffmpeg_next::Discard::All.into() };
        }
    }

    let mut reported = Instant::now();
    while let Next::Packet(packet) = source.next()? {
        if packet.is_corrupt() {
            source.damaged = true;
        }
        match (&mut pictures, &mut sounds) {
            (Some(pictures), _) if packet.stream() == pictures.index => pictures.decode(Some(&packet))?,
            (_, Some(sounds)) if packet.stream() == sounds.index => sounds.decode(Some(&packet))?,
            _ => continue,
        }
        if reported.elapsed() >= PROGRESS {
            reported = Instant::now();
            let done = done_ms(pictures.as_ref(), sounds.as_ref());
            events.send(Event::Progress(done)).map_err(|_| Error::Stopped)?;
        }
    }
    if let Some(pictures) = &mut pictures {
        pictures.decode(None)?;
    }
    if let Some(sounds) = &mut sounds {
        sounds.decode(None)?;
        sounds.lane.finish()?;
    }
    finish(plan, &source, origin, pictures, sounds, audio.is_some())
}

fn finish(
    plan: &Plan,
    source: &Source,
    origin: i64,
    pictures: Option<Pictures<'_>>,
    sounds: Option<Sounds<'_>>,
    has_audio: bool,
) -> Result<Outcome, Error> {
    let frames = pictures.as_ref().map_or(0, |pictures| pictures.lane.frames);
    let heard = sounds.as_ref().filter(|sounds| sounds.lane.end > 0);
    if frames == 0 && heard.is_none() {
        return Err(Error::Unplayable(Reason::NothingToDecode));
    }
    let duration_ms = done_ms(pictures.as_ref(), sounds.as_ref());
    let mut notices = Vec::new();
    // Containers that begin late count their duration from 0.
    let end_ms = duration_ms + origin.max(0) / 1000;
    let missing = promised_ms(plan, source).map_or(0, |promised| promised - end_ms);
    let cut_off = missing > 500 + duration_ms / 50 || (source.damaged && missing > 200);
    if cut_off {
        notices.push(Notice::CutOff);
    }
    let holes = |health: &Health| health.holes > 0 || (health.pending > 0 && !cut_off);
    let damaged =
        pictures.as_ref().is_some_and(|p| holes(&p.health)) || sounds.as_ref().is_some_and(|s| holes(&s.health));
    if damaged || (source.damaged && !cut_off) || (frames == 0 && !plan.rungs.is_empty()) {
        notices.push(Notice::Damaged);
    }
    if has_audio && !heard.is_some_and(|sounds| sounds.lane.audible) {
        notices.push(Notice::Silent);
    }
    let outcome = Outcome { duration_ms, frames, audio: heard.is_some(), notices };
    if let Some(pictures) = pictures {
        pictures.lane.finish()?;
    }
    Ok(outcome)
}

/// How long the file says the played streams are; where it is only an estimate, nothing.
fn promised_ms(plan: &Plan, source: &Source) -> Option<i64> {
    // SAFETY: the context is alive and one field of it is read.
    let estimated = unsafe {
        (*source.context.as_ptr()).duration_estimation_method
            == ffmpeg_next::ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_BITRATE
    };
    if estimated { None } else { plan.promised_ms }
}

fn done_ms(pictures: Option<&Pictures<'_>>, sounds: Option<&Sounds<'_>>) -> i64 {
    let picture = pictures.map_or(0, |pictures| pictures.lane.end() * 1000 / i64::from(TIMESCALE));
    picture.max(sounds.map_or(0, |sounds| sounds.lane.end_ms()))
}

/// The source's time, in microseconds, that becomes 0: when the first of its streams begins.
fn origin(source: &Source, video: Option<usize>, audio: Option<usize>) -> i64 {
    let start = |index: Option<usize>| {
        let stream = source.context.stream(index?)?;
        let start = stream.start_time();
        (start != ffmpeg_next::ffi::AV_NOPTS_VALUE).then(|| start.rescale(stream.time_base(), Rational(1, 1_000_000)))
    };
    match (start(video), start(audio)) {
        (Some(video), Some(audio)) if audio < 0 && audio > -RUN_UP && video >= 0 => 0,
        (Some(video), Some(audio)) => video.min(audio),
        (None, Some(audio)) if audio < 0 && audio > -RUN_UP => 0,
        (Some(start), None) | (None, Some(start)) => start,
        (None, None) => 0,
    }
}

fn open_pictures<'a>(
    source: &Source,
    index: usize,
    plan: &Plan,
    origin: i64,
    rungs: Vec<SyncSender<Work>>,
    events: &'a SyncSender<Event>,
) -> Result<Option<Pictures<'a>>, Error> {
    let Some(stream) = source.context.stream(index) else { return Ok(None) };
    let mut context =
        codec::Context::from_parameters(stream.parameters()).map_err(internal("preparing the picture's decoder"))?;
    context.set_threading(threading::Config::count(0));
    let mut decoder = context.decoder();
    decoder.set_packet_time_base(stream.time_base());
    let Ok(decoder) = decoders::open(decoder).and_then(|opened| opened.video()) else { return Ok(None) };
    let lane = picture::Lane::new(plan, stream.time_base(), origin, probe::orientation(&stream), rungs, events);
    Ok(Some(Pictures { index, decoder, lane, health: Health::default() }))
}

fn open_sounds<'a>(
    source: &Source,
    index: usize,
    plan: &Plan,
    origin: i64,
    events: &'a SyncSender<Event>,
) -> Option<Sounds<'a>> {
    let stream = source.context.stream(index)?;
    let mut decoder = codec::Context::from_parameters(stream.parameters()).ok()?.decoder();
    decoder.set_packet_time_base(stream.time_base());
    let decoder = decoders::open(decoder).ok()?.audio().ok()?;
    let (rate, channels) = (decoder.rate(), decoder.channels());
    let lane = audio::Lane::new(stream.time_base(), origin, rate, channels, plan.segment_ms, events);
    Some(Sounds { index, decoder, lane, health: Health::default() })
}

/// Feeds a decoder; `None` drains it.
fn send(decoder: &mut decoder::Opened, packet: Option<&Packet>, health: &mut Health) {
    let sent = match packet {
        Some(packet) => decoder.send_packet(packet),
        None => decoder.send_eof(),
    };
    if sent.is_err_and(|error| error != ffmpeg_next::Error::Eof) {
        health.failed();
    }
}

/// Whether a frame came out.
fn received(result: Result<(), ffmpeg_next::Error>, health: &mut Health) -> bool {
    match result {
        Ok(()) => true,
        Err(ffmpeg_next::Error::Eof) => false,
        Err(ffmpeg_next::Error::Other { errno }) if errno == ffmpeg_next::error::EAGAIN => false,
        Err(_) => {
            health.failed();
            false
        }
    }
}

impl Pictures<'_> {
    fn decode(&mut self, packet: Option<&Packet>) -> Result<(), Error> {
        send(&mut self.decoder, packet, &mut self.health);
        loop {
            let mut frame = frame::Video::empty();
            if !received(self.decoder.receive_frame(&mut frame), &mut self.health) {
                return Ok(());
            }
            if frame.width() == 0 || frame.height() == 0 {
                continue;
            }
            if frame.decode_error_flags().intersects(DecodeError::INVALID_BITSTREAM | DecodeError::CONCEALMENT_ACTIVE) {
                self.health.failed();
            }
            // While draining, frames older than the failure come out: they don't make it a hole.
            if packet.is_some() {
                self.health.decoded(self.lane.frames == 0);
            }
            self.lane.take(frame)?;
        }
    }
}

impl Sounds<'_> {
    fn decode(&mut self, packet: Option<&Packet>) -> Result<(), Error> {
        send(&mut self.decoder, packet, &mut self.health);
        loop {
            let mut frame = frame::Audio::empty();
            if !received(self.decoder.receive_frame(&mut frame), &mut self.health) {
                return Ok(());
            }
            if packet.is_some() {
                self.health.decoded(self.lane.samples == 0);
            }
            self.lane.take(frame)?;
        }
    }
}
