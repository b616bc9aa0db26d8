//! Personal access tokens: what a person gives to a script.

use crate::actor::Scope;
use crate::id::TokenId;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// What is known of a token once it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_at: UnixMillis,
    pub expires_at: Option<UnixMillis>,
    pub last_used_at: Option<UnixMillis>,
    pub expired: bool,
}

/// A token that was just made: the only time that it is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    pub token: Token,
    pub secret: String,
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken").field("token", &self.token).finish_non_exhaustive()
    }
}

/// What a token is called: 1 to 100 characters in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    pub const MAX_CHARS: usize = 100;

    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = (1..=Self::MAX_CHARS).contains(&text.chars().count());
        (fits && !text.chars().any(char::is_control)).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn a_name_is_a_line() {
        assert_eq!(Name::parse(" backup \t").unwrap().as_str(), "backup");
        for bad in ["", " ", "two\nlines", "nul\0", &"x".repeat(101)] {
            assert_eq!(Name::parse(bad), None, "{bad:?}");
        }
    }
}
