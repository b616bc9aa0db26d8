//! Frames as files of one picture.

use std::sync::Arc;

use domain::id::TaskId;
use domain::poster::{Format, Stored};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::{Dictionary, Packet, Rational, codec, color, encoder, frame};
use serde::{Deserialize, Serialize};

use super::error::{Error, internal};
use super::filters::{Filters, Shape};
use super::sink::{Picture, Sink};

/// Of a poster's JPEG: loses hardly anything to be seen.
const QUANTISER: u8 = 3;
/// Of a poster's WebP, of 100: looks like that JPEG.
const QUALITY: &str = "82";

/// A poster whose files the sink has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Printed {
    /// Of the largest, pixels.
    pub width: u32,
    /// It shows the sound's waveform.
    pub drawn: bool,
}

impl Printed {
    /// As it is stored: by the task `task`, if the film's owner chose it, under this fence.
    pub fn stored(self, task: Option<TaskId>, fence: i64) -> Stored {
        Stored { task, fence, width: self.width, drawn: self.drawn }
    }
}

/// Hands the sink a poster: each frame, in 8-bit 4:2:0, as files in all formats. The largest comes last.
pub(super) fn print(frames: &[Arc<frame::Video>], sink: &mut dyn Sink) -> Result<Option<Printed>, Error> {
    for frame in frames {
        for format in Format::ALL {
            let file = match format {
                Format::Webp => encode("libwebp", &converted(frame, false)?, &[("quality", QUALITY)])?,
                Format::Jpeg => jpeg(&converted(frame, true)?, QUANTISER)?,
            };
            let picture = Picture::Poster { width: frame.width(), format };
            sink.picture(picture, file).map_err(|_| Error::Stopped)?;
        }
    }
    Ok(frames.last().map(|largest| Printed { width: largest.width(), drawn: false }))
}

/// A frame in 8-bit 4:2:0 with the colours of a picture's file: by BT.601, in the full range if it is a JPEG, in the
/// limited one if it is a WebP.
pub(super) fn converted(frame: &frame::Video, full: bool) -> Result<frame::Video, Error> {
    let matrix = match frame.color_space() {
        color::Space::BT709 => "bt709",
        color::Space::BT2020NCL | color::Space::BT2020CL => "bt2020",
        _ => "bt601",
    };
    let range = |full| if full { "pc" } else { "tv" };
    let from = range(frame.color_range() == color::Range::JPEG);
    let chain = format!(
        "scale=flags=bicubic:in_color_matrix={matrix}:in_range={from}:out_color_matrix=bt601:out_range={}",
        range(full)
    );
    let mut converted = Filters::new(&chain, Shape::of(frame))?.run(frame.clone())?;
    converted.set_format(if full { Pixel::YUVJ420P } else { Pixel::YUV420P });
    converted.set_pts(Some(0));
    Ok(converted)
}

/// A converted frame as a JPEG. A `quantiser` of 2 loses nothing to be seen, one of 31 nearly everything.
pub(super) fn jpeg(frame: &frame::Video, quantiser: u8) -> Result<Vec<u8>, Error> {
    let quantiser = quantiser.to_string();
    encode("mjpeg", frame, &[("threads", "1"), ("qmin", &quantiser), ("qmax", &quantiser)])
}

fn encode(name: &str, frame: &frame::Video, options: &[(&str, &str)]) -> Result<Vec<u8>, Error> {
    try_encode(name, frame, options.iter().copied().collect()).map_err(internal("encoding a still"))
}

fn try_encode(name: &str, frame: &frame::Video, options: Dictionary) -> Result<Vec<u8>, ffmpeg_next::Error> {
    let codec = encoder::find_by_name(name).ok_or(ffmpeg_next::Error::EncoderNotFound)?;
    let mut video = codec::Context::new_with_codec(codec).encoder().video()?;
    video.set_width(frame.width());
    video.set_height(frame.height());
    video.set_format(frame.format());
    video.set_time_base(Rational::new(1, 25));
    let mut encoder = video.open_as_with(codec, options)?;
    encoder.send_frame(frame)?;
    encoder.send_eof()?;
    let mut packet = Packet::empty();
    encoder.receive_packet(&mut packet)?;
    Ok(packet.data().map(<[u8]>::to_vec).unwrap_or_default())
}
