//! What is seen of a film that has no picture: the cover that came with it, or how loud it is when.

use std::sync::Arc;

use domain::poster;
use domain::waveform::{MOST_PAIRS, Waveform};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::format::sample::{Sample, Type};
use ffmpeg_next::format::stream::Disposition;
use ffmpeg_next::software::resampling;
use ffmpeg_next::{ChannelLayout, Packet, color, decoder, frame, media};
use serde::{Deserialize, Serialize};

use super::colour::Colour;
use super::decode::{self, Health, received, send};
use super::decoders;
use super::error::{Error, Reason, internal};
use super::footage;
use super::input::{Input, Next, Source};
use super::orientation::Orientation;
use super::probe;
use super::scale::Cascade;
use super::sink::{Picture, Sink};
use super::still::{self, Printed};

/// Of a drawn poster, pixels.
const SIZE: (u32, u32) = (1280, 720);
/// Bars across it, each as wide as the gap behind it, and what is left free on both sides, pixels.
const BARS: usize = 70;
const MARGIN: usize = 80;
/// The highest bar, pixels; the lowest is as high as it is wide.
const HIGHEST: f64 = 432.0;
/// Y, Cb, Cr in the limited range of BT.601: the page's dark ground, and its one warm light.
const GROUND: [u8; 3] = [29, 129, 127];
const LIGHT: [u8; 3] = [163, 64, 167];

/// Samples that a pair stands for at first.
const FINEST: u32 = 64;

/// How loud the sound of a film without a picture is when, and a poster for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawSound {
    /// The sound's place among the file's streams.
    pub stream: usize,
}

/// What the sink has of a film without a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    pub poster: Option<Printed>,
    pub waveform: bool,
}

/// Hands the sink the waveform, and the cover as a poster; where there is none, the waveform as a poster.
pub(super) fn draw(input: Box<dyn Input>, work: &DrawSound, sink: &mut dyn Sink) -> Result<Drawn, Error> {
    let nothing = || Error::Unplayable(Reason::NothingToDecode);
    let mut source = Source::open(input)?;
    let sound = probe::sound(&source, work.stream).ok_or_else(nothing)?;
    let cover = cover(&source);
    source.keep_only(&[sound].into_iter().chain(cover).collect::<Vec<_>>());
    let stream = source.context.stream(sound).ok_or_else(nothing)?;
    let mut decoder = decode::open_sound(&stream).ok_or_else(nothing)?;
    let mut lane = Lane { pairs: Vec::new(), stride: FINEST, open: None, filled: 0, resampler: None, rate: 0 };
    let mut poster = None;
    let mut health = Health::default();
    let mut packets: u32 = 0;
    while let Next::Packet(packet) = source.next()? {
        if packet.stream() == sound {
            lane.feed(&mut decoder, Some(&packet), &mut health)?;
        } else if Some(packet.stream()) == cover && poster.is_none() {
            // One that can't be decoded is none.
            poster = match print_cover(&source, &packet, sink) {
                Err(Error::Stopped) => return Err(Error::Stopped),
                printed => printed.unwrap_or_default(),
            };
        }
        packets = packets.wrapping_add(1);
        if packets.is_multiple_of(256) {
            sink.progress(lane.heard_ms()).map_err(|_| Error::Stopped)?;
        }
    }
    lane.feed(&mut decoder, None, &mut health)?;
    let Some(waveform) = lane.end() else { return Ok(Drawn { poster, waveform: false }) };
    let json = serde_json::to_vec(&waveform).unwrap_or_default();
    sink.picture(Picture::Waveform, json).map_err(|_| Error::Stopped)?;
    if poster.is_none() {
        let frame = drawing(&waveform);
        let frames = Cascade::of_sizes(poster::sizes(SIZE.0, SIZE.1), Orientation::default(), Colour::of_drawings())
            .run(frame, 0)?;
        poster = still::print(&frames, sink)?.map(|printed| Printed { drawn: true, ..printed });
    }
    Ok(Drawn { poster, waveform: true })
}

/// The picture that came with a sound.
fn cover(source: &Source) -> Option<usize> {
    source
        .context
        .streams()
        .filter(|stream| stream.parameters().medium() == media::Type::Video)
        .filter(|stream| stream.disposition().intersects(Disposition::ATTACHED_PIC))
        .find(|stream| decoders::find(stream.parameters().id()).is_some())
        .map(|stream| stream.index())
}

fn print_cover(source: &Source, packet: &Packet, sink: &mut dyn Sink) -> Result<Option<Printed>, Error> {
    let Some(stream) = source.context.stream(packet.stream()) else { return Ok(None) };
    let Some(mut decoder) = decode::open_picture(&stream)? else { return Ok(None) };
    let colour = Colour::of(&decoder);
    let Some(frame) = footage::decoded(&mut decoder, packet) else { return Ok(None) };
    let orientation = Orientation::of_photograph(&frame);
    let (width, height) = orientation.size(frame.width(), frame.height());
    let sizes = poster::sizes(width, height);
    let frames: Vec<Arc<frame::Video>> = Cascade::of_sizes(sizes, orientation, colour).run(frame, 0)?;
    still::print(&frames, sink)
}

