//! What is kept of sign-ins, changes of rights, moderation and deletions.

use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

macro_rules! events {
    ($($(#[$doc:meta])* $event:ident = $name:literal, $words:literal;)+) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Event {
            $($(#[$doc])* #[serde(rename = $name)] $event,)+
        }

        impl Event {
            pub const ALL: &[Self] = &[$(Self::$event),+];

            /// Stable, for programs.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)+
                }
            }

            /// For people.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$event => $words,)+
                }
            }
        }
    };
}

events! {
    SignedUp = "account.created", "Account created";
    SignedIn = "session.started", "Signed in";
    SignInFailed = "session.refused", "A sign-in failed";
    SignedOut = "session.ended", "Signed out";
    OthersSignedOut = "session.others_ended", "Signed out everywhere else";
    IdentityLinked = "identity.linked", "Another site's account added";
    IdentityUnlinked = "identity.unlinked", "Another site's account removed";
    /// Somebody used a refresh token that had been used before: all tokens of that sign-in are gone.
    TokenReused = "token.reused", "A script's token was used twice, and withdrawn";
    TokenRevoked = "token.revoked", "A script signed out";
    TokenCreated = "token.created", "Access token created";
    TokenWithdrawn = "token.withdrawn", "Access token withdrawn";
    PasswordChanged = "password.changed", "Password changed";
    PasswordReset = "password.reset", "New password chosen by mail";
    EmailConfirmed = "email.confirmed", "E-mail address confirmed";
    EmailChanged = "email.changed", "E-mail address changed";
    FactorEnabled = "factor.enabled", "Codes of an app switched on";
    FactorDisabled = "factor.disabled", "Codes of an app switched off";
    RecoveryUsed = "factor.recovery_used", "Recovery code used";
    RecoveryMade = "factor.recovery_made", "New recovery codes made";
    PasskeyAdded = "passkey.added", "Passkey added";
    PasskeyRemoved = "passkey.removed", "Passkey removed";
    RoleChanged = "account.role_changed", "Role changed";
    Disabled = "account.disabled", "Account disabled";
    Enabled = "account.enabled", "Account enabled again";
    QuotaChanged = "account.quota_changed", "Room for films changed";
    Invited = "invitation.created", "Invitation made";
    InvitationWithdrawn = "invitation.withdrawn", "Invitation withdrawn";
    FilmEdited = "video.moderated", "A film was changed by a moderator";
    FilmDeleted = "video.deleted", "Film deleted";
    FilmRestored = "video.restored", "Film brought back";
}

/// A newer version wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such event")]
pub struct UnknownEvent;

impl FromStr for Event {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        Self::ALL.iter().copied().find(|event| event.as_str() == text).ok_or(UnknownEvent)
    }
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub id: i64,
    pub at: UnixMillis,
    /// What happened, as [`Event::as_str`] has it.
    pub event: String,
    /// The name of whoever did it, if that is known.
    pub by: Option<String>,
    /// The name of the account that it is about.
    pub account: Option<String>,
    /// A film's id, say, or a token's name.
    pub object: Option<String>,
    pub details: serde_json::Value,
    pub address: Option<String>,
}

impl Entry {
    /// For people: of an event that this version doesn't know, its name.
    pub fn words(&self) -> String {
        self.event.parse().map_or_else(|_| self.event.clone(), |event: Event| event.words().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Event;

    #[test]
    fn events_are_known_by_their_names() {
        for event in Event::ALL {
            assert_eq!(event.as_str().parse(), Ok(*event));
        }
    }
}
