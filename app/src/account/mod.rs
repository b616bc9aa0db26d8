//! Signing up, in and out; who is signed in.

pub mod api;
pub mod own;
mod page;

pub use own::{MyLog, MySessions, MyTokens};
pub use page::{SignIn, SignUp};

use domain::actor::Role;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Whoever is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub username: String,
    pub role: Role,
}

/// Asked for once a page load: signing in and out are page loads.
#[derive(Clone, Copy)]
pub struct Account(pub Resource<Option<Me>>);

impl Account {
    pub fn new() -> Self {
        Self(Resource::new_blocking(|| (), |()| async { api::whoami().await.ok().flatten() }))
    }
}
