//! What can go wrong with a film, sorted by who can do something about it.

use std::borrow::Cow;
use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use crate::jail;

/// Whose fault it was decides what happens next: the owner is told, the task is tried again, or nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file's fault. Trying again gives the same; its owner reads the reason.
    #[error("{0}")]
    Unplayable(Reason),
    /// The storage behind the [`Input`](super::Input) failed: worth another try.
    #[error("reading the source failed")]
    Input(#[source] io::Error),
    /// The sink asked to stop.
    #[error("stopped on request")]
    Stopped,
    /// The engine's own fault.
    #[error("{what} failed")]
    Internal { what: Cow<'static, str>, source: ffmpeg_next::Error },
    /// Its process did not end well: worth another try.
    #[error("the process that worked on it ended badly")]
    Jail(#[source] jail::Fault),
}

/// Why a file can't be played, in words for its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    NotAFilm,
    NothingToDecode,
    TooLarge,
    /// Not the file's fault: it can't be copied after all, and has to be encoded.
    NotAsItIs,
    TooFast,
    TooManyStreams,
    TooLong,
    TooMuchMemory,
    TooMuchWork,
    /// Of what was sent for a poster.
    NotAPicture,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAFilm => {
                "This file is not a film or a sound recording that can be read here, or a part it can't do without is missing."
            }
            Self::NothingToDecode => "This file contains no picture or sound that can be decoded.",
            Self::NotAsItIs => "This film can't be taken as it is.",
            Self::TooLarge => "The picture of this film is larger than 8192 by 8192 pixels.",
            Self::TooFast => "This film claims to have more than 100,000 pictures a second.",
            Self::TooManyStreams => "This file holds more than 100 pictures, sounds and subtitles side by side.",
            Self::NotAPicture => "This file isn't a JPEG, PNG or WebP picture that can be read here.",
            Self::TooLong => "This film is longer than 24 hours.",
            Self::TooMuchMemory => "This film takes more memory than a film of its size should.",
            Self::TooMuchWork => "This film takes far more work than a film of its length and size should.",
        })
    }
}

pub(super) fn internal(what: &'static str) -> impl FnOnce(ffmpeg_next::Error) -> Error {
    move |source| Error::Internal { what: what.into(), source }
}
