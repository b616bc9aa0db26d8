//! From a decoded frame to one frame a rung: the top one from the source, each lower one from the one above.

use std::sync::Arc;

use domain::ladder::Rung;
use ffmpeg_next::format::Pixel;
use ffmpeg_next::software::scaling::{Context, Flags};
use ffmpeg_next::{ffi, frame};

use super::colour::Colour;
use super::error::{Error, internal};
use super::filters::{Filters, Shape};
use super::orientation::Orientation;
use super::tone_map::{self, ToneMap};

/// A scaler made for the frames it last saw.
struct Scaler {
    context: Context,
}

impl Scaler {
    fn run(
        slot: &mut Option<Self>,
        source: &frame::Video,
        to: (u32, u32),
        format: Pixel,
    ) -> Result<frame::Video, Error> {
        let known = slot.take().filter(|scaler| {
            let seen = scaler.context.input();
            (seen.format, seen.width, seen.height) == (source.format(), source.width(), source.height())
        });
        let scaler = match known {
            Some(scaler) => slot.insert(scaler),
            None => {
                let from = (source.format(), source.width(), source.height());
                let context = Context::get(from.0, from.1, from.2, format, to.0, to.1, Flags::BICUBIC)
                    .map_err(internal("preparing to scale"))?;
                slot.insert(Self { context })
            }
        };
        let mut scaled = frame::Video::new(format, to.0, to.1);
        scaler.context.run(source, &mut scaled).map_err(internal("scaling"))?;
        Ok(scaled)
    }
}

pub(super) struct Cascade {
    /// Sizes, smallest first.
    sizes: Vec<(u32, u32)>,
    scalers: Vec<Option<Scaler>>,
    /// What is done once, to the largest.
    top: Top,
    colour: Colour,
}

impl Cascade {
    pub fn new(rungs: &[Rung], orientation: Orientation, colour: Colour) -> Self {
        Self::of_sizes(rungs.iter().map(|rung| (rung.width, rung.height)).collect(), orientation, colour)
    }

    /// The smallest first.
    pub fn of_sizes(sizes: Vec<(u32, u32)>, orientation: Orientation, colour: Colour) -> Self {
        let scalers = sizes.iter().map(|_| None).collect();
        let tone_map = colour.dynamic.map(|(curve, range)| ToneMap::new(curve, range));
        Self { sizes, scalers, top: Top { orientation, tone_map, opaque: None, turner: None }, colour }
    }

    /// The frames of all rungs, smallest first, shown at `time`, in ticks.
    pub fn run(&mut self, source: frame::Video, time: i64) -> Result<Vec<Arc<frame::Video>>, Error> {
        let mut frames: Vec<Arc<frame::Video>> = Vec::with_capacity(self.sizes.len());
        let mut source = Some(source);
        for (size, scaler) in self.sizes.iter().zip(&mut self.scalers).rev() {
            let mut frame = match (frames.last(), source.take()) {
                (Some(above), _) => Scaler::run(scaler, above, *size, Pixel::YUV420P)?,
                (None, Some(source)) => self.top.run(source, *size, scaler)?,
                (None, None) => break,
            };
            frame.set_pts(Some(time));
            frame.set_color_space(self.colour.space);
            frame.set_color_range(self.colour.range);
            frame.set_color_primaries(self.colour.primaries);
            frame.set_color_transfer_characteristic(self.colour.transfer);
            frames.push(Arc::new(frame));
        }
        frames.reverse();
        Ok(frames)
    }
}

/// From a decoded frame to the top rung's.
struct Top {
    orientation: Orientation,
    tone_map: Option<ToneMap>,
    /// Puts what can be seen through on black.
    opaque: Option<Filters>,
    turner: Option<Filters>,
}

impl Top {
    /// The decoded frame itself where nothing has to be done to it.
    fn run(
        &mut self,
        source: frame::Video,
        (width, height): (u32, u32),
        scaler: &mut Option<Scaler>,
    ) -> Result<frame::Video, Error> {
        let size = self.orientation.size(width, height);
        let format = if self.tone_map.is_some() { tone_map::FROM } else { Pixel::YUV420P };
        let source = if has_alpha(source.format()) {
            filters(&mut self.opaque, "premultiply=inplace=1", &source)?.run(source)?
        } else {
            source
        };
        // Some decoders hand out pictures from bottom to top, by negative strides.
        let ready = source.format() == format
            && (source.width(), source.height()) == size
            && source.planes() >= 3
            && (0..3).all(|plane| (source.stride(plane) as isize) > 0);
        let scaled = if ready { source } else { Scaler::run(scaler, &source, size, format)? };
        let mapped = match &self.tone_map {
            Some(tone_map) => tone_map.run(&scaled)?,
            None => scaled,
        };
        if self.orientation.is_upright() {
            return Ok(mapped);
        }
        filters(&mut self.turner, &self.orientation.filters(), &mapped)?.run(mapped)
    }
}

/// The filters of `slot`, made for frames like this one.
fn filters<'a>(slot: &'a mut Option<Filters>, chain: &str, frame: &frame::Video) -> Result<&'a mut Filters, Error> {
    let shape = Shape::of(frame);
    Ok(match slot.take().filter(|filters| filters.shape == shape) {
        Some(filters) => slot.insert(filters),
        None => slot.insert(Filters::new(chain, shape)?),
    })
}

fn has_alpha(format: Pixel) -> bool {
    // SAFETY: libav's descriptors are static.
    let descriptor = format.descriptor().map(|descriptor| unsafe { (*descriptor.as_ptr()).flags });
    descriptor.is_some_and(|flags| flags & ffi::AV_PIX_FMT_FLAG_ALPHA as u64 != 0)
}
