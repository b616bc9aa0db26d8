//! WebVTT (W3C): what is said, and where a film's chapters begin.

use crate::id::BuildId;
use crate::playlist::from_root;
use crate::storyboard::Storyboard;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Words that are shown for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cue {
    /// From the film's beginning.
    pub start_ms: i64,
    pub end_ms: i64,
    /// As WebVTT has it: lines, `<i>`, `<b>`, `<u>`, and everything else escaped.
    pub text: String,
}

/// A part of a film that has a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Chapter {
    /// From the film's beginning.
    pub start_ms: i64,
    pub end_ms: i64,
    pub title: String,
}

/// Subtitles as a file. The second line says that their times are the media's, which begin at 0 (RFC 8216, 3.5).
pub fn subtitles(cues: &[Cue]) -> String {
    let mut text = String::from("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n");
    for cue in cues {
        write_cue(&mut text, cue.start_ms, cue.end_ms, &cue.text);
    }
    text
}

/// A track of kind `chapters`.
pub fn chapters(chapters: &[Chapter]) -> String {
    let mut text = String::from("WEBVTT\n");
    for chapter in chapters {
        write_cue(&mut text, chapter.start_ms, chapter.end_ms, &escape(&chapter.title));
    }
    text
}

/// A track of kind `metadata`: which part of which picture shows what is in the film when (Media Fragments URI, 4.2.2).
/// The addresses are relative to `/v/{video}/{build}/storyboard.vtt`.
pub fn storyboard(build: &BuildId, storyboard: &Storyboard) -> String {
    let layout = &storyboard.layout;
    let mut text = String::from("WEBVTT\n");
    for tile in 0..layout.count {
        let start_ms = i64::from(tile) * layout.interval_ms;
        let is_last = tile + 1 == layout.count;
        let end_ms = if is_last { layout.duration_ms.max(start_ms + 1) } else { start_ms + layout.interval_ms };
        let (sheet, x, y) = layout.place(tile);
        let Some(path) = storyboard.key(build, sheet).path() else { continue };
        let place = format!("../../../m/{path}#xywh={x},{y},{},{}", layout.tile_width, layout.tile_height);
        write_cue(&mut text, start_ms, end_ms, &place);
    }
    text
}

/// A picture of the storyboard: a part of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// From the film's beginning.
    pub start_ms: i64,
    /// The sheet's address: absolute, or from the site's root.
    pub sheet: String,
    /// Pixels.
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// Reads what [`storyboard`] writes; what it doesn't understand is passed over.
pub fn tiles(text: &str) -> Vec<Tile> {
    let mut start_ms = None;
    let mut tiles = Vec::new();
    for line in text.lines() {
        if let Some((start, _)) = line.split_once(" --> ") {
            start_ms = read_stamp(start);
        } else if let (Some(start_ms), Some((address, place))) = (start_ms, line.split_once("#xywh=")) {
            let mut numbers = place.split(',').map_while(|number| number.parse().ok());
            if let (Some(x), Some(y), Some(width), Some(height)) =
                (numbers.next(), numbers.next(), numbers.next(), numbers.next())
            {
                tiles.push(Tile { start_ms, sheet: from_root(address), x, y, width, height });
            }
        }
    }
    tiles
}

/// `00:01:02.003`, in milliseconds.
fn read_stamp(text: &str) -> Option<i64> {
    let (clock, ms) = text.trim().split_once('.')?;
    let seconds = clock.split(':').try_fold(0, |sum: i64, part| Some(sum * 60 + part.parse::<i64>().ok()?))?;
    Some(seconds * 1000 + ms.parse::<i64>().ok()?)
}

fn write_cue(text: &mut String, start_ms: i64, end_ms: i64, words: &str) {
    write_placed(text, start_ms, end_ms, "", words);
}

/// A cue with its settings, if it has any.
pub(crate) fn write_placed(text: &mut String, start_ms: i64, end_ms: i64, settings: &str, words: &str) {
    // An empty line ends a cue, and an arrow begins one.
    let lines: Vec<&str> = words.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let blank = if settings.is_empty() { "" } else { " " };
    let (start, end) = (Stamp(start_ms), Stamp(end_ms));
    let _ = write!(text, "\n{start} --> {end}{blank}{settings}\n{}\n", lines.join("\n"));
}

struct Stamp(i64);

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = self.0.max(0);
        write!(f, "{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
    }
}

