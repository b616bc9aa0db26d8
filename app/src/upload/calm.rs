//! Work for hundreds of films, done so that the page answers meanwhile: in portions, and one film after the other.

use js_sys::{Function, Promise};
use leptos::prelude::{document, window};
use std::cell::RefCell;
use std::thread::LocalKey;
use std::time::Duration;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// Films that are put into the page at once: a few milliseconds of work.
pub const PORTION: usize = 8;
/// Long enough for the page to be drawn, and for whoever presses something.
const BREATH: Duration = Duration::from_millis(4);

/// Lets the page do what waits. Where nobody looks nothing does, and timers are slow.
pub async fn breathe() {
    if !document().hidden() {
        let _ = JsFuture::from(after(BREATH)).await;
    }
}

/// Settled with nothing when the time is over.
pub fn after(time: Duration) -> Promise {
    Promise::new(&mut |resolve, _| {
        let time = time.as_millis() as i32;
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, time);
    })
}

/// The turn of who came last.
pub type Turns = RefCell<Option<Promise>>;

/// Lasts until it is dropped.
pub struct Turn {
    end: Option<Function>,
}

/// Waits until all who came before are done.
pub async fn turn(turns: &'static LocalKey<Turns>) -> Turn {
    let mut end = None;
    let mine = Promise::new(&mut |resolve, _| end = Some(resolve));
    if let Some(before) = turns.replace(Some(mine)) {
        let _ = JsFuture::from(before).await;
    }
    Turn { end }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(end) = &self.end {
            let _ = end.call0(&JsValue::UNDEFINED);
        }
    }
}
