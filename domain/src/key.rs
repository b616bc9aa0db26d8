//! Every stored object: where it lies, what it is, how long it may be kept. Nowhere else.

use crate::id::{BuildId, CaptionsId, ID_LEN, TaskId, VideoId};
use crate::playlist::is_audio;
use crate::poster::{Format, Of};
use std::fmt;

/// The object of a chunk and rung that its segments are byte ranges of, or a rung's init segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaKey {
    /// What was uploaded.
    Original { video: VideoId },
    /// The segments of one chunk in one rung. `fence` is the claim's that wrote it: objects are never overwritten.
    Chunk { build: BuildId, chunk: u32, fence: i64, rung: String },
    /// The init segment (ISO 14496-12 `ftyp` + `moov`) of a rung. Every chunk's encoder makes the same one, so it is
    /// known by its content: `hash` is [`init_hash`].
    Init { build: BuildId, hash: String, rung: String },
    /// One of a poster's files; `width` in pixels.
    Poster { of: Of, fence: i64, width: u32, format: Format },
    /// What an owner sent to be made a poster of.
    Picture { video: VideoId, id: String },
    /// How loud a film without a picture is when: [`crate::waveform::Waveform`], as JSON.
    Waveform { build: BuildId, fence: i64 },
    /// Pictures of the storyboard.
    Sheet { build: BuildId, number: u32, fence: i64 },
    /// Subtitles, as WebVTT.
    Text { build: BuildId, name: String, fence: i64 },
    /// Captions that an owner added, as WebVTT; others in their place have another id.
    Captions { video: VideoId, id: CaptionsId },
}

impl MediaKey {
    /// What was uploaded of a film lies below this.
    pub fn original_prefix(video: &VideoId) -> String {
        format!("originals/{video}/")
    }

    /// The posters that the owner of a film chose lie below this, and the pictures that were sent for them.
    pub fn posters_prefix(video: &VideoId) -> String {
        format!("posters/{video}/")
    }

    /// The captions that the owner of a film added lie below this.
    pub fn captions_prefix(video: &VideoId) -> String {
        format!("captions/{video}/")
    }

    /// Everything of a build lies below this.
    pub fn build_prefix(build: &BuildId) -> String {
        format!("media/{build}/")
    }

