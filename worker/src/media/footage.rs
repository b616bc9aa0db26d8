//! A film's picture, opened: all that wants to decode it begins with this.

use ffmpeg_next::codec::Id;
use ffmpeg_next::{Packet, Rational, decoder, frame};

use super::colour::Colour;
use super::decode::{self, Health, received, send};
use super::error::{Error, Reason};
use super::input::{Input, Next, Source};
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
        let time_base = stream.time_base();
        let colour = Colour::of(&decoder);
        let orientation = orientation(&mut source, index);
        Ok(Self { source, index, time_base, decoder, colour, orientation })
    }

    /// By which its pictures become files.
    pub fn picture_colour(&self) -> Colour {
        // A file of one picture has its own rules.
        if is_still(&self.source) { self.colour } else { self.colour.guessed(self.decoder.height()) }
    }

    /// The first frame that comes out, of a file that is a single picture.
    pub fn first_frame(&mut self) -> Result<Option<frame::Video>, Error> {
        while let Next::Packet(packet) = self.source.next()? {
            if packet.stream() == self.index {
                return Ok(decoded(&mut self.decoder, &packet));
            }
        }
        Ok(None)
    }
}

/// Whether the file is a single picture.
pub(super) fn is_still(source: &Source) -> bool {
    source.context.format().name().ends_with("_pipe")
}

/// How the picture has to be turned. What a photograph says of that is only known once it is decoded.
pub(super) fn orientation(source: &mut Source, index: usize) -> Orientation {
    let Some(stream) = source.context.stream(index) else { return Orientation::default() };
    if !is_still(source) || !matches!(stream.parameters().id(), Id::MJPEG | Id::WEBP) {
        return probe::orientation(&stream);
    }
    let Ok(Some(mut decoder)) = decode::open_picture(&stream) else { return Orientation::default() };
    let Ok(Next::Packet(packet)) = source.next() else { return Orientation::default() };
    let frame = decoded(&mut decoder, &packet);
    source.give_back(packet);
    frame.map(|frame| Orientation::of_photograph(&frame)).unwrap_or_default()
}

/// What one packet gives by itself.
pub(super) fn decoded(decoder: &mut decoder::Video, packet: &Packet) -> Option<frame::Video> {
    let (mut health, mut frame) = (Health::default(), frame::Video::empty());
    send(decoder, Some(packet), &mut health);
    send(decoder, None, &mut health);
    let came = received(decoder.receive_frame(&mut frame), &mut health);
    (came && frame.width() > 0).then_some(frame)
}
