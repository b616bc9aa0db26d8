//! Digests by a worker of this page (`public/digest.js`): reading megabytes would keep the page itself from answering.
//! It may never begin, it may die without a word, and what it reads may never come: what nobody answers for is found in
//! another way.

use super::calm::after;
use js_sys::{Array, ArrayBuffer, Promise, Reflect, Uint8Array};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, MessageChannel, MessagePort, Worker};

const SCRIPT: &str = "/digest.js";
/// After so long a silence the worker is asked how much it has read, which it answers at once, whatever it reads meanwhile.
const SILENCE: Duration = Duration::from_secs(3);
/// After so many bytes a new worker takes over: reading leaves garbage that browsers are in no hurry to collect.
const BYTES_OF_ONE: f64 = 256e6;

/// A worker, which ends with the last one who waits for it.
struct Beside {
    worker: Worker,
    /// Settled if the worker couldn't begin, or stumbled.
    broken: Promise,
    /// What it was asked to read.
    bytes: Cell<f64>,
}

/// What the worker was asked, until it is dropped.
struct Question {
    port: MessagePort,
    answer: Promise,
    broken: Promise,
}

thread_local! {
    static BESIDE: RefCell<Option<Rc<Beside>>> = RefCell::new(begin());
    static IS_BROKEN: Cell<bool> = const { Cell::new(false) };
}

fn begin() -> Option<Rc<Beside>> {
    let worker = Worker::new(SCRIPT).ok()?;
    let broken = Promise::new(&mut |resolve, _| worker.set_onerror(Some(&resolve)));
    Some(Rc::new(Beside { worker, broken, bytes: Cell::default() }))
}

/// Begins the worker, so that it is there when a file comes.
pub fn warm_up() {
    BESIDE.with(|_| ());
}

/// Who reads the next `bytes`.
fn next(bytes: f64) -> Option<Rc<Beside>> {
    BESIDE.with_borrow_mut(|current| {
        if current.as_ref().is_some_and(|beside| beside.bytes.get() >= BYTES_OF_ONE) {
            *current = begin();
        }
        let beside = current.clone()?;
        beside.bytes.update(|sum| sum + bytes);
        Some(beside)
    })
}

/// The SHA-256 of `blob`. None if it has to be found in another way.
pub async fn sha256(blob: &Blob) -> Option<[u8; 32]> {
    if IS_BROKEN.get() {
        return None;
    }
    let beside = next(blob.size())?;
    let question = beside.ask(blob)?;
    let mut before = None;
    let told = loop {
        if let Some(told) = question.answer().await {
            break told;
        }
        let moved = beside.ask(&JsValue::NULL)?.answer().await.and_then(|told| told.as_f64());
        if moved.is_none() || moved == before {
            beside.give_up();
            return None;
        }
        before = moved;
    };
    let mut digest = [0; 32];
    Uint8Array::new(told.dyn_ref::<ArrayBuffer>()?).copy_to(&mut digest);
    Some(digest)
}

impl Beside {
    fn ask(&self, what: &JsValue) -> Option<Question> {
        let channel = MessageChannel::new().ok()?;
        let port = channel.port1();
        let answer = Promise::new(&mut |resolve, _| port.set_onmessage(Some(&resolve)));
        self.worker.post_message_with_transfer(what, &Array::of1(&channel.port2())).ok()?;
        Some(Question { port, answer, broken: self.broken.clone() })
    }

    /// Nobody waits for the worker any more, and should it be alive after all, it keeps nothing in memory.
    fn give_up(&self) {
        IS_BROKEN.set(true);
        self.worker.terminate();
        if let Some(settle) = self.worker.onerror() {
            let _ = settle.call0(&JsValue::UNDEFINED);
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Question {
    /// None after a silence, or if the worker is broken.
    async fn answer(&self) -> Option<JsValue> {
        let first = Promise::race(&Array::of3(&self.answer, &self.broken, &after(SILENCE)));
        let event = JsFuture::from(first).await.ok()?;
        // A timer says nothing, and what tells of a broken worker has no data.
        Reflect::get(&event, &"data".into()).ok().filter(|told| !told.is_undefined())
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.port.close();
    }
}
