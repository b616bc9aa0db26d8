//! Chains of libavfilter's filters, for pictures of one size and format.

use ffmpeg_next::format::Pixel;
use ffmpeg_next::{filter, frame};

use super::encode::TIMESCALE;
use super::error::{Error, internal};

/// What a chain is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    format: Pixel,
    width: u32,
    height: u32,
}

impl Shape {
    pub fn of(frame: &frame::Video) -> Self {
        Self { format: frame.format(), width: frame.width(), height: frame.height() }
    }
}

pub(super) struct Filters {
    // The filters' contexts live in the graph and are asked for by name each time, so that none outlives it.
    graph: filter::Graph,
    pub shape: Shape,
}

impl Filters {
    /// `chain` as libavfilter writes it, e.g. `transpose=1,hflip`. Times are in ticks.
    pub fn new(chain: &str, shape: Shape) -> Result<Self, Error> {
        Self::graph(chain, shape).map(|graph| Self { graph, shape }).map_err(internal("preparing to filter"))
    }

    fn graph(chain: &str, Shape { format, width, height }: Shape) -> Result<filter::Graph, ffmpeg_next::Error> {
        let missing = ffmpeg_next::Error::FilterNotFound;
        let format = format.descriptor().ok_or(missing)?.name();
        let mut graph = filter::Graph::new();
        let source = format!("video_size={width}x{height}:pix_fmt={format}:time_base=1/{TIMESCALE}:pixel_aspect=1/1");
        graph.add(&filter::find("buffer").ok_or(missing)?, "in", &source)?;
        graph.add(&filter::find("buffersink").ok_or(missing)?, "out", "")?;
        graph.output("in", 0)?.input("out", 0)?.parse(chain)?;
        graph.validate()?;
        Ok(graph)
    }

    pub fn push(&mut self, frame: frame::Video) -> Result<(), Error> {
        let source = self.graph.get("in").ok_or(ffmpeg_next::Error::FilterNotFound);
        source.and_then(|mut source| source.source().add(&frame)).map_err(internal("filtering"))
    }

    /// Nothing will follow: what is held back comes out.
    pub fn end(&mut self) -> Result<(), Error> {
        let source = self.graph.get("in").ok_or(ffmpeg_next::Error::FilterNotFound);
        source.and_then(|mut source| source.source().flush()).map_err(internal("filtering"))
    }

    /// The next one that is ready.
    pub fn pull(&mut self) -> Option<frame::Video> {
        let mut frame = frame::Video::empty();
        self.graph.get("out")?.sink().frame(&mut frame).ok()?;
        Some(frame)
    }

    /// One in, one out.
    pub fn run(&mut self, frame: frame::Video) -> Result<frame::Video, Error> {
        self.push(frame)?;
        self.pull().ok_or_else(|| internal("filtering")(ffmpeg_next::Error::Bug))
    }
}
