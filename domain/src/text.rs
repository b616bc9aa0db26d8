//! Text that people type, parsed once at the edge: titles and descriptions of films.

use serde::{Deserialize, Serialize};

/// Why a text was refused. `Display` is what the person reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    #[error("{what} can't be empty.")]
    Blank { what: &'static str },
    #[error("{what} can have {max} characters at most; this has {len}.")]
    TooLong { what: &'static str, max: usize, len: usize },
    #[error("{what} contains a character that can't be shown.")]
    Control { what: &'static str },
}

/// A film's title: 1 to 200 characters once trimmed, on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Title(String);

impl Title {
    pub const MAX_CHARS: usize = 200;

    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let what = "The title";
        let text = text.trim();
        if text.chars().all(is_invisible) {
            return Err(InvalidText::Blank { what });
        }
        let len = text.chars().count();
        if len > Self::MAX_CHARS {
            return Err(InvalidText::TooLong { what, max: Self::MAX_CHARS, len });
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidText::Control { what });
        }
        Ok(Self(text.to_owned()))
    }

    /// A title out of a file's name: without its folder and extension, `_` as blanks, cut to the longest allowed.
    pub fn from_file_name(name: &str) -> Self {
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let text: String = stem.replace('_', " ").chars().filter(|c| !c.is_control()).take(Self::MAX_CHARS).collect();
        Self::parse(&text).unwrap_or_else(|_| Self("Untitled film".to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A film's description: up to 5,000 characters, lines kept; may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Description(String);

impl Description {
    pub const MAX_CHARS: usize = 5_000;

    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let what = "The description";
        let text = text.trim();
        let len = text.chars().count();
        if len > Self::MAX_CHARS {
            return Err(InvalidText::TooLong { what, max: Self::MAX_CHARS, len });
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(InvalidText::Control { what });
        }
        Ok(Self(text.replace("\r\n", "\n")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// White space and the marks that have no ink of their own (zero-width blanks, direction marks).
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_and_right_to_left_titles_are_kept() {
        for text in ["🎬 Été", "فيلم قصير", "日本の映画"] {
            assert_eq!(Title::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn blank_and_endless_titles_are_refused() {
        assert!(matches!(Title::parse(" \t "), Err(InvalidText::Blank { .. })));
        assert!(matches!(Title::parse("\u{200B}\u{200E}"), Err(InvalidText::Blank { .. })));
        assert!(matches!(Title::parse(&"x".repeat(10_000)), Err(InvalidText::TooLong { len: 10_000, .. })));
        assert!(matches!(Title::parse("a\u{0}b"), Err(InvalidText::Control { .. })));
    }

    #[test]
    fn a_file_name_becomes_a_title() {
        assert_eq!(Title::from_file_name("C:\\films\\my_first film.final.mp4").as_str(), "my first film.final");
        assert_eq!(Title::from_file_name(".mp4").as_str(), "Untitled film");
        assert_eq!(Title::from_file_name(&"é".repeat(400)).as_str().chars().count(), 200);
    }
}
