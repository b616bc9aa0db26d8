//! Frames as files of one picture.

use ffmpeg_next::format::Pixel;
use ffmpeg_next::software::scaling::{Context, Flags};
use ffmpeg_next::{Dictionary, Packet, Rational, codec, encoder, frame};

use super::error::{Error, internal};

/// A frame in 8-bit 4:2:0 as a JPEG has it, in that size.
pub(super) fn prepared(frame: &frame::Video, width: u32, height: u32) -> Result<frame::Video, Error> {
    // A JPEG's range is full, the film's usually limited; swscale converts where the formats' names differ.
    let full = frame.color_range() == ffmpeg_next::color::Range::JPEG;
    let to = if full { Pixel::YUV420P } else { Pixel::YUVJ420P };
    let mut scaler = Context::get(Pixel::YUV420P, frame.width(), frame.height(), to, width, height, Flags::BICUBIC)
        .map_err(internal("scaling a still"))?;
    let mut scaled = frame::Video::new(to, width, height);
    scaler.run(frame, &mut scaled).map_err(internal("scaling a still"))?;
    scaled.set_format(Pixel::YUVJ420P);
    scaled.set_pts(Some(0));
    Ok(scaled)
}

/// A prepared frame as a JPEG. A `quantiser` of 2 loses nothing to be seen, one of 31 nearly everything.
pub(super) fn jpeg(frame: &frame::Video, quantiser: u8) -> Result<Vec<u8>, Error> {
    encode(frame, quantiser).map_err(internal("encoding a JPEG"))
}

fn encode(frame: &frame::Video, quantiser: u8) -> Result<Vec<u8>, ffmpeg_next::Error> {
    let codec = encoder::find(codec::Id::MJPEG).ok_or(ffmpeg_next::Error::EncoderNotFound)?;
    let mut video = codec::Context::new_with_codec(codec).encoder().video()?;
    video.set_width(frame.width());
    video.set_height(frame.height());
    video.set_format(Pixel::YUVJ420P);
    video.set_time_base(Rational::new(1, 25));
    let quantiser = quantiser.to_string();
    let options: Dictionary = [("threads", "1"), ("qmin", &*quantiser), ("qmax", &*quantiser)].into_iter().collect();
    let mut encoder = video.open_as_with(codec, options)?;
    encoder.send_frame(frame)?;
    encoder.send_eof()?;
    let mut packet = Packet::empty();
    encoder.receive_packet(&mut packet)?;
    Ok(packet.data().map(<[u8]>::to_vec).unwrap_or_default())
}
