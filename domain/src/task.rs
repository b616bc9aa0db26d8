//! Work as rows.

use std::str::FromStr;

/// A task that went wrong this often is dead.
pub const MAX_FAILURES: i32 = 5;
/// A task that so many workers fell silent with is dead. Each may have been killed by the machine, which is no failure
/// of the task; but a film that kills whatever reads it must not go round for ever.
pub const MAX_LAPSES: i32 = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Make a build of an original.
    Transcode,
    /// Delete what a deleted film left in S3.
    DeleteVideo,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Transcode => "transcode",
            Kind::DeleteVideo => "delete_video",
        }
    }
}

impl FromStr for Kind {
    type Err = crate::video::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "transcode" => Ok(Kind::Transcode),
            "delete_video" => Ok(Kind::DeleteVideo),
            _ => Err(crate::video::UnknownWord { what: "The task's kind", expected: "transcode, delete_video" }),
        }
    }
}
