//! How much may be kept.

use crate::time::bytes;
use serde::{Deserialize, Serialize};

/// How much films may take together, and how many they may be. None is without a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quota {
    pub bytes: Option<u64>,
    pub films: Option<u64>,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    pub bytes: u64,
    pub films: u64,
}

/// Why a film was refused that alone isn't too large. `Display` is what the person reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    #[error(
        "This film has {}, and {} are left of what your films may take here. Delete what you don't need, and choose it again.",
        bytes(*.size),
        bytes(*.left)
    )]
    Bytes { size: u64, left: u64 },
    #[error("You have as many films as you may have here. Delete one that you don't need, and choose this one again.")]
    Films,
    #[error("There is no room left on this site at the moment. Ask whoever runs it.")]
    Site,
}

impl Quota {
    pub fn is_unlimited(self) -> bool {
        self == Self::default()
    }

    /// What is left for further films.
    pub fn left(self, used: Used) -> Self {
        Self {
            bytes: self.bytes.map(|bytes| bytes.saturating_sub(used.bytes)),
            films: self.films.map(|films| films.saturating_sub(used.films)),
        }
    }

    /// Whether one more film of `size` bytes fits into what is left.
    pub fn takes(self, size: u64) -> Result<(), NoRoom> {
        if self.films == Some(0) {
            return Err(NoRoom::Films);
        }
        match self.bytes {
            Some(left) if size > left => Err(NoRoom::Bytes { size, left }),
            _ => Ok(()),
        }
    }

    /// Whether what is kept is within it.
    pub fn holds(self, used: Used) -> bool {
        self.bytes.is_none_or(|bytes| used.bytes <= bytes) && self.films.is_none_or(|films| used.films <= films)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_takes_what_fits() {
        let quota = Quota { bytes: Some(1_000), films: Some(2) };
        let left = quota.left(Used { bytes: 700, films: 1 });
        assert_eq!(left.takes(300), Ok(()));
        assert_eq!(left.takes(301), Err(NoRoom::Bytes { size: 301, left: 300 }));
        assert_eq!(quota.left(Used { bytes: 0, films: 2 }).takes(1), Err(NoRoom::Films));
        assert_eq!(quota.left(Used { bytes: 2_000, films: 0 }).bytes, Some(0));
        assert_eq!(Quota::default().takes(u64::MAX), Ok(()));
        assert!(quota.holds(Used { bytes: 1_000, films: 2 }) && !quota.holds(Used { bytes: 1_001, films: 2 }));
    }

    #[test]
    fn who_has_no_room_left_is_told_how_much_there_is() {
        let told = NoRoom::Bytes { size: 3_000_000_000, left: 1_200_000_000 }.to_string();
        assert!(told.starts_with("This film has 3.0 GB, and 1.2 GB are left"), "{told}");
    }
}
