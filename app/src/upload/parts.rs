//! A film's parts: read and signed a little ahead, sent when there is a lane, sent again when they are lost.

use super::line::Lane;
use super::put::{Put, is_online};
use super::queue::Film;
use super::sender::{Halt, ask};
use super::{api, bell, bytes, line};
use domain::lanes;
use domain::time::bytes as in_words;
use domain::upload::{Created, PartPlan, PartRequest, PartUrl};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsValue;

/// Parts that are ready, or about to be, beside those on the line.
const AHEAD: usize = lanes::MOST + SIGNED_AT_ONCE;
/// Parts that one request asks URLs for, unless a lane waits.
const SIGNED_AT_ONCE: usize = 4;
/// Parts that are in memory at once, to be digested: while one is, the next is read.
const READ_AT_ONCE: usize = 2;
/// How often what was sent is counted: calm enough to read.
const COUNT_EVERY: Duration = Duration::from_millis(500);
/// How often the storage may refuse a part that the line did carry.
const TRIES: u32 = 6;
/// A connection over which nothing moves for so long is given up.
const SILENCE: Duration = Duration::from_secs(45);
/// The same when the browser comes back from being offline: it may be in another network.
const AFTER_A_BREAK: Duration = Duration::from_secs(2);

/// How the sending of parts ends, other than by a halt.
pub enum Sent {
    All,
    /// S3 doesn't know the upload any more: it has to be asked what it has.
    Forgotten,
}

struct Parts {
    film: Film,
    created: Created,
    plan: PartPlan,
    todo: RefCell<VecDeque<u32>>,
    /// How many are being read.
    reading: Cell<usize>,
    /// Those that are read and wait to be signed.
    digested: RefCell<Vec<PartRequest>>,
    /// How many are being signed, by one request at a time.
    signing: Cell<usize>,
    ready: RefCell<VecDeque<PartUrl>>,
    flying: RefCell<BTreeMap<u32, Rc<Put>>>,
    /// Bytes of parts that S3 has.
    done: Cell<u64>,
    /// Breaks of the line since something last arrived.
    breaks: Cell<u32>,
    is_online: Cell<bool>,
    refusals: RefCell<BTreeMap<u32, u32>>,
    is_forgotten: Cell<bool>,
    halt: RefCell<Option<Halt>>,
}

/// Sends the parts `todo`; `film` tells how far it is.
pub async fn send(film: &Film, created: &Created, plan: PartPlan, todo: VecDeque<u32>) -> Result<Sent, Halt> {
    let left: u64 = todo.iter().filter_map(|number| plan.range(*number)).map(|(_, len)| len).sum();
    let parts = Rc::new(Parts {
        film: film.clone(),
        created: created.clone(),
        plan,
        todo: RefCell::new(todo),
        reading: Cell::new(0),
        digested: RefCell::default(),
        signing: Cell::new(0),
        ready: RefCell::default(),
        flying: RefCell::default(),
        done: Cell::new(plan.size - left),
        breaks: Cell::new(0),
        is_online: Cell::new(true),
        refusals: RefCell::default(),
        is_forgotten: Cell::new(false),
        halt: RefCell::new(None),
    });
    let counting = parts.count();
    let end = parts.dispatch().await;
    if let Some(counting) = counting {
        counting.clear();
    }
    line::leave(film.number);
    for put in parts.flying.take().values() {
        put.abort();
    }
    film.sent.set(parts.done.get());
    end
}

impl Parts {
    /// Until nothing is left to do.
    async fn dispatch(self: &Rc<Self>) -> Result<Sent, Halt> {
        loop {
            if let Some(halt) = self.film.halt().or_else(|| self.halt.take()) {
                return Err(halt);
            }
            if self.is_forgotten.get() {
                return Ok(Sent::Forgotten);
            }
            self.prepare();
            let is_ready = !self.ready.borrow().is_empty();
            if is_ready && self.breaks.get() > 0 {
                self.wait_for_the_line().await;
            }
            if !is_ready {
                if self.is_done() {
                    return Ok(Sent::All);
                }
            } else if let Some(lane) = line::lane(self.film.number) {
                if let Some(part) = self.ready.borrow_mut().pop_front() {
                    self.fly(&part, lane);
                }
                continue;
            }
            bell::wait().await;
        }
    }

    fn is_done(&self) -> bool {
        self.flying.borrow().is_empty() && self.todo.borrow().is_empty() && self.prepared() == 0
    }

    /// Parts between those to do and those on the line.
    fn prepared(&self) -> usize {
        self.reading.get() + self.digested.borrow().len() + self.signing.get() + self.ready.borrow().len()
    }

    /// Reads the next parts, unless enough are under way, and has those signed that are read.
    fn prepare(self: &Rc<Self>) {
        while self.reading.get() < READ_AT_ONCE && self.prepared() < AHEAD {
            let Some(number) = self.todo.borrow_mut().pop_front() else { break };
            self.reading.set(self.reading.get() + 1);
            let this = Rc::clone(self);
            spawn_local(async move {
                match this.request(number).await {
                    Ok(request) => this.digested.borrow_mut().push(request),
                    Err(_) => this.stop(Halt::unreadable()),
                }
                this.reading.set(this.reading.get() - 1);
                bell::ring();
            });
        }
        let count = self.digested.borrow().len();
        let is_due = count >= SIGNED_AT_ONCE || self.ready.borrow().is_empty() || self.reading.get() == 0;
        if self.signing.get() > 0 || count == 0 || !is_due {
            return;
        }
        let requests = self.digested.take();
        self.signing.set(requests.len());
        let this = Rc::clone(self);
        spawn_local(async move {
            let id = &this.created.upload_id;
            match ask(&this.film, || Box::pin(api::sign_parts(id.clone(), requests.clone()))).await {
                Ok(signed) => this.ready.borrow_mut().extend(signed),
                Err(halt) => this.stop(halt),
            }
            this.signing.set(0);
            bell::ring();
        });
    }

