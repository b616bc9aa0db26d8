//! A film's states, visibility, and what its owner is told about it.

use crate::id::{UserId, VideoId};
use crate::playlist::{AUDIO, is_audio};
use crate::poster::{Choice, Poster};
use crate::time::UnixMillis;
use crate::webvtt::Chapter;
use crate::within::within;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A word that is none of those expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is one of {expected}.")]
pub struct UnknownWord {
    pub what: &'static str,
    pub expected: &'static str,
}

/// Who can see a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Visibility {
    /// Everybody; stands in lists and search.
    Public,
    /// Everybody who has the link.
    Unlisted,
    /// Everybody who has the link and knows the password.
    Password,
    /// Its owner, and whom he gives a share link.
    Private,
}

impl Visibility {
    pub const ALL: [Visibility; 4] =
        [Visibility::Public, Visibility::Unlisted, Visibility::Password, Visibility::Private];
    /// What a film can be from its first moment on: a password is given to one that is there.
    pub const AT_FIRST: [Visibility; 3] = [Visibility::Public, Visibility::Unlisted, Visibility::Private];

    pub fn as_str(self) -> &'static str {
        match self {
            Visibility::Public => "public",
            Visibility::Unlisted => "unlisted",
            Visibility::Password => "password",
            Visibility::Private => "private",
        }
    }
}

impl FromStr for Visibility {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|v| v.as_str() == text)
            .ok_or(UnknownWord { what: "The visibility", expected: "public, unlisted, password, private" })
    }
}

/// Where a film is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = VideoState))]
pub enum State {
    Uploading,
    Queued,
    Processing,
    Ready,
    Failed,
}

impl State {
    pub const ALL: [State; 5] = [State::Uploading, State::Queued, State::Processing, State::Ready, State::Failed];

    pub fn as_str(self) -> &'static str {
        match self {
            State::Uploading => "uploading",
            State::Queued => "queued",
            State::Processing => "processing",
            State::Ready => "ready",
            State::Failed => "failed",
        }
    }

    /// Whether a film may go from here to `next`. A retry brings a failed film back to the queue.
    pub fn may_become(self, next: State) -> bool {
        use State::{Failed, Processing, Queued, Ready, Uploading};
        matches!(
            (self, next),
            (Uploading, Queued | Failed)
                | (Queued, Processing | Failed)
                | (Processing, Ready | Failed | Queued)
                | (Failed, Queued)
        )
    }

    /// Nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        matches!(self, State::Ready | State::Failed)
    }
}

impl FromStr for State {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let expected = "uploading, queued, processing, ready, failed";
        Self::ALL.into_iter().find(|s| s.as_str() == text).ok_or(UnknownWord { what: "The state", expected })
    }
}

/// Whole per cent of a share from 0 to 1, for people: it says 100 when all is done and no sooner.
pub fn percent(share: f64) -> u32 {
    (within(0.0, share, 1.0) * 100.0) as u32
}

/// Something the owner should know about a film that came out nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Notice {
    /// The file ends before its film does.
    CutOff,
    /// Some of it could not be decoded.
    Damaged,
    /// It has a sound track, and nothing can be heard on it.
    Silent,
    /// Something of it could not be processed, again and again.
    GivenUp,
    /// It is made anew, and plays as it was until then.
    Remaking,
    /// It was to be made anew, which came to nothing.
    NotRemade,
}

impl Notice {
    pub fn message(self) -> &'static str {
        match self {
            Notice::CutOff => "The file ends before the film does. What was there is published.",
            Notice::Damaged => "Parts of the file are damaged. What could be decoded is published.",
            Notice::Silent => "The film has a sound track, but nothing can be heard on it.",
            Notice::GivenUp => {
                "A part of this film could not be processed. What could be is published; you can process it again."
            }
            Notice::Remaking => "This film is being processed again. Until that is done it plays as it was.",
            Notice::NotRemade => "This film could not be processed again, so it plays as it was.",
        }
    }
}

