//! What an account is made of, parsed once.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why an account's field was refused. `Display` is what the person reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAccount {
    #[error("A username has 3 to 30 letters, digits, dots, dashes or underscores, and begins with a letter or digit.")]
    Username,
    #[error("This doesn't look like an e-mail address.")]
    Email,
    #[error("A password has at least {} characters.", Password::MIN_CHARS)]
    PasswordShort,
    #[error("A password has at most {} bytes.", Password::MAX_BYTES)]
    PasswordLong,
}

/// A name that others see: ASCII, 3 to 30 characters; two names that differ in case alone are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Username(String);

impl Username {
    pub fn parse(text: &str) -> Result<Self, InvalidAccount> {
        let text = text.trim();
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        let rest = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        if first && rest && (3..=30).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAccount::Username)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address that has the shape of one; whether it exists only a letter to it can tell. Kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    pub fn parse(text: &str) -> Result<Self, InvalidAccount> {
        let text = text.trim();
        let shape = text.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && !host.contains('@')
                && host.contains('.')
                && host.split('.').all(|part| !part.is_empty())
        });
        let clean = !text.chars().any(|c| c.is_whitespace() || c.is_control());
        if shape && clean && text.len() <= 254 { Ok(Self(text.to_lowercase())) } else { Err(InvalidAccount::Email) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password as typed. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    pub const MIN_CHARS: usize = 8;
    pub const MAX_BYTES: usize = 1024;

    pub fn parse(text: &str) -> Result<Self, InvalidAccount> {
        if text.chars().count() < Self::MIN_CHARS {
            return Err(InvalidAccount::PasswordShort);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidAccount::PasswordLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The bytes to hash. Nothing else may want them.
    pub fn reveal(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What opening a link about an address led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Confirmed {
    /// The address is the account's, for good.
    Verified { email: String },
    /// It is to become the account's, and the other address has to say yes, too.
    Half { email: String },
    /// It has become the account's.
    Changed { email: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_short_and_plain() {
        assert!(Username::parse("ada.l-1_x").is_ok());
        for bad in ["ab", "-ada", "ada lovelace", "адa", &"x".repeat(31), ""] {
            assert_eq!(Username::parse(bad), Err(InvalidAccount::Username), "{bad:?}");
        }
    }

    #[test]
    fn addresses_have_a_shape_and_no_case() {
        assert_eq!(Email::parse(" Ada@Example.ORG ").unwrap().as_str(), "ada@example.org");
        for bad in ["ada", "@example.org", "ada@", "ada@host", "a@b@c.d", "a b@c.d", "a@b..c"] {
            assert_eq!(Email::parse(bad), Err(InvalidAccount::Email), "{bad:?}");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let password = Password::parse("correct horse").unwrap();
        assert!(!format!("{password:?}").contains("horse"));
        assert_eq!(Password::parse("short").err(), Some(InvalidAccount::PasswordShort));
    }
}
