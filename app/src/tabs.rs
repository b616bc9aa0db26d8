//! What one tab of a browser does for all: two that send are in each other's way, and every stream of news takes one of the
//! few connections that a browser has.

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use std::cell::RefCell;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// While it lives, no other tab is alone by the same name.
pub struct Alone(Option<Function>);

impl Alone {
    /// False where the browser has no locks.
    pub fn is_sure(&self) -> bool {
        self.0.is_some()
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        if let Some(release) = &self.0 {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Waits until no other tab does what `name` stands for. The lock of a tab that is closed or crashes is released by the
/// browser. Where there are no locks (a page over plain HTTP), every tab takes itself to be alone.
pub async fn alone(name: &'static str) -> Alone {
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
        if request.call2(&locks, &name.into(), &hold).is_err() {
            let _ = refused.call0(&JsValue::UNDEFINED);
        }
    });
    match JsFuture::from(granted).await {
        Ok(_) => Alone(release.into_inner()),
        Err(_) => Alone(None),
    }
}