/// A film as a visitor of its page sees it, and as the REST API tells it. What only the owner may know is empty for others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Video {
    pub id: VideoId,
    pub title: String,
    pub description: String,
    pub owner: Owner,
    pub visibility: Visibility,
    pub state: State,
    /// Share of the film that is processed, 0 to 1.
    pub progress: f64,
    /// Until all of it is processed, guessed from how it went so far.
    pub eta_seconds: Option<u64>,
    pub watchable: bool,
    /// What it is or will be played in, smallest picture first, the sound last; empty before it can be watched.
    pub renditions: Vec<Published>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    pub notices: Vec<Notice>,
    /// How it is made and why so, in words for its owner.
    pub details: Vec<String>,
    pub chapters: Vec<Chapter>,
    /// What became of the poster that its owner asked for last; None if it is chosen automatically, and for all but the owner.
    pub poster_choice: Option<Choice>,
    pub duration_ms: Option<i64>,
    /// Pixels, of the picture as it is shown.
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub created_at: UnixMillis,
    pub published_at: Option<UnixMillis>,
    pub playback: Option<Playback>,
    pub views: u64,
    /// Where whoever asks stopped watching it, from its beginning.
    pub position_ms: Option<i64>,
    /// Whether its owner lets others have the original.
    pub downloadable: bool,
    /// Whether whoever asks owns it.
    pub mine: bool,
    /// Raised by whatever its owner changes; for the server alone.
    #[serde(skip)]
    pub version: i64,
}

/// How far a rendition is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Published {
    /// `1080p`, `audio`.
    pub name: String,
    /// Of sound, RFC 5646.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Of sound: what it is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// From the film's beginning.
    pub published_ms: i64,
}

impl Video {
    /// How much of the film can be watched, from its beginning: as far as sound and some picture are there.
    pub fn published_ms(&self) -> i64 {
        let (sound, picture): (Vec<_>, Vec<_>) = self.renditions.iter().partition(|r| is_audio(&r.name));
        let end = |of: Vec<&Published>| of.into_iter().map(|r| r.published_ms).max();
        // What is heard unless something else is chosen.
        let sound: Vec<_> = sound.into_iter().filter(|r| r.name == AUDIO).collect();
        match (end(sound), end(picture)) {
            (Some(sound), Some(picture)) => sound.min(picture),
            (sound, picture) => sound.or(picture).unwrap_or(0),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub id: UserId,
    pub username: String,
}

/// Paths from the site's root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playback {
    /// The master playlist.
    pub hls: String,
    /// The manifest; None until the film is ready.
    pub dash: Option<String>,
    /// WebVTT; None for a film without chapters.
    pub chapters: Option<String>,
    /// None until it is made, unless its owner chose one.
    pub poster: Option<Poster>,
    /// WebVTT; None for an audio film, and until it is made.
    pub storyboard: Option<String>,
    /// JSON, [`crate::waveform::Waveform`]; None for a film with a picture, and until it is made.
    pub waveform: Option<String>,
}

/// A film in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub id: VideoId,
    pub title: String,
    pub owner: String,
    pub poster: Option<Poster>,
    pub duration_ms: Option<i64>,
    pub visibility: Visibility,
    pub state: State,
    pub progress: f64,
    pub failure: Option<String>,
    pub notices: Vec<Notice>,
    pub description: String,
    pub created_at: UnixMillis,
    pub published_at: Option<UnixMillis>,
    pub views: u64,
    pub downloadable: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_can_be_read_back() {
        for v in Visibility::ALL {
            assert_eq!(v.as_str().parse(), Ok(v));
        }
        for s in State::ALL {
            assert_eq!(s.as_str().parse(), Ok(s));
        }
        assert!("Public".parse::<Visibility>().is_err());
    }

    #[test]
    fn a_ready_film_stays_ready() {
        for next in State::ALL {
            assert!(!State::Ready.may_become(next));
        }
        assert!(State::Failed.may_become(State::Queued));
        assert!(!State::Uploading.may_become(State::Ready));
    }
}