    pub fn content_type(&self) -> &'static str {
        match self {
            MediaKey::Original { .. } | MediaKey::Picture { .. } => "application/octet-stream",
            MediaKey::Chunk { rung, .. } | MediaKey::Init { rung, .. } if is_audio(rung) => "audio/mp4",
            MediaKey::Chunk { .. } | MediaKey::Init { .. } => "video/mp4",
            MediaKey::Poster { format, .. } => format.content_type(),
            MediaKey::Sheet { .. } => "image/jpeg",
            MediaKey::Waveform { .. } => "application/json",
            MediaKey::Text { .. } | MediaKey::Captions { .. } => "text/vtt; charset=utf-8",
        }
    }

    pub fn cache_control(&self) -> &'static str {
        match self {
            MediaKey::Original { .. } | MediaKey::Picture { .. } => "private, no-store",
            _ => "private, max-age=31536000, immutable",
        }
    }

    /// The path below `/m/` by which browsers ask for it, and the inverse of [`MediaKey::from_path`]. None for what was
    /// uploaded, which nobody asks for this way.
    pub fn path(&self) -> Option<String> {
        let key = self.to_string();
        match self {
            MediaKey::Original { .. } | MediaKey::Picture { .. } => None,
            _ => Some(key.strip_prefix("media/").map(str::to_owned).unwrap_or(key)),
        }
    }

    /// Reads what [`fmt::Display`] writes, of everything but originals.
    pub fn from_key(key: &str) -> Option<Self> {
        match key.strip_prefix("posters/") {
            Some(tail) => Self::chosen(tail),
            None if key.starts_with("captions/") => Self::from_path(key),
            None => Self::from_path(key.strip_prefix("media/")?),
        }
    }

    /// Reads `{build}/{chunk}.{fence}/{rung}.m4s`, `{build}/init.{hash}/{rung}.mp4`,
    /// `{build}/poster.{fence}.{width}.webp`, `posters/{video}/{task}.{fence}.{width}.webp`,
    /// `{build}/storyboard0.{fence}.jpg`, `{build}/waveform.{fence}.json`, `{build}/text1.{fence}.vtt` or
    /// `captions/{video}/{id}.vtt`.
    /// The endings are for players that refuse a segment without one: FFmpeg's do.
    pub fn from_path(path: &str) -> Option<Self> {
        if let Some(tail) = path.strip_prefix("posters/") {
            return Self::chosen(tail).filter(|key| key.path().as_deref() == Some(path));
        }
        if let Some(tail) = path.strip_prefix("captions/") {
            let (video, file) = tail.split_once('/')?;
            let (video, id) = (video.parse().ok()?, file.strip_suffix(".vtt")?.parse().ok()?);
            return Some(MediaKey::Captions { video, id });
        }
        let mut parts = path.split('/');
        let build: BuildId = parts.next()?.parse().ok()?;
        let (name, fence) = parts.next()?.split_once('.')?;
        let file = parts.next();
        if parts.next().is_some() {
            return None;
        }
        let key = match (name, file) {
            ("poster", None) => poster(Of::Build(build), fence)?,
            ("waveform", None) => MediaKey::Waveform { build, fence: fence.strip_suffix(".json")?.parse().ok()? },
            (name, None) if name.starts_with("storyboard") => {
                let number = name.strip_prefix("storyboard")?.parse().ok()?;
                MediaKey::Sheet { build, number, fence: fence.strip_suffix(".jpg")?.parse().ok()? }
            }
            (name, None) if name.starts_with("text") => {
                MediaKey::Text { build, name: rung(name, "")?, fence: fence.strip_suffix(".vtt")?.parse().ok()? }
            }
            ("init", Some(file)) => MediaKey::Init { build, hash: hash(fence)?, rung: rung(file, ".mp4")? },
            (chunk, Some(file)) => {
                let (chunk, fence) = (chunk.parse().ok()?, fence.parse().ok()?);
                MediaKey::Chunk { build, chunk, fence, rung: rung(file, ".m4s")? }
            }
            _ => return None,
        };
        // One spelling a key: "+1" and "01" parse as numbers, too.
        (key.path().as_deref() == Some(path)).then_some(key)
    }

    /// Reads `{video}/{task}.{fence}.{width}.webp` or `{video}/picture.{id}`.
    fn chosen(tail: &str) -> Option<Self> {
        let (video, file) = tail.split_once('/')?;
        let video: VideoId = video.parse().ok()?;
        let (task, rest) = file.split_once('.')?;
        let key = match task {
            "picture" => MediaKey::Picture { video, id: picture_id(rest)? },
            task => poster(Of::Film(video, TaskId(task.parse().ok()?)), rest)?,
        };
        // One spelling a key.
        (key.to_string().strip_prefix("posters/") == Some(tail)).then_some(key)
    }

    /// Whom it belongs to: access to it is judged by that.
    pub fn belongs_to(&self) -> Belongs<'_> {
        match self {
            MediaKey::Original { video }
            | MediaKey::Picture { video, .. }
            | MediaKey::Captions { video, .. }
            | MediaKey::Poster { of: Of::Film(video, _), .. } => Belongs::ToFilm(video),
            MediaKey::Chunk { build, .. }
            | MediaKey::Init { build, .. }
            | MediaKey::Poster { of: Of::Build(build), .. }
            | MediaKey::Waveform { build, .. }
            | MediaKey::Sheet { build, .. }
            | MediaKey::Text { build, .. } => Belongs::ToBuild(build),
        }
    }
}

/// See [`MediaKey::belongs_to`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belongs<'a> {
    ToFilm(&'a VideoId),
    ToBuild(&'a BuildId),
}

/// The object's key in the bucket.
impl fmt::Display for MediaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MediaKey::Original { video } => write!(f, "originals/{video}/original"),
            MediaKey::Chunk { build, chunk, fence, rung } => write!(f, "media/{build}/{chunk}.{fence}/{rung}.m4s"),
            MediaKey::Init { build, hash, rung } => write!(f, "media/{build}/init.{hash}/{rung}.mp4"),
            MediaKey::Poster { of, fence, width, format } => {
                let ending = format.ending();
                match of {
                    Of::Build(build) => write!(f, "media/{build}/poster.{fence}.{width}.{ending}"),
                    Of::Film(video, task) => write!(f, "posters/{video}/{task}.{fence}.{width}.{ending}"),
                }
            }
            MediaKey::Picture { video, id } => write!(f, "posters/{video}/picture.{id}"),
            MediaKey::Waveform { build, fence } => write!(f, "media/{build}/waveform.{fence}.json"),
            MediaKey::Sheet { build, number, fence } => write!(f, "media/{build}/storyboard{number}.{fence}.jpg"),
            MediaKey::Text { build, name, fence } => write!(f, "media/{build}/{name}.{fence}.vtt"),
            MediaKey::Captions { video, id } => write!(f, "captions/{video}/{id}.vtt"),
        }
    }
}

