//! From a decoded frame to one frame a rung: the top one from the source, each lower one from the one above.

use std::sync::Arc;

use domain::ladder::Rung;
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame;
use ffmpeg_next::software::scaling::{Context, Flags};

use super::colour::Colour;
use super::error::{Error, internal};
use super::orientation::{Orientation, Turner};

/// A scaler made for the frames it last saw.
struct Scaler {
    context: Context,
}

impl Scaler {
    fn run(slot: &mut Option<Self>, source: &frame::Video, to: (u32, u32)) -> Result<frame::Video, Error> {
        let known = slot.take().filter(|scaler| {
            let seen = scaler.context.input();
            (seen.format, seen.width, seen.height) == (source.format(), source.width(), source.height())
        });
        let scaler = match known {
            Some(scaler) => slot.insert(scaler),
            None => {
                let from = (source.format(), source.width(), source.height());
                let context = Context::get(from.0, from.1, from.2, Pixel::YUV420P, to.0, to.1, Flags::BICUBIC)
                    .map_err(internal("preparing to scale"))?;
                slot.insert(Self { context })
            }
        };
        let mut scaled = frame::Video::new(Pixel::YUV420P, to.0, to.1);
        scaler.context.run(source, &mut scaled).map_err(internal("scaling"))?;
        Ok(scaled)
    }
}

pub(super) struct Cascade {
    /// Sizes, smallest first.
    sizes: Vec<(u32, u32)>,
    scalers: Vec<Option<Scaler>>,
    orientation: Orientation,
    turner: Option<Turner>,
    colour: Colour,
}

impl Cascade {
    pub fn new(rungs: &[Rung], orientation: Orientation, colour: Colour) -> Self {
        let sizes: Vec<_> = rungs.iter().map(|rung| (rung.width, rung.height)).collect();
        let scalers = sizes.iter().map(|_| None).collect();
        Self { sizes, scalers, orientation, turner: None, colour }
    }

    /// The frames of all rungs, smallest first, shown at `time`, in ticks.
    pub fn run(&mut self, source: frame::Video, time: i64) -> Result<Vec<Arc<frame::Video>>, Error> {
        let mut frames: Vec<Arc<frame::Video>> = Vec::with_capacity(self.sizes.len());
        let mut source = Some(source);
        for (size, scaler) in self.sizes.iter().zip(&mut self.scalers).rev() {
            let mut frame = match (frames.last(), source.take()) {
                (Some(above), _) => Scaler::run(scaler, above, *size)?,
                (None, Some(source)) => top(source, *size, self.orientation, scaler, &mut self.turner)?,
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

/// The top rung's frame; the decoded one itself where nothing has to be done to it.
fn top(
    source: frame::Video,
    (width, height): (u32, u32),
    orientation: Orientation,
    scaler: &mut Option<Scaler>,
    turner: &mut Option<Turner>,
) -> Result<frame::Video, Error> {
    let size = orientation.size(width, height);
    // Some decoders hand out pictures from bottom to top, by negative strides.
    let ready = source.format() == Pixel::YUV420P
        && (source.width(), source.height()) == size
        && source.planes() >= 3
        && (0..3).all(|plane| (source.stride(plane) as isize) > 0);
    let scaled = if ready { source } else { Scaler::run(scaler, &source, size)? };
    if orientation.is_upright() {
        return Ok(scaled);
    }
    let turner = match turner {
        Some(turner) => turner,
        None => turner.insert(Turner::new(orientation, size.0, size.1).map_err(internal("preparing to turn"))?),
    };
    turner.run(&scaled).map_err(internal("turning"))
}
