//! One tab of a browser sends at a time: two would be in each other's way, and take the connections that the site needs.

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use std::cell::RefCell;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

const LOCK: &str = "kinora-upload";

/// While it lives, no other tab sends.
pub struct Alone(Option<Function>);

impl Drop for Alone {
    fn drop(&mut self) {
        if let Some(release) = &self.0 {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Waits until no other tab sends. The lock of a tab that is closed or crashes is released by the browser. Where there are
/// no locks (a page over plain HTTP), tabs share the line as well as they can.
pub async fn alone() -> Alone {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).unwrap_or_default();
    let Ok(request) = Reflect::get(&locks, &"request".into()).and_then(|f| f.dyn_into::<Function>()) else {
        return Alone(None);
    };
    let release = RefCell::new(None);
    let granted = Promise::new(&mut |granted, refused| {
        let held = Promise::new(&mut |resolve, _| {
            release.replace(Some(resolve));
        });
        let hold = Closure::once_into_js(move || {
            let _ = granted.call0(&JsValue::UNDEFINED);
            held
        });
        if request.call2(&locks, &LOCK.into(), &hold).is_err() {
            let _ = refused.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = JsFuture::from(granted).await;
    Alone(release.into_inner())
}
