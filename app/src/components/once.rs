//! What is shown once, to be copied.

use super::toast::say;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

/// A secret that was made just now: the only time that it can be seen.
pub fn once(label: &'static str, secret: String) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let to_copy = secret.clone();
    // Not every browser lets every page write there: then it is marked, for the person to copy.
    let mark = move || {
        if let Some(input) = input.get_untracked() {
            let _ = input.focus();
            input.select();
        }
    };
    let copy = move |_| {
        if !window().is_secure_context() {
            return mark();
        }
        let copied = window().navigator().clipboard().write_text(&to_copy);
        spawn_local(async move {
            match JsFuture::from(copied).await {
                Ok(_) => say("Copied.".to_owned()),
                Err(_) => mark(),
            }
        });
    };
    view! {
        <div class="field mt-4">
            <label for="new-secret">{label}</label>
            <div class="flex gap-3">
                <input class="input" id="new-secret" type="text" readonly value=secret node_ref=input />
                <button class="btn" type="button" on:click=copy>
                    "Copy"
                </button>
            </div>
        </div>
    }
    .into_any()
}
