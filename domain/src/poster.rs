//! The picture that stands for a film: in several widths, each in two formats, so that a phone loads a small one.

use crate::id::{BuildId, TaskId, VideoId};
use crate::key::MediaKey;
use crate::storyboard::Storyboard;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Pixels. Cards are some 300 wide, on dense screens twice that; a player is as wide as its page.
const WIDTHS: [u32; 3] = [320, 640, 1280];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Format {
    Webp,
    Jpeg,
}

impl Format {
    /// The smaller files first.
    pub const ALL: [Format; 2] = [Format::Webp, Format::Jpeg];

    pub fn ending(self) -> &'static str {
        match self {
            Format::Webp => "webp",
            Format::Jpeg => "jpg",
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Format::Webp => "image/webp",
            Format::Jpeg => "image/jpeg",
        }
    }
}

/// The widths of a poster whose largest is that wide, smallest first.
pub fn widths(largest: u32) -> Vec<u32> {
    // One that is hardly smaller than the next saves nothing.
    WIDTHS.into_iter().filter(|width| width * 5 <= largest * 4).chain([largest]).collect()
}

/// The sizes of a poster for a picture of that size as it is shown, smallest first: even, never larger than the picture,
/// but at least two pixels each way.
pub fn sizes(width: u32, height: u32) -> Vec<(u32, u32)> {
    let even = |side: u32| (side / 2 * 2).max(2);
    let [.., widest] = WIDTHS;
    let largest = even(width.min(widest));
    let high = |of: u32| even((u64::from(height) * u64::from(of) / u64::from(width.max(1))) as u32);
    widths(largest).into_iter().map(|width| (width, high(width))).collect()
}

/// Whose poster it is: of a build, made with it; or of a film, by a task that its owner asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    Build(BuildId),
    Film(VideoId, TaskId),
}

/// A poster that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// That made it, if its owner chose it. None for one that was made with its build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// Of the claim that stored it.
    pub fence: i64,
    /// Of the largest, pixels.
    pub width: u32,
    /// It shows the sound's waveform, and nothing else.
    #[serde(default)]
    pub drawn: bool,
}

impl Stored {
    /// Its files' keys.
    pub fn keys(&self, of: &Of) -> impl Iterator<Item = MediaKey> {
        widths(self.width).into_iter().flat_map(move |width| {
            let (of, fence) = (of.clone(), self.fence);
            Format::ALL.map(|format| MediaKey::Poster { of: of.clone(), fence, width, format })
        })
    }

    /// Whether it has this file.
    pub fn has(&self, fence: i64, width: u32) -> bool {
        self.fence == fence && widths(self.width).contains(&width)
    }

    /// For pages. None if it is neither the film's nor a build's.
    pub fn poster(&self, video: &VideoId, build: Option<&BuildId>) -> Option<Poster> {
        let of = match self.task {
            Some(task) => Of::Film(video.clone(), task),
            None => Of::Build(build?.clone()),
        };
        let key = MediaKey::Poster { of, fence: self.fence, width: self.width, format: Format::Jpeg };
        let path = key.path()?;
        let stem = path.strip_suffix(&format!(".{}.{}", self.width, Format::Jpeg.ending()))?;
        Some(Poster { stem: format!("/m/{stem}"), width: self.width, drawn: self.drawn })
    }
}

/// A poster as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poster {
    /// What the paths of its files begin with, from the site's root.
    pub stem: String,
    /// Of the largest, pixels.
    pub width: u32,
    /// It shows the sound's waveform, and nothing else.
    pub drawn: bool,
}

impl Poster {
    fn file(&self, width: u32, format: Format) -> String {
        format!("{}.{width}.{}", self.stem, format.ending())
    }

    /// Whether it is the one that the film's owner chose.
    pub fn is_chosen(&self) -> bool {
        self.stem.starts_with("/m/posters/")
    }

    /// The path of the largest JPEG: what everything can show.
    pub fn largest(&self) -> String {
        self.file(self.width, Format::Jpeg)
    }

    /// The path of the largest WebP: the same for a page, and half of its weight.
    pub fn for_browsers(&self) -> String {
        self.file(self.width, Format::Webp)
    }

    /// As HTML's `srcset` has it.
    pub fn srcset(&self, format: Format) -> String {
        let mut set = String::new();
        for width in widths(self.width) {
            let comma = if set.is_empty() { "" } else { ", " };
            let _ = write!(set, "{comma}{} {width}w", self.file(width, format));
        }
        set
    }

    /// All its files: width, format, path.
    pub fn files(&self) -> Vec<(u32, Format, String)> {
        let files = |format| widths(self.width).into_iter().map(move |width| (width, format, self.file(width, format)));
        Format::ALL.into_iter().flat_map(files).collect()
    }
}

/// Which picture an owner wants for a poster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Wish {
    /// What the film shows then, milliseconds from its beginning; or, with `key_frame`, the last key frame before: that is
    /// what the storyboard shows.
    At {
        at_ms: i64,
        #[serde(default)]
        key_frame: bool,
    },
    /// A picture that was sent: the id that came with its address.
    Picture { picture: String },
}

