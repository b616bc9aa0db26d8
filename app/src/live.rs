//! Follows a film while it is processed, by server-sent events.

use domain::id::VideoId;
use leptos::prelude::{IntervalHandle, set_interval_with_handle};
use serde::Deserialize;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{EventSource, MessageEvent};

pub enum News {
    /// Its state changed, or something may have been missed: ask for the film as it is now.
    Look,
    /// Share that is processed, 0 to 1.
    Progress(f64),
}

/// A browser opens six connections to a server over HTTP/1.1, and an event stream keeps one. Beyond these few, asking does.
const MOST_STREAMS: u32 = 2;
const ASK_EVERY: Duration = Duration::from_secs(3);

thread_local! {
    static STREAMS: Cell<u32> = const { Cell::new(0) };
}

type Tell = Rc<dyn Fn(News)>;

/// Ends when dropped.
pub struct Follow {
    stream: Option<EventSource>,
    timer: Option<IntervalHandle>,
    _listeners: Vec<Closure<dyn Fn(MessageEvent)>>,
}

impl Drop for Follow {
    fn drop(&mut self) {
        if let Some(stream) = &self.stream {
            stream.close();
            STREAMS.with(|n| n.set(n.get().saturating_sub(1)));
        }
        if let Some(timer) = &self.timer {
            timer.clear();
        }
    }
}

#[derive(Deserialize)]
struct ProgressData {
    progress: f64,
}

fn listen(stream: &EventSource, name: &str, hear: impl Fn(MessageEvent) + 'static) -> Closure<dyn Fn(MessageEvent)> {
    let listener = Closure::<dyn Fn(MessageEvent)>::new(hear);
    let _ = stream.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
    listener
}

/// Calls `tell` with everything that happens to `video`.
pub fn follow(video: &VideoId, tell: Tell) -> Follow {
    let free = STREAMS.with(Cell::get) < MOST_STREAMS;
    let stream = if free { EventSource::new(&format!("/api/v1/videos/{video}/events")).ok() } else { None };
    let mut listeners = Vec::new();
    if let Some(stream) = &stream {
        STREAMS.with(|n| n.set(n.get() + 1));
        listeners.push(listen(stream, "open", {
            let tell = tell.clone();
            move |_| tell(News::Look)
        }));
        listeners.push(listen(stream, "progress", {
            let tell = tell.clone();
            move |event| {
                let data = event.data().as_string().and_then(|text| serde_json::from_str::<ProgressData>(&text).ok());
                if let Some(data) = data {
                    tell(News::Progress(data.progress));
                }
            }
        }));
        listeners.push(listen(stream, "state", {
            let tell = tell.clone();
            move |_| tell(News::Look)
        }));
    }
    // A stream reconnects by itself, unless the answer was an error: then asking goes on in its place.
    let asked = stream.clone();
    let timer = set_interval_with_handle(
        move || {
            if asked.as_ref().is_none_or(|stream| stream.ready_state() == EventSource::CLOSED) {
                tell(News::Look);
            }
        },
        ASK_EVERY,
    )
    .ok();
    Follow { stream, timer, _listeners: listeners }
}

/// A [`Follow`] that may end from inside what it tells.
#[derive(Clone, Default)]
pub struct Following(Rc<RefCell<Option<Follow>>>);

impl Following {
    pub fn start(&self, video: &VideoId, tell: Tell) {
        let follow = follow(video, tell);
        *self.0.borrow_mut() = Some(follow);
    }

    pub fn stop(&self) {
        let ended = self.0.borrow_mut().take();
        // Not from within its own listener, which is running now.
        leptos::prelude::set_timeout(move || drop(ended), Duration::ZERO);
    }
}