/// Gathers the lowest and highest samples of even stretches, which become longer the longer the sound is.
struct Lane {
    pairs: Vec<(f32, f32)>,
    /// Samples of a pair.
    stride: u32,
    open: Option<(f32, f32)>,
    /// Samples in the open one.
    filled: u32,
    resampler: Option<resampling::Context>,
    /// Hertz, of the first frame.
    rate: u32,
}

impl Lane {
    fn feed(
        &mut self,
        decoder: &mut decoder::Audio,
        packet: Option<&Packet>,
        health: &mut Health,
    ) -> Result<(), Error> {
        send(decoder, packet, health);
        let mut frame = frame::Audio::empty();
        while received(decoder.receive_frame(&mut frame), health) {
            self.take(std::mem::replace(&mut frame, frame::Audio::empty()))?;
        }
        Ok(())
    }

    fn take(&mut self, mut frame: frame::Audio) -> Result<(), Error> {
        if frame.rate() == 0 || frame.channels() == 0 || frame.samples() == 0 {
            return Ok(());
        }
        if frame.channel_layout().is_empty() {
            frame.set_channel_layout(ChannelLayout::default(i32::from(frame.channels())));
        }
        if self.rate == 0 {
            self.rate = frame.rate();
        }
        let floats = self.floats(&frame).map_err(internal("reading samples"))?;
        for at in 0..floats.samples() {
            let samples = (0..floats.planes()).filter_map(|plane| floats.plane::<f32>(plane).get(at));
            let (low, high) =
                samples.fold((0.0_f32, 0.0_f32), |(low, high), sample| (low.min(*sample), high.max(*sample)));
            let open = self.open.get_or_insert((0.0, 0.0));
            *open = (open.0.min(low), open.1.max(high));
            self.filled += 1;
            if self.filled == self.stride {
                self.close();
            }
        }
        Ok(())
    }

    /// The samples as numbers from -1 to 1, a plane a channel.
    fn floats(&mut self, frame: &frame::Audio) -> Result<frame::Audio, ffmpeg_next::Error> {
        let made_for = |resampler: &resampling::Context| {
            let from = resampler.input();
            (from.format, from.channel_layout, from.rate) == (frame.format(), frame.channel_layout(), frame.rate())
        };
        let mut resampler = match self.resampler.take().filter(made_for) {
            Some(resampler) => resampler,
            None => resampling::Context::get(
                frame.format(),
                frame.channel_layout(),
                frame.rate(),
                Sample::F32(Type::Planar),
                frame.channel_layout(),
                frame.rate(),
            )?,
        };
        let mut floats = frame::Audio::empty();
        resampler.run(frame, &mut floats)?;
        self.resampler = Some(resampler);
        Ok(floats)
    }

    fn close(&mut self) {
        let Some(pair) = self.open.take() else { return };
        self.filled = 0;
        self.pairs.push(pair);
        if self.pairs.len() > MOST_PAIRS {
            // One is left over, which begins the next pair.
            let (halves, rest) = self.pairs.as_chunks::<2>();
            let joined = halves.iter().map(|[one, other]| (one.0.min(other.0), one.1.max(other.1))).collect();
            self.open = rest.first().copied();
            self.filled = if self.open.is_some() { self.stride } else { 0 };
            self.stride *= 2;
            self.pairs = joined;
        }
    }

    fn heard_ms(&self) -> i64 {
        self.pairs.len() as i64 * i64::from(self.stride) * 1000 / i64::from(self.rate.max(1))
    }

    /// None of a sound without a sample.
    fn end(mut self) -> Option<Waveform> {
        self.pairs.extend(self.open.take());
        let number = |sample: f32| (sample * 128.0).round().clamp(-128.0, 127.0) as i8;
        let data: Vec<i8> = self.pairs.iter().flat_map(|(low, high)| [number(*low), number(*high)]).collect();
        (!data.is_empty()).then(|| Waveform::new(self.rate, self.stride, data))
    }
}

/// Bars on a dark ground, in the limited range of BT.601.
fn drawing(waveform: &Waveform) -> frame::Video {
    let (width, height) = SIZE;
    let mut frame = frame::Video::new(Pixel::YUV420P, width, height);
    frame.set_pts(Some(0));
    frame.set_color_range(color::Range::MPEG);
    let step = (width as usize - 2 * MARGIN) / BARS;
    let bars: Vec<usize> =
        waveform.bars(BARS).iter().map(|bar| (bar * HIGHEST).max(step as f64 / 2.0) as usize).collect();
    for plane in 0..3 {
        // The planes of colour have half as many pixels each way.
        let shrink = if plane == 0 { 1 } else { 2 };
        let (stride, rows) = (frame.stride(plane), height as usize / shrink);
        for (y, row) in frame.data_mut(plane).chunks_mut(stride).take(rows).enumerate() {
            let from_middle = (y * shrink).abs_diff(height as usize / 2);
            for (x, pixel) in row.iter_mut().take(width as usize / shrink).enumerate() {
                let Some(x) = (x * shrink).checked_sub(MARGIN) else {
                    *pixel = GROUND[plane];
                    continue;
                };
                let (bar, inside) = (x / step, x % step);
                // The bar stands in the middle of its step.
                let is_lit = (step / 4..step * 3 / 4).contains(&inside)
                    && bars.get(bar).is_some_and(|bar| from_middle * 2 <= *bar);
                *pixel = if is_lit { LIGHT[plane] } else { GROUND[plane] };
            }
        }
    }
    frame
}
