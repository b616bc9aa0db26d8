//! Ids. The ones that stand in URLs are twelve characters of base 62, 71 bits: short, and not to be guessed.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Characters in every public id.
pub const ID_LEN: usize = 12;

/// What was given is not an id: wrong length, or a character outside base 62.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a valid id")]
pub struct InvalidId;

fn encode(mut n: u128) -> String {
    let mut id = String::with_capacity(ID_LEN);
    for _ in 0..ID_LEN {
        id.push(ALPHABET[(n % 62) as usize] as char);
        n /= 62;
    }
    id
}

macro_rules! public_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[0-9A-Za-z]{12}$", examples("4fQ2mZx91LbK")))]
        pub struct $name(String);

        impl $name {
            /// Makes an id out of 16 random bytes; the caller brings the randomness.
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(encode(u128::from_le_bytes(bytes)))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid = text.len() == ID_LEN && text.bytes().all(|b| b.is_ascii_alphanumeric());
                if valid { Ok(Self(text.to_owned())) } else { Err(InvalidId) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

public_id!(
    /// A person with an account.
    UserId
);
public_id!(
    /// A film, from the moment its upload begins.
    VideoId
);
public_id!(
    /// An upload session.
    UploadId
);
public_id!(
    /// Captions as they were added or replaced once: an object.
    CaptionsId
);
public_id!(
    /// One processing of one original by one ladder and one engine version.
    BuildId
);

public_id!(
    /// What opens a film that isn't for everybody: its password's, or a share link's.
    KeyId
);

public_id!(
    /// A token of a script, or what the tokens of one sign-in have in common.
    TokenId
);
public_id!(
    /// An invitation to make an account.
    InvitationId
);
public_id!(
    /// A passkey of somebody's account.
    PasskeyId
);

/// A row of `tasks`. Never leaves the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaskId(pub i64);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_random_id_can_be_read_back(bytes: [u8; 16]) {
            let id = VideoId::from_random(bytes);
            prop_assert_eq!(id.as_str().parse::<VideoId>(), Ok(id.clone()));
        }
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in ["", "short", "has a blank!", "../../../etc", "0123456789abc", "ÄÄÄÄÄÄ"] {
            assert_eq!(text.parse::<VideoId>(), Err(InvalidId), "{text:?}");
        }
    }
}
