//! Work as rows.

use std::str::FromStr;

/// A task that went wrong this often is dead.
pub const MAX_FAILURES: i32 = 5;
/// A task that so many workers fell silent with is dead. Each may have been killed by the machine, which is no failure
/// of the task; but a film that kills whatever reads it must not go round for ever.
pub const MAX_LAPSES: i32 = 10;

/// The class of what somebody waits for: plans, and the first seconds of a film.
pub const URGENT: i32 = 0;
pub const USUAL: i32 = 1;
/// The class of what nobody waits for.
pub const LATER: i32 = 2;

/// All of them, the most urgent first.
pub const CLASSES: [i32; 3] = [URGENT, USUAL, LATER];

/// For people: "urgent", "usual" or "later".
pub fn class_name(class: i32) -> &'static str {
    match class {
        ..=URGENT => "urgent",
        USUAL => "usual",
        _ => "later",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Look at an original, and decide what is to be made of it.
    Plan,
    /// Walk through a file without an index, and divide it into chunks on the way.
    Scan,
    /// Encode a chunk of the picture in all its rungs; or all chunks of what can only be read from its beginning.
    Encode,
    /// Take the picture as it is, from beginning to end.
    Copy,
    /// Encode or copy a sound, from beginning to end.
    Sound,
    /// Read the subtitles that come with the film.
    Texts,
    /// Choose a poster.
    Pictures,
    /// Make the poster that the film's owner asks for.
    Poster,
    /// Make small pictures of the whole film.
    Storyboard,
    /// Delete what is stored below a build, or for a film's poster, and of no use to anybody.
    Tidy,
    /// Delete what a deleted film left in S3.
    DeleteVideo,
}

impl Kind {
    pub const ALL: [Kind; 11] = [
        Kind::Plan,
        Kind::Scan,
        Kind::Encode,
        Kind::Copy,
        Kind::Sound,
        Kind::Texts,
        Kind::Pictures,
        Kind::Poster,
        Kind::Storyboard,
        Kind::Tidy,
        Kind::DeleteVideo,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Plan => "plan",
            Kind::Scan => "scan",
            Kind::Encode => "encode",
            Kind::Copy => "copy",
            Kind::Sound => "sound",
            Kind::Texts => "texts",
            Kind::Pictures => "pictures",
            Kind::Poster => "poster",
            Kind::Storyboard => "storyboard",
            Kind::Tidy => "tidy",
            Kind::DeleteVideo => "delete_video",
        }
    }

    /// Whether a build is not finished before it is done.
    pub fn makes_film(self) -> bool {
        matches!(self, Kind::Plan | Kind::Scan | Kind::Encode | Kind::Copy | Kind::Sound | Kind::Texts)
    }

    /// Whether only the engine that began a build may do it.
    pub fn needs_engine(self) -> bool {
        self.makes_film() || matches!(self, Kind::Pictures | Kind::Poster | Kind::Storyboard)
    }
}

impl FromStr for Kind {
    type Err = crate::video::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = crate::video::UnknownWord {
            what: "The task's kind",
            expected: "plan, scan, encode, copy, sound, texts, pictures, poster, storyboard, tidy, delete_video",
        };
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(unknown)
    }
}
