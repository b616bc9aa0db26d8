//! Wakes the page that the server has sent.

use leptos::mount::hydrate_from_async;
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    let Some(body) = document().body() else { return };
    spawn_local(async {
        // The code of the page that is shown comes apart from what all pages share.
        hydrate_from_async(body.unchecked_into(), app::App).await.forget();
        // Once effects have run, buttons answer. Tests wait for this.
        set_timeout(
            || {
                if let Some(root) = document().document_element() {
                    let _ = root.set_attribute("data-hydrated", "");
                }
            },
            Duration::ZERO,
        );
    });
}
