//! What the engine can be asked for, as plain data: so that it can be asked in another process.

use domain::plan::Outcome;
use domain::storyboard::Layout;
use domain::timeline::Rest;
use domain::webvtt::Cue;
use serde::{Deserialize, Serialize};

use super::copy::{self, CopyPicture};
use super::error::Error;
use super::input::Input;
use super::picture::{self, EncodePicture};
use super::poster;
use super::probe::{Probe, probe};
use super::scan::{self, ScanFilm};
use super::sink::Sink;
use super::sound::{self, EncodeSound};
use super::still::Printed;
use super::stills::Stills;
use super::storyboard;
use super::texts::{self, ReadTexts};
use super::waveform::{self, DrawSound, Drawn};
use super::wished::{self, PictureAt};
use crate::jail;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Work {
    /// What is in a file.
    Probe,
    Scan(ScanFilm),
    Picture(EncodePicture),
    Copy(CopyPicture),
    Sound(EncodeSound),
    Texts(ReadTexts),
    Poster(Stills),
    PictureAt(PictureAt),
    /// A poster of a picture that was sent.
    OwnPicture,
    DrawSound(DrawSound),
    Storyboard(Stills),
}

/// What came of it beside what went to the sink.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Done {
    Probe(Box<Probe>),
    /// What could not be divided.
    Scanned(Option<Rest>),
    /// Of picture or sound, encoded or copied.
    Encoded(Outcome),
    /// Of each stream that was asked for.
    Texts(Vec<Vec<Cue>>),
    /// None if there is nothing to make it of.
    Poster(Option<Printed>),
    Drawn(Drawn),
    /// What is on the sheets, if there are any.
    Storyboard(Option<Layout>),
}

/// Does it, on this thread and some of its own. Blocks until all is delivered to the sink, or nothing more will be.
pub fn perform(work: &Work, input: Box<dyn Input>, sink: &mut dyn Sink) -> Result<Done, Error> {
    match work {
        Work::Probe => probe(input).map(Box::new).map(Done::Probe),
        Work::Scan(work) => scan::scan(input, work, sink).map(Done::Scanned),
        Work::Picture(work) => picture::encode(input, work, sink).map(Done::Encoded),
        Work::Copy(work) => copy::picture(input, work, sink).map(Done::Encoded),
        Work::Sound(work) if work.plan.copy => copy::sound(input, work, sink).map(Done::Encoded),
        Work::Sound(work) => sound::encode(input, work, sink).map(Done::Encoded),
        Work::Texts(work) => texts::read(input, work, sink).map(Done::Texts),
        Work::Poster(work) => poster::choose(input, work, sink).map(Done::Poster),
        Work::PictureAt(work) => wished::at(input, work, sink).map(Done::Poster),
        Work::OwnPicture => wished::picture(input, sink).map(Done::Poster),
        Work::DrawSound(work) => waveform::draw(input, work, sink).map(Done::Drawn),
        Work::Storyboard(work) => storyboard::make(input, work, sink).map(Done::Storyboard),
    }
}

impl jail::Work for Work {
    type Done = Done;

    fn perform(&self, input: Box<dyn Input>, sink: &mut dyn Sink) -> Result<Done, Error> {
        perform(self, input, sink)
    }
}
