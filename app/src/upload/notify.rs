//! A word from the system when a film is done while nobody looks at the page.

use crate::components::icons::{BELL, icon};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Notification, NotificationPermission};

pub fn film_is_ready(title: &str) {
    let is_seen = document().has_focus().unwrap_or(true);
    if exists() && !is_seen && Notification::permission() == NotificationPermission::Granted {
        // Some phones know no notifications of this kind: the title's mark has to do.
        let _ = Notification::new(&format!("{title} is ready to watch"));
    }
}

/// Asks for the permission, while nobody has decided.
pub fn offer(is_wanted: Signal<bool>) -> AnyView {
    let is_open = RwSignal::new(false);
    Effect::new(move |_| is_open.set(exists() && Notification::permission() == NotificationPermission::Default));
    let ask = move |_| {
        let Ok(asked) = Notification::request_permission() else { return };
        spawn_local(async move {
            let _ = JsFuture::from(asked).await;
            is_open.try_set(false);
        });
    };
    view! {
        <Show when=move || is_open.get() && is_wanted.get()>
            <button class="btn btn-quiet" type="button" on:click=ask>
                {icon(BELL)}
                "Tell me when they are ready"
            </button>
        </Show>
    }
    .into_any()
}

/// A page over plain HTTP has none, nor has an iPhone's browser.
fn exists() -> bool {
    js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false)
}
