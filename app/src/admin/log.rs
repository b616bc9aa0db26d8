use super::{admin, api};
use crate::components::log::log;
use crate::components::rows::skeleton;
use crate::page::{Load, Loaded, page};
use leptos::prelude::*;

fn load(_: String) -> Load {
    Box::pin(async { api::audit_log(None).await.map(Loaded::new) })
}

#[component]
pub fn AuditLog() -> AnyView {
    admin("/admin/log", page(Signal::stored(String::new()), load, skeleton, show))
}

fn show(all: Loaded) -> AnyView {
    let Some(lines) = all.get() else { return ().into_any() };
    log(lines, true, |cursor| Box::pin(api::audit_log(cursor)))
}
