//! Digests by a worker of this page (`public/digest.js`): reading megabytes would keep the page itself from answering.

use js_sys::{Array, ArrayBuffer, Promise, Reflect, Uint8Array};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, MessageChannel, Worker};

const SCRIPT: &str = "/digest.js";

#[derive(Clone)]
struct Beside {
    worker: Worker,
    /// Settled if the worker couldn't begin.
    broken: Promise,
}

thread_local! {
    static BESIDE: Option<Beside> = begin().ok();
    static IS_BROKEN: Cell<bool> = const { Cell::new(false) };
}

fn begin() -> Result<Beside, JsValue> {
    let worker = Worker::new(SCRIPT)?;
    let broken = Promise::new(&mut |resolve, _| worker.set_onerror(Some(&resolve)));
    Ok(Beside { worker, broken })
}

/// Begins the worker, so that it is there when a file comes.
pub fn warm_up() {
    BESIDE.with(|_| ());
}

/// The SHA-256 of `blob`. None if it has to be found in another way.
pub async fn sha256(blob: &Blob) -> Option<[u8; 32]> {
    if IS_BROKEN.get() {
        return None;
    }
    let beside = BESIDE.with(Clone::clone)?;
    let channel = MessageChannel::new().ok()?;
    let port = channel.port1();
    let answer = Promise::new(&mut |resolve, _| port.set_onmessage(Some(&resolve)));
    beside.worker.post_message_with_transfer(blob, &Array::of1(&channel.port2())).ok()?;
    let event = JsFuture::from(Promise::race(&Array::of2(&answer, &beside.broken))).await.ok()?;
    port.close();
    let told = Reflect::get(&event, &"data".into()).ok()?;
    // What tells of a worker that couldn't begin has no data.
    IS_BROKEN.set(told.is_undefined());
    let mut digest = [0; 32];
    Uint8Array::new(told.dyn_ref::<ArrayBuffer>()?).copy_to(&mut digest);
    Some(digest)
}
