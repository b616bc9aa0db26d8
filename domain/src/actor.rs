//! Who asks: a person, by a session or by a token, or nobody; and what they may do as such.

use crate::id::{KeyId, UserId};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What a person may do on this site. Each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Watches, and keeps what was uploaded before.
    Viewer,
    /// Uploads films.
    Uploader,
    /// Sees to others' films.
    Moderator,
    /// Sees to people.
    Admin,
}

/// Neither a role nor a scope goes by this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is nothing of this name")]
pub struct Unknown;

impl Role {
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Uploader, Self::Moderator, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Uploader => "uploader",
            Role::Moderator => "moderator",
            Role::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(Unknown)
    }
}

/// What a token may be used for. None of them implies another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Scope {
    /// See what the person can see.
    Read,
    /// Upload films.
    Upload,
    /// Change and delete what is the person's own: films, and the account.
    Manage,
    /// Do what the person's role allows with what is others'.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Upload, Self::Manage, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Upload => "upload",
            Scope::Manage => "manage",
            Scope::Admin => "admin",
        }
    }
}

impl FromStr for Scope {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(Unknown)
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// What a session has, and a token that was got by signing in.
    pub const ALL: Self = Self(0b1111);

    pub fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    pub fn with(self, scope: Scope) -> Self {
        Self(self.0 | (1 << scope as u8))
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }

    /// Names with blanks between, as OAuth has them (RFC 6749, 3.3).
    pub fn parse(text: &str) -> Result<Self, Unknown> {
        text.split_ascii_whitespace().map(str::parse::<Scope>).collect()
    }

    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(Scope::as_str).collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        scopes.into_iter().fold(Self::default(), Self::with)
    }
}

/// An account, as far as it matters for what may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: UserId,
    pub role: Role,
    /// False for somebody who has to confirm an e-mail address before anything else.
    pub confirmed: bool,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub person: Option<Person>,
    pub scopes: Scopes,
    /// What was got by knowing a film's password, or by coming by a share link.
    pub keys: Vec<KeyId>,
}

impl Actor {
    pub const ANONYMOUS: Self = Self { person: None, scopes: Scopes::ALL, keys: Vec::new() };

    /// Somebody who is signed in.
    pub fn signed_in(person: Person) -> Self {
        Self { person: Some(person), ..Self::ANONYMOUS }
    }

    pub fn user(&self) -> Option<&UserId> {
        self.person.as_ref().map(|person| &person.id)
    }

    pub(crate) fn role(&self) -> Option<Role> {
        self.person.as_ref().map(|person| person.role)
    }

    pub(crate) fn holds(&self, key: &KeyId) -> bool {
        self.keys.contains(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_sets_of_names() {
        let scopes = Scopes::parse("upload  read").unwrap();
        assert_eq!(scopes.names(), ["read", "upload"]);
        assert!(scopes.has(Scope::Upload) && !scopes.has(Scope::Admin));
        assert!(Scopes::ALL.contains(scopes) && !scopes.contains(Scopes::ALL));
        assert_eq!(Scopes::parse("read write"), Err(Unknown));
        assert!(Scopes::parse("").unwrap().is_empty());
        assert_eq!(Scope::ALL.into_iter().collect::<Scopes>(), Scopes::ALL);
    }

    #[test]
    fn roles_are_known_by_their_names() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert!(Role::Admin > Role::Moderator && Role::Uploader > Role::Viewer);
    }
}
