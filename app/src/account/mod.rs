//! Signing up, in and out; who is signed in.

pub mod api;
mod page;

pub use page::{SignIn, SignUp};

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Whoever is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub username: String,
}

/// Asked for once a page load: signing in and out are page loads.
#[derive(Clone, Copy)]
pub struct Account(pub Resource<Option<Me>>);

impl Account {
    pub fn new() -> Self {
        Self(Resource::new_blocking(|| (), |()| async { api::whoami().await.ok().flatten() }))
    }
}
