//! A film's picture, opened: all that wants to decode it begins with this.

use ffmpeg_next::{Rational, decoder};

use super::colour::Colour;
use super::decode;
use super::error::{Error, Reason};
use super::input::{Input, Source};
use super::orientation::Orientation;
use super::probe;

pub(super) struct Footage {
    /// Hands out packets of the picture alone.
    pub source: Source,
    /// The picture's place among the file's streams.
    pub index: usize,
    /// Of its packets and frames.
    pub time_base: Rational,
    /// Has decoded nothing yet.
    pub decoder: decoder::Video,
    pub colour: Colour,
    pub orientation: Orientation,
}

impl Footage {
    /// [`Reason::NothingToDecode`] for a file without a picture, or with one that no decoder is there for.
    pub fn open(input: Box<dyn Input>) -> Result<Self, Error> {
        let mut source = Source::open(input)?;
        let nothing = || Error::Unplayable(Reason::NothingToDecode);
        let index = probe::video_stream(&source).ok_or_else(nothing)?;
        source.keep_only(&[index]);
        let stream = source.context.stream(index).ok_or_else(nothing)?;
        let decoder = decode::open_picture(&stream)?.ok_or_else(nothing)?;
        let (time_base, orientation) = (stream.time_base(), probe::orientation(&stream));
        let colour = Colour::of(&decoder);
        Ok(Self { source, index, time_base, decoder, colour, orientation })
    }
}
