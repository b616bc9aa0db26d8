//! Whole pictures out of the two fields that interlaced film shows one after the other.

use std::collections::VecDeque;

use ffmpeg_next::frame;

use super::error::Error;
use super::filters::{Filters, Shape};

/// One picture a frame. Pictures that aren't interlaced are left alone.
const CHAIN: &str = "bwdif=mode=send_frame:deint=interlaced";
/// The filter counts in half ticks.
const HALVES: i64 = 2;

/// Holds back one frame from the first interlaced one on, because a field is filled up from its neighbours.
#[derive(Default)]
pub(super) struct Deinterlacer {
    filters: Option<Filters>,
    ready: VecDeque<frame::Video>,
}

impl Deinterlacer {
    /// Takes the next frame. Its pts is in ticks.
    pub fn push(&mut self, frame: frame::Video) -> Result<(), Error> {
        let shape = Shape::of(&frame);
        if self.filters.as_ref().is_some_and(|filters| filters.shape != shape) {
            self.end()?;
        }
        let filters = match &mut self.filters {
            Some(filters) => filters,
            None if frame.is_interlaced() => self.filters.insert(Filters::new(CHAIN, shape)?),
            None => {
                self.ready.push_back(frame);
                return Ok(());
            }
        };
        filters.push(frame)?;
        self.drain();
        Ok(())
    }

    /// Nothing will follow: what is held back comes out.
    pub fn end(&mut self) -> Result<(), Error> {
        if let Some(filters) = &mut self.filters {
            filters.end()?;
            self.drain();
            self.filters = None;
        }
        Ok(())
    }

    pub fn pop(&mut self) -> Option<frame::Video> {
        self.ready.pop_front()
    }

    /// A frame without its neighbours.
    pub fn single(frame: frame::Video) -> Result<frame::Video, Error> {
        if !frame.is_interlaced() {
            return Ok(frame);
        }
        let mut filters = Filters::new(CHAIN, Shape::of(&frame))?;
        let same = frame.clone();
        filters.push(frame)?;
        filters.end()?;
        Ok(filters.pull().unwrap_or(same))
    }

    fn drain(&mut self) {
        while let Some(mut frame) = self.filters.as_mut().and_then(Filters::pull) {
            let halves = frame.pts();
            frame.set_pts(halves.map(|halves| halves / HALVES));
            self.ready.push_back(frame);
        }
    }
}
