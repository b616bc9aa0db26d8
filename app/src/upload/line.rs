//! The line that all films of this tab share: how many parts are on it, whose turn it is, and what it carries.

use super::bell;
use domain::lanes::{FAST, Lanes};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// What is measured at a time, in ms: long enough that a part's beginning and end don't count.
const WINDOW: f64 = 3_000.0;
/// So many bytes tell enough in less.
const ENOUGH: u64 = FAST as u64;
const LESS: f64 = 450.0;

#[derive(Default)]
struct Line {
    lanes: RefCell<Lanes>,
    busy: Cell<usize>,
    /// Films that have a part ready and no lane for it, by their turn.
    hungry: RefCell<BTreeSet<u32>>,
    window: Cell<Window>,
    /// Bytes per second in the last window.
    speed: Cell<Option<u64>>,
}

#[derive(Clone, Copy, Default)]
struct Window {
    begun: f64,
    moved: u64,
    /// Whether all lanes were in use whenever it was looked.
    is_full: bool,
}

thread_local! {
    static LINE: Line = Line::default();
}

/// The right to have a part on the line, until it is dropped.
pub struct Lane(());

impl Drop for Lane {
    fn drop(&mut self) {
        LINE.with(|line| line.busy.set(line.busy.get() - 1));
        bell::ring();
    }
}

/// A lane for the film whose turn is `turn`, if one is free and no film with an earlier turn waits for it. Who gets none is
/// waiting from here on.
pub fn lane(turn: u32) -> Option<Lane> {
    LINE.with(|line| {
        let mut hungry = line.hungry.borrow_mut();
        hungry.insert(turn);
        if line.busy.get() >= line.lanes.borrow().count() || hungry.first() != Some(&turn) {
            return None;
        }
        hungry.remove(&turn);
        line.busy.set(line.busy.get() + 1);
        Some(Lane(()))
    })
}

/// The film waits for no lane any more.
pub fn leave(turn: u32) {
    LINE.with(|line| line.hungry.borrow_mut().remove(&turn));
    bell::ring();
}

/// Tells of bytes that moved since the last time, whoever's. To be called every half second or so.
pub fn moved(bytes: u64) {
    LINE.with(|line| {
        let (now, mut window) = (js_sys::Date::now(), line.window.get());
        let is_full = line.busy.get() >= line.lanes.borrow().count();
        if now - window.begun > 2.0 * WINDOW {
            // Nothing was sent for a while.
            window = Window { begun: now, moved: 0, is_full };
        }
        window.moved += bytes;
        window.is_full &= is_full;
        let elapsed = now - window.begun;
        if elapsed >= WINDOW || (elapsed >= LESS && window.moved >= ENOUGH) {
            let speed = window.moved as f64 * 1000.0 / elapsed;
            line.speed.set(Some(speed as u64));
            if window.is_full || speed >= FAST {
                line.lanes.borrow_mut().measured(speed);
                bell::ring();
            }
            window = Window { begun: now, moved: 0, is_full };
        }
        line.window.set(window);
    });
}

/// What the line carried lately, bytes per second.
pub fn speed() -> Option<u64> {
    LINE.with(|line| line.speed.get())
}
