use super::{api, own};
use crate::components::log::log;
use crate::components::rows::skeleton;
use crate::page::{Load, Loaded, page};
use leptos::prelude::*;

fn load(_: String) -> Load {
    Box::pin(async { api::my_log(None).await.map(Loaded::new) })
}

#[component]
pub fn MyLog() -> AnyView {
    own("/account/log", page(Signal::stored(String::new()), load, skeleton, show))
}

fn show(mine: Loaded) -> AnyView {
    let Some(lines) = mine.get() else { return ().into_any() };
    log(lines, false, |cursor| Box::pin(api::my_log(cursor)))
}
