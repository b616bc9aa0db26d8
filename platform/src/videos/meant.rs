//! Edits that are meant for a film as it was when somebody read it (If-Match).

use super::load;
use crate::{Error, Platform, Result};
use domain::access::Action;
use domain::actor::Actor;
use domain::id::VideoId;

/// Which versions of a film an edit is meant for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meant(Option<Vec<i64>>);

impl Meant {
    pub const ANY: Meant = Meant(None);

    /// One of these, and no other.
    pub fn only(versions: Vec<i64>) -> Self {
        Self(Some(versions))
    }

    pub(super) fn hold(&self, version: i64) -> Result<()> {
        match &self.0 {
            Some(versions) if !versions.contains(&version) => Err(Error::Changed),
            _ => Ok(()),
        }
    }
}

/// For edits of what belongs to a film: refuses one that is meant for another version of it.
pub async fn hold(platform: &Platform, actor: &Actor, id: &VideoId, meant: &Meant) -> Result<()> {
    if *meant == Meant::ANY {
        return Ok(());
    }
    meant.hold(load(platform, actor, Action::Edit, id).await?.version)
}
