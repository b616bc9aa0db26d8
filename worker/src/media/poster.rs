//! The picture that stands for the film: the liveliest of a few from its beginning.

use std::sync::Arc;

use ffmpeg_next::format::Pixel;
use ffmpeg_next::software::scaling::{Context, Flags};
use ffmpeg_next::{Dictionary, Packet, Rational, codec, encoder, frame};

use super::encode::TIMESCALE;
use super::error::{Error, internal};

const MAX_WIDTH: u32 = 1280;
const SECOND: i64 = TIMESCALE as i64;
/// Below this spread of luma a picture is black, white or fog, and the search goes on.
const LIVELY: f64 = 12.0;

/// Looks at a frame a second.
pub(super) struct Poster {
    best: Option<(f64, Arc<frame::Video>)>,
    next: i64,
    /// Once past this tick a lively picture is good enough.
    until: i64,
    done: bool,
}

impl Poster {
    pub fn new(promised_ms: Option<i64>) -> Self {
        let tenth = promised_ms.unwrap_or(300_000) / 10;
        Self { best: None, next: 0, until: tenth.clamp(3_000, 30_000) * SECOND / 1000, done: false }
    }

    /// Shows it the frames of all rungs, smallest first. Answers with a JPEG once the search is over.
    pub fn offer(&mut self, time: i64, frames: &[Arc<frame::Video>]) -> Result<Option<Vec<u8>>, Error> {
        if self.done || time < self.next {
            return Ok(None);
        }
        self.next = time + SECOND;
        let (Some(smallest), Some(fitting)) =
            (frames.first(), frames.iter().rev().find(|frame| frame.width() <= MAX_WIDTH).or(frames.first()))
        else {
            return Ok(None);
        };
        let score = liveliness(smallest);
        if self.best.as_ref().is_none_or(|(best, _)| score > *best) {
            self.best = Some((score, fitting.clone()));
        }
        let found = self.best.as_ref().is_some_and(|(best, _)| *best >= LIVELY);
        if found && time >= self.until { self.finish() } else { Ok(None) }
    }

    /// The best so far, at the end of the film.
    pub fn finish(&mut self) -> Result<Option<Vec<u8>>, Error> {
        self.done = true;
        self.best.take().map(|(_, frame)| jpeg(&frame)).transpose()
    }
}

/// The standard deviation of luma, less where the whole is very dark or very bright.
fn liveliness(frame: &frame::Video) -> f64 {
    let (width, stride) = (frame.width() as usize, frame.stride(0));
    let (mut count, mut sum, mut squares) = (0u64, 0u64, 0u64);
    for row in frame.data(0).chunks(stride).take(frame.height() as usize) {
        for luma in row.iter().take(width) {
            let luma = u64::from(*luma);
            count += 1;
            sum += luma;
            squares += luma * luma;
        }
    }
    let mean = sum as f64 / count.max(1) as f64;
    let spread = (squares as f64 / count.max(1) as f64 - mean * mean).max(0.0).sqrt();
    if (40.0..=215.0).contains(&mean) { spread } else { spread / 2.0 }
}

fn jpeg(frame: &frame::Video) -> Result<Vec<u8>, Error> {
    let width = frame.width().min(MAX_WIDTH);
    let height = (frame.height() * width / frame.width().max(1)).max(2);
    // A JPEG's range is full, the film's usually limited; swscale converts where the formats' names differ.
    let full = frame.color_range() == ffmpeg_next::color::Range::JPEG;
    let to = if full { Pixel::YUV420P } else { Pixel::YUVJ420P };
    let mut scaler = Context::get(Pixel::YUV420P, frame.width(), frame.height(), to, width, height, Flags::BICUBIC)
        .map_err(internal("scaling the poster"))?;
    let mut scaled = frame::Video::new(to, width, height);
    scaler.run(frame, &mut scaled).map_err(internal("scaling the poster"))?;
    scaled.set_format(Pixel::YUVJ420P);
    scaled.set_pts(Some(0));
    encode(&scaled).map_err(internal("encoding the poster"))
}

fn encode(frame: &frame::Video) -> Result<Vec<u8>, ffmpeg_next::Error> {
    let codec = encoder::find(codec::Id::MJPEG).ok_or(ffmpeg_next::Error::EncoderNotFound)?;
    let mut video = codec::Context::new_with_codec(codec).encoder().video()?;
    video.set_width(frame.width());
    video.set_height(frame.height());
    video.set_format(Pixel::YUVJ420P);
    video.set_time_base(Rational::new(1, 25));
    // A quantiser of 3 loses hardly anything to be seen.
    let options: Dictionary = [("threads", "1"), ("qmin", "3"), ("qmax", "3")].into_iter().collect();
    let mut encoder = video.open_as_with(codec, options)?;
    encoder.send_frame(frame)?;
    encoder.send_eof()?;
    let mut packet = Packet::empty();
    encoder.receive_packet(&mut packet)?;
    Ok(packet.data().map(<[u8]>::to_vec).unwrap_or_default())
}