    fn stop(&self, halt: Halt) {
        self.halt.borrow_mut().get_or_insert(halt);
    }

    /// What a URL for the part is asked for with.
    async fn request(&self, number: u32) -> Result<PartRequest, JsValue> {
        let (start, len) = self.plan.range(number).unwrap_or_default();
        let digest = bytes::sha256(&bytes::slice(&self.film.file, start, start + len)?).await?;
        let checksum = window().btoa(&digest.iter().copied().map(char::from).collect::<String>())?;
        Ok(PartRequest { number, checksum: Some(checksum) })
    }

    /// One try of one part. It is under way when this returns.
    fn fly(self: &Rc<Self>, part: &PartUrl, lane: Lane) {
        let (number, Some((start, len))) = (part.number, self.plan.range(part.number)) else { return };
        let put = bytes::slice(&self.film.file, start, start + len).and_then(|body| Put::begin(part, &body, |_| {}));
        let Ok(put) = put.map(Rc::new) else { return self.land(number, len, 0) };
        self.flying.borrow_mut().insert(number, Rc::clone(&put));
        let this = Rc::clone(self);
        spawn_local(async move {
            let status = put.ended().await;
            this.flying.borrow_mut().remove(&number);
            this.land(number, len, status);
            drop(lane);
        });
    }

    /// What becomes of a part of `len` bytes whose try ended with an HTTP status, or 0.
    fn land(&self, number: u32, len: u64, status: u16) {
        match status {
            200..=299 => {
                self.done.set(self.done.get() + len);
                self.breaks.set(0);
                self.film.problem.set(None);
            }
            // The line, or the storage for a moment.
            0 | 408 | 429 | 500.. => {
                self.breaks.set(self.breaks.get() + 1);
                self.todo.borrow_mut().push_front(number);
            }
            404 => self.is_forgotten.set(true),
            // Its URL is too old, or its bytes changed on the way: both are made anew.
            _ => {
                let mut refusals = self.refusals.borrow_mut();
                let count = refusals.entry(number).or_default();
                *count += 1;
                if *count >= TRIES {
                    let why = "The storage refuses what is sent. What arrived is kept; try again later.";
                    self.stop(Halt::Failed(why.to_owned()));
                }
                self.todo.borrow_mut().push_front(number);
            }
        }
    }

    /// After a break: a pause, longer each time; while the browser is offline, until it isn't.
    async fn wait_for_the_line(&self) {
        let over = || self.film.halt().is_some();
        if !is_online() {
            while !is_online() && !over() {
                bell::rest(Duration::from_secs(1), || over() || is_online()).await;
            }
            self.breaks.set(0);
            return;
        }
        let safe = in_words(self.done.get());
        let breaks = self.breaks.get();
        if breaks > 2 {
            self.film.problem.set(Some(format!("The connection breaks. {safe} are safe; it goes on by itself.")));
        }
        bell::rest(pause(breaks), || over() || self.breaks.get() == 0).await;
    }

    /// Tells the row how far it is and how fast, the speed smoothed over some seconds; and the line what moved.
    fn count(self: &Rc<Self>) -> Option<IntervalHandle> {
        let this = Rc::clone(self);
        let before = Cell::new(this.sent());
        let tick = move || {
            let sent = this.sent();
            let moved = sent.saturating_sub(before.replace(sent));
            line::moved(moved);
            let now = moved * 1000 / COUNT_EVERY.as_millis() as u64;
            this.film.sent.set(sent);
            this.film.speed.update(|speed| *speed = if *speed == 0 { now } else { (*speed * 7 + now) / 8 });
            this.look_at_the_line();
        };
        set_interval_with_handle(tick, COUNT_EVERY).ok()
    }

    /// Tells of a browser that goes offline, and when it is back begins anew what hangs on a line that is no more.
    fn look_at_the_line(&self) {
        let is_online = is_online();
        let was_online = self.is_online.replace(is_online);
        if was_online && !is_online {
            let safe = in_words(self.done.get());
            let note = format!("You are offline. {safe} are safe; it goes on by itself when you are back.");
            self.film.problem.set(Some(note));
        } else if is_online && !was_online {
            self.film.problem.set(None);
        }
        let silence = if is_online && !was_online { AFTER_A_BREAK } else { SILENCE };
        self.flying.borrow().values().for_each(|put| put.abort_if_silent(silence));
    }

    fn sent(&self) -> u64 {
        let flying: u64 = self.flying.borrow().values().map(|put| put.sent()).sum();
        (self.done.get() + flying).min(self.plan.size)
    }
}

/// Before try number `tries + 1`: half a second, one, two, … at most thirty.
pub fn pause(tries: u32) -> Duration {
    Duration::from_millis((250u64 << tries.min(7)).min(30_000))
}