/// What an init segment is known by: FNV-1a, 64 bits, of its bytes.
pub fn init_hash(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

fn hash(text: &str) -> Option<String> {
    let valid = text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    valid.then(|| text.to_owned())
}

/// What is behind the fence's dot: `{fence}.{width}.webp`.
fn poster(of: Of, text: &str) -> Option<MediaKey> {
    let mut parts = text.split('.');
    let (fence, width, ending) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    let format = Format::ALL.into_iter().find(|format| format.ending() == ending)?;
    parts.next().is_none().then_some(MediaKey::Poster { of, fence, width, format })
}

/// The id of a picture that was sent, if `text` can be one.
pub fn picture_id(text: &str) -> Option<String> {
    let valid = text.len() == ID_LEN && text.bytes().all(|b| b.is_ascii_alphanumeric());
    valid.then(|| text.to_owned())
}

/// The rung that `file` is of.
fn rung(file: &str, ending: &str) -> Option<String> {
    let text = file.strip_suffix(ending)?;
    let valid = (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    valid.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_can_be_read_back() {
        let build = BuildId::from_random([7; 16]);
        for key in [
            MediaKey::Chunk { build: build.clone(), chunk: 12, fence: 3, rung: "1080p".into() },
            MediaKey::Init { build: build.clone(), hash: init_hash(b"ftyp"), rung: "audio".into() },
            MediaKey::Poster { of: Of::Build(build.clone()), fence: 1, width: 640, format: Format::Webp },
            MediaKey::Poster {
                of: Of::Film(VideoId::from_random([9; 16]), TaskId(12)),
                fence: 2,
                width: 1280,
                format: Format::Jpeg,
            },
            MediaKey::Waveform { build: build.clone(), fence: 4 },
            MediaKey::Sheet { build: build.clone(), number: 11, fence: 2 },
            MediaKey::Text { build: build.clone(), name: "text2".into(), fence: 3 },
            MediaKey::Captions { video: VideoId::from_random([9; 16]), id: CaptionsId::from_random([8; 16]) },
        ] {
            let path = key.path().unwrap();
            assert_eq!(MediaKey::from_path(&path).as_ref(), Some(&key));
            assert_eq!(MediaKey::from_key(&key.to_string()), Some(key));
        }
        let video = VideoId::from_random([1; 16]);
        assert_eq!(MediaKey::Original { video: video.clone() }.path(), None);
        let picture = MediaKey::Picture { video, id: "0123456789ab".into() };
        assert_eq!(picture.path(), None);
        assert_eq!(MediaKey::from_path(&picture.to_string()), None, "nobody asks for what was sent");
        assert_eq!(MediaKey::from_key(&picture.to_string()), Some(picture));
    }

    #[test]
    fn an_original_lies_below_its_prefix() {
        let video = VideoId::from_random([1; 16]);
        let prefix = MediaKey::original_prefix(&video);
        assert!(prefix.ends_with('/') && MediaKey::Original { video }.to_string().starts_with(&prefix));
    }

    #[test]
    fn nothing_else_is_a_path() {
        let build = BuildId::from_random([7; 16]);
        for tail in [
            "",
            "1.1",
            "1.1/../x",
            "1.1/1080p",
            "1.1/1080p.mp4",
            "1.1/1080p.m4s/",
            "+1.1/1080p.m4s",
            "01.1/1080p.m4s",
            "1/1080p.m4s",
            "1.1/1080P.m4s",
            "init.1/1080p.mp4",
            "init.0123456789abcdeF/1080p.mp4",
            "poster.1",
            "poster.1.jpg",
            "poster.1.640.png",
            "poster.1.0640.jpg",
            "poster.1.640.jpg.jpg",
            "waveform.1",
            "waveform.+1.json",
            "storyboard.1.jpg",
            "storyboard01.1.jpg",
            "storyboard1.1.png",
            "text1.1",
            "text1.1.vtt/x",
            "text/1.vtt",
        ] {
            assert_eq!(MediaKey::from_path(&format!("{build}/{tail}")), None, "{tail}");
        }
        assert_eq!(MediaKey::from_path("originals/x"), None);
        let video = VideoId::from_random([9; 16]);
        for tail in ["", "1.1.640", "01.1.640.jpg", "1.1.640.jpg/x", "x.1.640.jpg", "picture.", "picture.0123456789ab"]
        {
            assert_eq!(MediaKey::from_path(&format!("posters/{video}/{tail}")), None, "{tail}");
        }
        for tail in ["", "0123456789ab", "0123456789a.vtt", "0123456789ab.vtt/x", "../0123456789ab.vtt", "x.vtt"] {
            assert_eq!(MediaKey::from_path(&format!("captions/{video}/{tail}")), None, "{tail}");
        }
    }
}
