//! What somebody looks for.

/// A search as typed, trimmed, with single blanks, at most 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery(String);

impl SearchQuery {
    pub const MAX_CHARS: usize = 200;

    /// None if nothing is left to look for: an empty query means the newest films.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> =
            text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
        let query: String = words.join(" ").chars().take(Self::MAX_CHARS).collect();
        (!query.is_empty()).then_some(Self(query))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A number that a cursor carries, so that it is of no use with another query (FNV-1a).
    pub fn fingerprint(&self) -> u32 {
        self.0.bytes().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }
}

#[cfg(test)]
mod tests {
    use super::SearchQuery;

    #[test]
    fn blanks_are_nothing_to_look_for() {
        assert_eq!(SearchQuery::parse(" \t\n"), None);
        assert_eq!(SearchQuery::parse("  a \n b ").unwrap().as_str(), "a b");
        assert_eq!(SearchQuery::parse(&"ж".repeat(500)).unwrap().as_str().chars().count(), 200);
    }
}
