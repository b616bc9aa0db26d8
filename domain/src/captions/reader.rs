//! Cues out of lines, by whatever habits they were written.

use super::{Cue, File, Format, MOST_CHARS, MOST_CUES, Note, Trouble, Unreadable, foreign, settings, times, words};

/// Reads what a file says.
pub fn read(text: &str) -> Result<File, Unreadable> {
    // Some programs write line ends twice; what else has no ink is of no use on a screen.
    let text = text.trim_start_matches('\u{feff}').replace("\r\r\n", "\n").replace("\r\n", "\n").replace('\r', "\n");
    if text.trim().is_empty() {
        return Err(Unreadable::Empty);
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let is_webvtt =
        text.strip_prefix("WEBVTT").is_some_and(|rest| rest.starts_with([' ', '\t', '\n']) || rest.is_empty());
    let format = if is_webvtt { Format::WebVtt } else { Format::Srt };
    let mut reader = Reader { lines: &lines, format, cues: Vec::new(), notes: Vec::new(), timed: 0 };
    reader.read()?;
    let Reader { mut cues, notes, timed, .. } = reader;
    if cues.is_empty() {
        return Err(match notes.into_iter().find(|note| matches!(note.trouble, Trouble::Times(_))) {
            Some(Note { line, trouble: Trouble::Times(text) }) if timed == 0 => Unreadable::Times { line, text },
            _ if timed > 0 => Unreadable::NoWords,
            _ => foreign::of_text(&text).map_or(Unreadable::NoTimes, Unreadable::Foreign),
        });
    }
    cues.sort_by_key(|cue| (cue.start_ms, cue.end_ms));
    Ok(File { format, cues, notes })
}

struct Reader<'a> {
    lines: &'a [&'a str],
    format: Format,
    cues: Vec<Cue>,
    notes: Vec<Note>,
    /// Lines of times that could be read.
    timed: usize,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), Unreadable> {
        let mut at = 0;
        let mut begins = true;
        while let Some(line) = self.lines.get(at) {
            if times::is_timed(line) {
                at = self.cue(at);
                begins = true;
                if self.cues.len() > MOST_CUES {
                    return Err(Unreadable::TooMany);
                }
                continue;
            }
            if begins && self.is_stray(at) {
                self.note(at, Trouble::Stray);
            }
            begins = line.trim().is_empty();
            at += 1;
        }
        Ok(())
    }

    fn note(&mut self, at: usize, trouble: Trouble) {
        self.notes.push(Note { line: at + 1, trouble });
    }

    /// Reads the cue whose times stand in line `at`. Returns where it ends.
    fn cue(&mut self, at: usize) -> usize {
        let lines = &self.lines[at + 1..];
        // WebVTT's words end with an empty line. SRT's go on to the next times, whatever is between.
        let is_end = |line: &&str| times::is_timed(line) || (self.format == Format::WebVtt && line.trim().is_empty());
        let count = lines.iter().position(is_end).unwrap_or(lines.len());
        let end = at + 1 + count;
        let timed_next = lines.get(count).is_some_and(|line| times::is_timed(line));
        let is_number = |line: &str| !line.trim().is_empty() && line.trim().bytes().all(|b| b.is_ascii_digit());
        // The number of the next one.
        let numbered = timed_next && count > 0 && is_number(lines[count - 1]);
        let said = &lines[..count - usize::from(numbered)];
        let Some(times::Times { start_ms, end_ms, rest }) = times::read(self.lines[at]) else {
            self.note(at, Trouble::Times(self.lines[at].trim().chars().take(60).collect()));
            return end;
        };
        self.timed += 1;
        if end_ms <= start_ms {
            self.note(at, Trouble::EndsFirst);
            return end;
        }
        let mut said = said.join("\n");
        if let Some((length, _)) = said.char_indices().nth(MOST_CHARS) {
            said.truncate(length);
            self.note(at, Trouble::TooLong);
        }
        let words::Words { text, place } = words::read(&said);
        if !text.is_empty() {
            let settings = settings::read(rest, place);
            self.cues.push(Cue { start_ms: start_ms.max(0), end_ms, settings, text });
        }
        end
    }

    /// Whether a block of WebVTT begins here that is neither a cue nor anything else that it knows. SRT has none: before
    /// its first times there is nothing that was ever said.
    fn is_stray(&self, at: usize) -> bool {
        let line = self.lines[at].trim();
        let is_timed = |at: usize| self.lines.get(at).is_some_and(|line| times::is_timed(line));
        let is_known = ["WEBVTT", "NOTE", "STYLE", "REGION"].iter().any(|word| line.starts_with(word));
        self.format == Format::WebVtt && !line.is_empty() && !is_known && !is_timed(at + 1)
    }
}
