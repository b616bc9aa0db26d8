//! Keeps a phone's screen on while films are being sent: with it, the connection would go.

use js_sys::{Function, Promise, Reflect};
use leptos::ev;
use leptos::leptos_dom::helpers::WindowListenerHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// While it lives, the screen stays on, where the browser lets it.
pub struct Awake {
    sentinel: Rc<RefCell<JsValue>>,
    listener: Option<WindowListenerHandle>,
}

pub fn stay_awake() -> Awake {
    let sentinel = Rc::new(RefCell::new(JsValue::UNDEFINED));
    request(&sentinel);
    let again = Rc::downgrade(&sentinel);
    // The browser takes it back whenever the page is hidden.
    let listener = window_event_listener(ev::focus, move |_| {
        if let Some(sentinel) = again.upgrade() {
            request(&sentinel);
        }
    });
    Awake { sentinel, listener: Some(listener) }
}

impl Drop for Awake {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.remove();
        }
        let _ = call(&self.sentinel.borrow(), "release", &[]);
    }
}

fn request(sentinel: &Rc<RefCell<JsValue>>) {
    let lock = Reflect::get(&window().navigator(), &"wakeLock".into()).unwrap_or_default();
    let Some(asked) = call(&lock, "request", &["screen".into()]) else { return };
    let sentinel = Rc::downgrade(sentinel);
    spawn_local(async move {
        let Ok(granted) = JsFuture::from(asked).await else { return };
        match sentinel.upgrade() {
            Some(sentinel) => drop(sentinel.replace(granted)),
            // All was sent meanwhile.
            None => drop(call(&granted, "release", &[])),
        }
    });
}

/// What `object[method](…)` promises; None where there is no such thing.
fn call(object: &JsValue, method: &str, arguments: &[JsValue]) -> Option<Promise> {
    let function: Function = Reflect::get(object, &method.into()).ok()?.dyn_into().ok()?;
    function.apply(object, &arguments.iter().cloned().collect()).ok()?.dyn_into().ok()
}