/// Text as itself.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// From the text of an ASS event (as libav hands out every kind of subtitle): override tags of italics, bold and
/// underline become WebVTT's, all others go; so do drawings.
pub fn from_ass(text: &str) -> String {
    let (mut out, mut open, mut rest, mut draws) = (String::new(), Vec::new(), text, false);
    while let Some(at) = rest.find(['{', '\\']) {
        let (before, special) = rest.split_at(at);
        if !draws {
            out.push_str(&escape(before));
        }
        if let Some((tags, behind)) = special.strip_prefix('{').and_then(|tags| tags.split_once('}')) {
            for tag in tags.split('\\').map(str::trim) {
                match tag {
                    "i1" | "b1" | "u1" => open_tag(&mut out, &mut open, &tag[..1]),
                    "i0" | "b0" | "u0" => close_tag(&mut out, &mut open, &tag[..1]),
                    "p0" => draws = false,
                    _ if tag.strip_prefix('p').is_some_and(|scale| scale.parse::<u8>().is_ok()) => draws = true,
                    _ => {}
                }
            }
            rest = behind;
            continue;
        }
        let mut characters = special.chars();
        let first = characters.next();
        rest = match (first, characters.clone().next()) {
            (Some('\\'), Some('N' | 'n')) => {
                out.push('\n');
                &special[2..]
            }
            (Some('\\'), Some('h')) => {
                out.push(' ');
                &special[2..]
            }
            (Some(first), _) => {
                out.push(first);
                characters.as_str()
            }
            (None, _) => "",
        };
    }
    if !draws {
        out.push_str(&escape(rest));
    }
    while let Some(tag) = open.pop() {
        let _ = write!(out, "</{tag}>");
    }
    out
}

fn open_tag(out: &mut String, open: &mut Vec<String>, tag: &str) {
    if !open.iter().any(|known| known == tag) {
        open.push(tag.to_owned());
        let _ = write!(out, "<{tag}>");
    }
}

/// Closes it, and those inside for as long.
fn close_tag(out: &mut String, open: &mut Vec<String>, tag: &str) {
    let Some(place) = open.iter().position(|known| known == tag) else { return };
    let inside = open.split_off(place + 1);
    for tag in inside.iter().rev() {
        let _ = write!(out, "</{tag}>");
    }
    let _ = write!(out, "</{tag}>");
    open.pop();
    for tag in inside {
        open_tag(out, open, &tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storyboard::Layout;

    #[test]
    fn styles_become_tags_and_everything_else_is_text() {
        for (ass, vtt) in [
            ("Hello", "Hello"),
            (r"{\i1}Ship{\i0} ahoy\NLand & sea", "<i>Ship</i> ahoy\nLand &amp; sea"),
            (r"{\an8\b1\i1}both{\b0}one", "<b><i>both</i></b><i>one</i>"),
            (r"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            (r"{\p1}m 0 0 l 100 0{\p0}words", "words"),
            (r"a \ b {unclosed", "a \\ b {unclosed"),
            (r"one\htwo", "one two"),
        ] {
            assert_eq!(from_ass(ass), vtt, "{ass}");
        }
    }

    #[test]
    fn a_file_of_subtitles() {
        let cue = |start_ms, end_ms, text: &str| Cue { start_ms, end_ms, text: text.to_owned() };
        let cues = [cue(0, 1500, "One\n\nline"), cue(3_723_004, 3_724_000, "<i>later</i>")];
        insta::assert_snapshot!(subtitles(&cues));
    }

    #[test]
    fn a_file_of_pictures_covers_the_whole_film() {
        let mut layout = Layout::of(1080, 1920, Some(53_500));
        // Two rows are enough to see the next sheet.
        layout.rows = 2;
        let build = BuildId::from_random([7; 16]);
        insta::assert_snapshot!(storyboard(&build, &Storyboard { fence: 3, layout }));
    }

    #[test]
    fn a_file_of_pictures_can_be_read_back() {
        let layout = Layout::of(1920, 1080, Some(56_000));
        let build = BuildId::from_random([7; 16]);
        let story = Storyboard { fence: 3, layout };
        let tiles = tiles(&storyboard(&build, &story));
        assert_eq!(tiles.len(), 28);
        let path = |number| format!("/m/{}", story.key(&build, number).path().unwrap());
        let tile = |start_ms, sheet, x, y| Tile { start_ms, sheet: path(sheet), x, y, width: 160, height: 90 };
        assert_eq!((&tiles[6], &tiles[27]), (&tile(12_000, 0, 160, 90), &tile(54_000, 1, 320, 0)));
    }

    #[test]
    fn a_file_of_chapters() {
        let chapter = |start_ms, end_ms, title: &str| Chapter { start_ms, end_ms, title: title.to_owned() };
        insta::assert_snapshot!(chapters(&[chapter(0, 60_000, "Up & away"), chapter(60_000, 90_000, "-->")]));
    }
}
