//! Invitations to make an account.

use crate::actor::Role;
use crate::id::InvitationId;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignUp {
    /// Everybody.
    Open,
    /// Who was invited.
    Invitation,
    /// Nobody.
    Closed,
}

/// An invitation as admins see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub id: InvitationId,
    pub role: Role,
    pub note: String,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
    pub expired: bool,
    /// The name of whoever came by it.
    pub used_by: Option<String>,
}

/// An invitation that was just made: the only time that its address is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInvitation {
    pub invitation: Invitation,
    pub url: String,
}

impl std::fmt::Debug for NewInvitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewInvitation").field("invitation", &self.invitation).finish_non_exhaustive()
    }
}
