//! Rung whenever something changed that somebody who sends may wait for: a part is done or prepared, a lane is free, a
//! person paused a film. Who hears it looks for themselves whether it was meant for them.

use leptos::prelude::set_timeout;
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

thread_local! {
    static RINGS: Cell<u64> = const { Cell::new(0) };
    static WAITING: RefCell<Vec<Waker>> = const { RefCell::new(Vec::new()) };
}

pub fn ring() {
    RINGS.set(RINGS.get() + 1);
    for waker in WAITING.take() {
        waker.wake();
    }
}

/// Until the next ring.
pub fn wait() -> impl Future<Output = ()> {
    Wait(RINGS.get())
}

/// For `time`, or until `over` holds at a ring.
pub async fn rest(time: Duration, over: impl Fn() -> bool) {
    let end = js_sys::Date::now() + time.as_millis() as f64;
    set_timeout(ring, time);
    while js_sys::Date::now() < end && !over() {
        wait().await;
    }
}

/// The rings that were heard before.
struct Wait(u64);

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if RINGS.get() != self.0 {
            return Poll::Ready(());
        }
        WAITING.with_borrow_mut(|waiting| waiting.push(context.waker().clone()));
        Poll::Pending
    }
}
