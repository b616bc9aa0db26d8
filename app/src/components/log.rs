//! The log of what happened to accounts: one's own, or all.

use super::rows::row;
use super::toast::say;
use crate::error::ApiError;
use domain::audit::Entry;
use domain::page::Page;
use domain::time::{UnixMillis, age};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};
use std::pin::Pin;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Log {
    pub page: Page<Entry>,
    pub now: UnixMillis,
}

pub type More = fn(Option<String>) -> Pin<Box<dyn Future<Output = Result<Log, ApiError>>>>;

/// The lines that are there, and the way to older ones. `whose`: accounts are named.
pub fn log(log: Log, whose: bool, more: More) -> AnyView {
    let Log { page, now } = log;
    let lines = RwSignal::new(page.items);
    let next = RwSignal::new(page.next_cursor);
    let older = move |_| {
        let cursor = next.get_untracked();
        spawn_local(async move {
            match more(cursor).await {
                Ok(Log { page, .. }) => {
                    lines.update(|lines| lines.extend(page.items));
                    next.set(page.next_cursor);
                }
                Err(error) => say(error.message),
            }
        });
    };
    view! {
        <ul class="list" aria-label="What happened">
            {move || lines.get().into_iter().map(|entry| line(entry, whose, now)).collect_view()}
        </ul>
        <p class="mt-8 text-center" hidden=move || next.read().is_none()>
            <button class="btn" type="button" on:click=older>
                "Show older"
            </button>
        </p>
    }
    .into_any()
}

fn line(entry: Entry, whose: bool, now: UnixMillis) -> AnyView {
    let mut about = vec![age(entry.at, now)];
    if whose {
        about.extend(entry.account.clone());
    }
    if entry.by.is_some() && entry.by != entry.account {
        about.extend(entry.by.as_ref().map(|name| format!("by {name}")));
    }
    about.extend(change(&entry.details));
    about.extend(entry.object.clone());
    about.extend(entry.address.as_ref().map(|address| format!("from {address}")));
    row(entry.words(), None, about.join(" · "), ().into_any())
}

/// "uploader → moderator"
fn change(details: &serde_json::Value) -> Option<String> {
    Some(format!("{} → {}", details.get("from")?.as_str()?, details.get("to")?.as_str()?))
}