/// What became of an owner's last wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Told", into = "Told")]
pub enum Choice {
    /// It is being made; until then the film has the poster it had.
    Pending,
    /// It is the film's poster.
    Chosen,
    /// It came to nothing, for a reason in words for its owner. The film has the poster it had.
    Failed { problem: String },
}

/// A [`Choice`] as JSON has it. Written out, because serde's own way to read an enum by one of its fields is kilobytes of
/// code for the browser.
#[derive(Serialize, Deserialize)]
struct Told {
    state: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Pending,
    Chosen,
    Failed,
}

impl From<Choice> for Told {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Pending => Self { state: Word::Pending, problem: None },
            Choice::Chosen => Self { state: Word::Chosen, problem: None },
            Choice::Failed { problem } => Self { state: Word::Failed, problem: Some(problem) },
        }
    }
}

impl From<Told> for Choice {
    fn from(told: Told) -> Self {
        match told.state {
            Word::Pending => Self::Pending,
            Word::Chosen => Self::Chosen,
            Word::Failed => Self::Failed { problem: told.problem.unwrap_or_default() },
        }
    }
}

/// Bytes of a picture that is sent for a poster.
pub const MOST_BYTES: u64 = 16 << 20;

/// A way to send a picture: to S3, as everything large.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// By which the picture can be wished for once it is there.
    pub picture: String,
    /// Takes one PUT of exactly the bytes that were promised.
    pub url: String,
    /// What has to stand in the PUT's head.
    pub headers: Vec<(String, String)>,
}

/// How the poster of a film stands, and what can be chosen from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    pub poster: Option<Poster>,
    pub choice: Option<Choice>,
    /// Of the build that is watched.
    pub storyboard: Option<(BuildId, Storyboard)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poster_is_never_larger_than_its_picture() {
        for (picture, sizes_of_it) in [
            ((1920, 1080), vec![(320, 180), (640, 360), (1280, 720)]),
            ((3840, 1606), vec![(320, 132), (640, 266), (1280, 534)]),
            ((1280, 720), vec![(320, 180), (640, 360), (1280, 720)]),
            ((854, 480), vec![(320, 178), (640, 358), (854, 480)]),
            ((640, 360), vec![(320, 180), (640, 360)]),
            ((1080, 1920), vec![(320, 568), (640, 1136), (1080, 1920)]),
            ((720, 480), vec![(320, 212), (720, 480)]),
            ((161, 91), vec![(160, 90)]),
            ((1, 1), vec![(2, 2)]),
            ((8192, 16), vec![(320, 2), (640, 2), (1280, 2)]),
        ] {
            assert_eq!(sizes(picture.0, picture.1), sizes_of_it, "{picture:?}");
        }
    }

    #[test]
    fn the_largest_width_tells_the_others() {
        for width in 2..5000 {
            let sizes = sizes(width, 1000);
            let largest = sizes.last().expect("one").0;
            assert_eq!(sizes.iter().map(|size| size.0).collect::<Vec<_>>(), widths(largest));
        }
    }

    #[test]
    fn its_files_are_those_that_are_stored() {
        let (video, build) = (VideoId::from_random([1; 16]), BuildId::from_random([2; 16]));
        for (task, of) in [(None, Of::Build(build.clone())), (Some(TaskId(7)), Of::Film(video.clone(), TaskId(7)))] {
            let stored = Stored { task, fence: 3, width: 640, drawn: false };
            let poster = stored.poster(&video, Some(&build)).expect("a poster");
            let paths: Vec<String> = poster.files().into_iter().map(|(_, _, path)| path).collect();
            let mut keys: Vec<String> = stored.keys(&of).map(|key| format!("/m/{}", key.path().unwrap())).collect();
            keys.sort_by_key(|key| (key.ends_with("jpg"), key.len(), key.clone()));
            assert_eq!(paths, keys);
            assert_eq!(paths.len(), 4);
            assert_eq!(poster.is_chosen(), task.is_some());
            assert!(paths.contains(&poster.largest()));
            assert!(poster.srcset(Format::Webp).ends_with(".640.webp 640w"));
        }
    }

    #[test]
    fn a_choice_is_flat() {
        let failed = Choice::Failed { problem: "No.".to_owned() };
        for (choice, json) in [
            (Choice::Pending, r#"{"state":"pending"}"#),
            (Choice::Chosen, r#"{"state":"chosen"}"#),
            (failed, r#"{"state":"failed","problem":"No."}"#),
        ] {
            assert_eq!(serde_json::to_string(&choice).unwrap(), json);
            assert_eq!(serde_json::from_str::<Choice>(json).unwrap(), choice);
        }
    }

    #[test]
    fn a_wish_says_when_or_what() {
        let read = |text: &str| serde_json::from_str::<Wish>(text).ok();
        assert_eq!(read(r#"{"at_ms":1500}"#), Some(Wish::At { at_ms: 1500, key_frame: false }));
        assert_eq!(read(r#"{"at_ms":1500,"key_frame":true}"#), Some(Wish::At { at_ms: 1500, key_frame: true }));
        assert_eq!(read(r#"{"picture":"x"}"#), Some(Wish::Picture { picture: "x".to_owned() }));
        assert_eq!(read(r#"{"at":1500}"#), None);
    }
}
