//! Captions that somebody brings as a file of SRT or WebVTT (W3C), read as tolerantly as players read them. What is kept
//! of them is written anew, so that nothing is ever served as it came.

mod foreign;
mod reader;
mod settings;
mod times;
mod words;

use crate::id::CaptionsId;
use crate::text::InvalidText;
use crate::webvtt;
use serde::{Deserialize, Serialize};
use std::fmt;

pub use foreign::of_bytes as foreign;
pub use reader::read;
pub use words::plain;

/// Bytes of a file at most. Those of a feature film have 100 kB.
pub const MOST_BYTES: usize = 1 << 20;
/// Cues of a file at most: those of a day.
pub const MOST_CUES: usize = 20_000;
/// Captions of a film at most.
pub const MOST_LANGUAGES: usize = 100;
/// Characters of a cue at most, ten times what a screen has room for. What is behind them is left out.
const MOST_CHARS: usize = 2_000;
/// What a preview tells of what is wrong; of what else there is, only how much.
const MOST_NOTES: usize = 8;

/// Words that are shown for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// From the film's beginning.
    pub start_ms: i64,
    pub end_ms: i64,
    /// Where on the screen, as WebVTT has it; mostly empty.
    pub settings: String,
    /// As WebVTT has it: lines, tags, and everything else escaped.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Srt,
    WebVtt,
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Format::Srt => "SRT",
            Format::WebVtt => "WebVTT",
        }
    }
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub format: Format,
    /// By their beginnings; at least one.
    pub cues: Vec<Cue>,
    /// What of it was left out.
    pub notes: Vec<Note>,
}

/// Something of a file that was left out. `Display` is for whoever brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// From 1 on.
    pub line: usize,
    pub trouble: Trouble,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Its times can't be read.
    Times(String),
    EndsFirst,
    /// Words behind an empty line, of which nobody knows when they are said.
    Stray,
    TooLong,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        match &self.trouble {
            Trouble::Times(text) => {
                write!(f, "Line {line}: the times “{text}” can't be read. This caption is left out.")
            }
            Trouble::EndsFirst => write!(f, "Line {line}: this caption ends before it begins. It is left out."),
            Trouble::Stray => write!(f, "Line {line}: there are no times for these words. They are left out."),
            Trouble::TooLong => {
                write!(f, "Line {line}: only the first {MOST_CHARS} characters of this caption are kept.")
            }
        }
    }
}

/// A few of them as they are read to people, and how many more there are.
pub fn told(notes: &[Note]) -> Vec<String> {
    let more = notes.len().saturating_sub(MOST_NOTES);
    let more = (more > 0).then(|| format!("And {more} more like these."));
    notes.iter().take(MOST_NOTES).map(Note::to_string).chain(more).collect()
}

/// Why a file can't be used. `Display` is for whoever brought it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("This file is empty.")]
    Empty,
    #[error("This is {0}. Captions are read from SRT and WebVTT files: save them as one of these and add that.")]
    Foreign(&'static str),
    #[error("This is no text that can be read. Captions are read from SRT and WebVTT files.")]
    NotText,
    #[error("There are no captions in this file: no line has times such as 00:01:02,500 --> 00:01:04,000.")]
    NoTimes,
    #[error("The times in line {line} can't be read: “{text}”. They look like 00:01:02,500 --> 00:01:04,000.")]
    Times { line: usize, text: String },
    #[error("The captions in this file have times, but no words.")]
    NoWords,
    #[error("This file has more than {MOST_CUES} captions.")]
    TooMany,
}

impl Unreadable {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Unreadable::Empty => "captions_empty",
            Unreadable::TooMany => "captions_too_many",
            _ => "captions_unreadable",
        }
    }
}

/// What captions are called in a player's menu: 1 to 80 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(String);

impl Label {
    pub const MAX_CHARS: usize = 80;

    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let what = "The name";
        let text = text.trim();
        let len = text.chars().count();
        if text.is_empty() {
            return Err(InvalidText::Blank { what });
        }
        if len > Self::MAX_CHARS {
            return Err(InvalidText::TooLong { what, max: Self::MAX_CHARS, len });
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidText::Control { what });
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where captions come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CaptionsSource))]
pub enum Source {
    /// They were in the film's file.
    Film,
    /// Its owner added them.
    Added,
}

/// Captions as a film's owner sees them in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Captions))]
pub struct Listed {
    /// The rendition's, as in the playlists.
    pub name: String,
    /// BCP 47; a film may not tell it of its own.
    pub language: Option<String>,
    pub label: String,
    pub source: Source,
    /// How many there are, if that is known.
    pub cues: Option<u32>,
}

/// What brings captions back that were deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    pub label: String,
    pub object: CaptionsId,
}

/// What captions say and when, to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CaptionsPreview))]
pub struct Preview {
    /// How the file was read, such as "SRT, windows-1251"; None of what is stored.
    pub read_as: Option<String>,
    /// Of all cues.
    pub count: u32,
    /// The first of them.
    pub cues: Vec<Line>,
    /// What was left out, and what looks wrong, in words.
    pub notes: Vec<String>,
}

/// A cue's words without tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CaptionsLine))]
pub struct Line {
    pub start_ms: i64,
    pub end_ms: i64,
    pub text: String,
}

impl From<&Cue> for Line {
    fn from(cue: &Cue) -> Self {
        Self { start_ms: cue.start_ms, end_ms: cue.end_ms, text: plain(&cue.text) }
    }
}

/// As a file that players get. The second line says that its times are the media's, which begin at 0 (RFC 8216, 3.5).
pub fn write(cues: &[Cue]) -> String {
    let mut text = webvtt::subtitles(&[]);
    for cue in cues {
        webvtt::write_placed(&mut text, cue.start_ms, cue.end_ms, &cue.settings, &cue.text);
    }
    text
}

#[cfg(test)]
mod tests;
