//! Signing up, in and out; who is signed in; passwords and addresses.

pub mod api;
mod code;
mod forgotten;
mod form;
mod identities;
pub mod own;
mod page;
mod passkey;
mod providers;
mod security;
mod verify;

pub use code::SignInCode;
pub use forgotten::{Forgot, Reset};
pub use identities::Identities;
pub use own::{MyFactors, MyLog, MySessions, MyTokens};
pub use page::{SignIn, SignUp};
pub use security::{ChangeEmail, ChangePassword};
pub use verify::{Confirm, Verify};

use domain::actor::Role;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Where the second step of signing in is done.
pub const CODE_PAGE: &str = "/signin/code";

/// Whoever is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub username: String,
    pub role: Role,
}

/// Where mails for somebody go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub email: String,
    pub verified: bool,
}

/// Asked for once a page load: signing in and out are page loads.
#[derive(Clone, Copy)]
pub struct Account(pub Resource<Option<Me>>);

impl Account {
    pub fn new() -> Self {
        Self(Resource::new_blocking(|| (), |()| async { api::whoami().await.ok().flatten() }))
    }
}
