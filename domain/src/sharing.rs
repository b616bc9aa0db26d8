//! Share links: who has one may watch a film that isn't for everybody, until it expires or is withdrawn.

use crate::id::KeyId;
use crate::time::{UnixMillis, age, span};
use crate::video::UnknownWord;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// For how long a share link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    Hour,
    Day,
    Week,
    Month,
    Forever,
}

impl Lasts {
    pub const ALL: [Lasts; 5] = [Lasts::Hour, Lasts::Day, Lasts::Week, Lasts::Month, Lasts::Forever];

    pub fn as_str(self) -> &'static str {
        match self {
            Lasts::Hour => "1h",
            Lasts::Day => "1d",
            Lasts::Week => "7d",
            Lasts::Month => "30d",
            Lasts::Forever => "never",
        }
    }

    /// None without an end.
    pub fn seconds(self) -> Option<u32> {
        const DAY: u32 = 24 * 3600;
        match self {
            Lasts::Hour => Some(3600),
            Lasts::Day => Some(DAY),
            Lasts::Week => Some(7 * DAY),
            Lasts::Month => Some(30 * DAY),
            Lasts::Forever => None,
        }
    }
}

impl FromStr for Lasts {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let unknown = UnknownWord { what: "When it expires", expected: "1h, 1d, 7d, 30d, never" };
        Self::ALL.into_iter().find(|lasts| lasts.as_str() == text).ok_or(unknown)
    }
}

/// What its owner calls a share link, to know whom it went to. May be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label(String);

impl Label {
    pub const MAX_CHARS: usize = 80;

    /// Control characters are dropped. None if it is too long.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.trim().chars().filter(|c| !c.is_control()).collect();
        (text.chars().count() <= Self::MAX_CHARS).then_some(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A share link as its owner sees it. The secret in its address is shown once, when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub id: KeyId,
    pub label: String,
    pub created_at: UnixMillis,
    pub expires_at: Option<UnixMillis>,
    /// When somebody last came by it, and how often that happened.
    pub last_used_at: Option<UnixMillis>,
    pub uses: i64,
    pub expired: bool,
}

impl Link {
    /// Until when it opens and how it was used, in words: "Expires in 6 days · used 3 times, last 2 hours ago".
    pub fn about(&self, now: UnixMillis) -> String {
        let end = match self.expires_at {
            _ if self.expired => "Expired".to_owned(),
            Some(end) => format!("Expires in {}", span(end.0 - now.0)),
            None => "Never expires".to_owned(),
        };
        let used = match (self.uses, self.last_used_at) {
            (0, _) | (_, None) => "not used yet".to_owned(),
            (1, Some(last)) => format!("used once, {}", age(last, now)),
            (uses, Some(last)) => format!("used {uses} times, last {}", age(last, now)),
        };
        format!("{end} · {used}")
    }
}

/// A film's share links at `now`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    pub links: Vec<Link>,
    pub now: UnixMillis,
}

/// One that was made just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLink {
    pub link: Link,
    /// Whole, to be given on.
    pub url: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_can_be_read_back() {
        for lasts in Lasts::ALL {
            assert_eq!(lasts.as_str().parse(), Ok(lasts));
        }
        assert!("2d".parse::<Lasts>().is_err());
    }

    #[test]
    fn a_link_says_how_it_is() {
        let hour = 3_600_000;
        let now = UnixMillis(1_000 * hour);
        let link = Link {
            id: KeyId::from_random([1; 16]),
            label: String::new(),
            created_at: now,
            expires_at: Some(UnixMillis(now.0 + 24 * 6 * hour - 1)),
            last_used_at: None,
            uses: 0,
            expired: false,
        };
        assert_eq!(link.about(now), "Expires in 6 days · not used yet");
        let used = Link { uses: 3, last_used_at: Some(UnixMillis(now.0 - 2 * hour)), expires_at: None, ..link.clone() };
        assert_eq!(used.about(now), "Never expires · used 3 times, last 2 hours ago");
        let gone = Link { uses: 1, last_used_at: Some(now), expired: true, ..link.clone() };
        assert_eq!(gone.about(now), "Expired · used once, just now");
        let soon = Link { expires_at: Some(UnixMillis(now.0 + hour - 1)), ..link };
        assert_eq!(soon.about(now), "Expires in 60 minutes · not used yet");
    }

    #[test]
    fn labels_are_short() {
        assert_eq!(Label::parse(" For\u{7} Mum ").unwrap().as_str(), "For Mum");
        assert_eq!(Label::parse("").unwrap().as_str(), "");
        assert!(Label::parse(&"x".repeat(81)).is_none());
    }
}
