//! People, as admins see them.

use crate::actor::Role;
use crate::id::UserId;
use crate::quota::Quota;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: UserId,
    pub username: String,
    pub email: String,
    pub role: Role,
    /// Signed out everywhere, and can't sign in.
    pub disabled: bool,
    pub created_at: UnixMillis,
    pub last_seen: Option<UnixMillis>,
    pub films: i64,
    /// Of the films' originals.
    pub bytes: i64,
    /// What was decided for this person; None is as the role says.
    pub quota: Quota,
}
