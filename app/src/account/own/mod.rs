//! One's own account: where one is signed in, tokens for scripts, and what happened.

mod api;
mod factors;
mod log;
mod sessions;
mod tokens;

pub use factors::MyFactors;
pub use log::MyLog;
pub use sessions::MySessions;
pub use tokens::MyTokens;

use crate::components::sections::{Sections, section};
use leptos::prelude::*;

const SECTIONS: Sections = &[
    ("/account", "Signed in"),
    ("/account/password", "Password"),
    ("/account/email", "E-mail"),
    ("/account/identities", "Ways to sign in"),
    ("/account/factors", "Passkeys and codes"),
    ("/account/tokens", "Access tokens"),
    ("/account/log", "Activity"),
];

/// One of the account's pages.
pub(super) fn own(here: &'static str, content: AnyView) -> AnyView {
    section("Account", SECTIONS, here, content)
}
