//! What admins do: people, invitations, the whole log.

mod api;
mod invitations;
mod log;
mod people;

pub use invitations::Invitations;
pub use log::AuditLog;
pub use people::People;

use crate::components::sections::{Sections, section};
use domain::actor::Role;
use leptos::html;
use leptos::prelude::*;

const SECTIONS: Sections = &[("/admin", "People"), ("/admin/invitations", "Invitations"), ("/admin/log", "Activity")];

fn admin(here: &'static str, content: AnyView) -> AnyView {
    section("Administration", SECTIONS, here, content)
}

/// What a role is called.
fn words(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Uploader => "Uploader",
        Role::Moderator => "Moderator",
        Role::Admin => "Admin",
    }
}

fn roles(chosen: Role) -> AnyView {
    Role::ALL
        .map(|role| {
            view! {
                <option value=role.as_str() selected=role == chosen>
                    {words(role)}
                </option>
            }
        })
        .collect_view()
        .into_any()
}

fn chosen(select: NodeRef<html::Select>) -> Option<Role> {
    select.get_untracked()?.value().parse().ok()
}
