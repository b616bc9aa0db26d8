//! The poster that a film's owner wishes for: what the film shows at some time, or a picture of their own.

use domain::poster;
use ffmpeg_next::{Packet, Rational, Rescale, decoder, frame};
use serde::{Deserialize, Serialize};

use super::decode::{Health, received, send};
use super::deinterlace::Deinterlacer;
use super::error::{Error, Reason};
use super::footage::{self, Footage};
use super::input::{Input, Next};
use super::scale::Cascade;
use super::sink::Sink;
use super::still::{self, Printed};
use super::stills::Stills;
use super::{MICROS, probe};

/// In a film that is read from its beginning, only key frames are decoded up to so many seconds before the wanted one:
/// as long as any group of pictures is.
const RUN_UP: i64 = 60;

/// What the film shows at some time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PictureAt {
    pub film: Stills,
    /// Milliseconds from the film's beginning.
    pub at_ms: i64,
    /// The last key frame before, as the storyboard shows it, rather than the very frame.
    pub key_frame: bool,
}

/// Hands the sink a poster, if anything can be decoded there. A time behind the film's end is its end.
pub(super) fn at(input: Box<dyn Input>, work: &PictureAt, sink: &mut dyn Sink) -> Result<Option<Printed>, Error> {
    let film = Footage::open(input)?;
    let at = (work.at_ms * 1000 + work.film.origin_us).rescale(MICROS, film.time_base);
    let sizes = poster::sizes(work.film.width, work.film.height);
    let mut cascade = Cascade::of_sizes(sizes, film.orientation, film.picture_colour());
    let looked = Look { at, key_frame: work.key_frame, shown: None, past: false };
    match looked.through(film, work.film.entered_ms.is_some(), sink)? {
        Some(frame) => still::print(&cascade.run(Deinterlacer::single(frame)?, 0)?, sink),
        None => Ok(None),
    }
}

struct Look {
    /// In the stream's time.
    at: i64,
    key_frame: bool,
    /// The last frame that is shown at that time, or the first of all.
    shown: Option<frame::Video>,
    /// A frame behind it came out.
    past: bool,
}

impl Look {
    fn through(mut self, film: Footage, entered: bool, sink: &mut dyn Sink) -> Result<Option<frame::Video>, Error> {
        let Footage { mut source, index, time_base, mut decoder, .. } = film;
        let second = 1_i64.rescale(Rational(1, 1), time_base);
        let mut entrance = entered;
        if entered {
            source.seek(index, self.at);
        }
        while !self.past
            && let Next::Packet(packet) = source.next()?
        {
            if packet.stream() != index {
                continue;
            }
            let time = packet.pts().or(packet.dts()).unwrap_or(i64::MIN);
            // Some indexes lead to a key frame behind the wanted place.
            if entrance && time > self.at && source.seek_earlier(index, self.at, second) {
                continue;
            }
            entrance = false;
            if packet.is_key() {
                sink.progress(0).map_err(|_| Error::Stopped)?;
            }
            let is_near = entered || time > self.at - RUN_UP * second;
            if self.key_frame && packet.is_key() && time > self.at && self.shown.is_some() {
                break;
            }
            if packet.is_key() || (!self.key_frame && is_near) {
                self.decode(&mut decoder, Some(&packet));
                if self.key_frame {
                    // A key frame by itself comes out by itself.
                    self.decode(&mut decoder, None);
                    decoder.flush();
                }
            }
        }
        if !self.past {
            self.decode(&mut decoder, None);
        }
        Ok(self.shown)
    }

    fn decode(&mut self, decoder: &mut decoder::Video, packet: Option<&Packet>) {
        let mut health = Health::default();
        send(decoder, packet, &mut health);
        let mut frame = frame::Video::empty();
        while !self.past && received(decoder.receive_frame(&mut frame), &mut health) {
            let frame = std::mem::replace(&mut frame, frame::Video::empty());
            if frame.width() == 0 {
                continue;
            }
            if frame.timestamp().is_none_or(|time| time <= self.at) || self.shown.is_none() {
                self.shown = Some(frame);
            } else {
                self.past = true;
            }
        }
    }
}

/// Hands the sink a poster of a picture that was sent. [`Reason::NotAPicture`] for anything else.
pub(super) fn picture(input: Box<dyn Input>, sink: &mut dyn Sink) -> Result<Option<Printed>, Error> {
    let not_a_picture = || Error::Unplayable(Reason::NotAPicture);
    let mut film = Footage::open(input).map_err(|error| match error {
        Error::Unplayable(_) => not_a_picture(),
        other => other,
    })?;
    if !footage::is_still(&film.source) {
        return Err(not_a_picture());
    }
    let frame = film.first_frame()?.ok_or_else(not_a_picture)?;
    let (width, height) = (frame.width(), frame.height());
    if u64::from(width) * u64::from(height) > probe::MAX_PIXELS {
        return Err(Error::Unplayable(Reason::TooLarge));
    }
    let (width, height) = film.orientation.size(width, height);
    let mut cascade = Cascade::of_sizes(poster::sizes(width, height), film.orientation, film.picture_colour());
    still::print(&cascade.run(frame, 0)?, sink)
}
