//! Follows a film while it is processed, by server-sent events.

use crate::watch::api::film;
use domain::id::VideoId;
use domain::video::Video;
use leptos::prelude::{IntervalHandle, set_interval_with_handle, set_timeout};
use leptos::task::spawn_local;
use serde::Deserialize;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{EventSource, MessageEvent};

pub enum News {
    /// The film as it is now.
    Film(Box<Video>),
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

/// What is held open while a film is followed. Closes when dropped.
struct Line {
    stream: Option<EventSource>,
    timer: Option<IntervalHandle>,
    _listeners: Vec<Closure<dyn Fn(MessageEvent)>>,
}

impl Drop for Line {
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

/// A film that is followed. Ends by itself when nothing more will happen to the film.
#[derive(Clone)]
pub struct Following {
    video: VideoId,
    tell: Tell,
    /// How often the film was asked for, and the number of the last answer.
    asked: Rc<Cell<u32>>,
    answered: Rc<Cell<u32>>,
    line: Rc<RefCell<Option<Line>>>,
}

/// Calls `tell` with everything that happens to `video`.
pub fn follow(video: VideoId, tell: impl Fn(News) + 'static) -> Following {
    let following =
        Following { video, tell: Rc::new(tell), asked: Rc::default(), answered: Rc::default(), line: Rc::default() };
    let line = following.open();
    *following.line.borrow_mut() = Some(line);
    following
}

impl Following {
    fn open(&self) -> Line {
        let free = STREAMS.with(Cell::get) < MOST_STREAMS;
        let stream = if free { EventSource::new(&format!("/api/v1/videos/{}/events", self.video)).ok() } else { None };
        let mut listeners = Vec::new();
        if let Some(stream) = &stream {
            STREAMS.with(|n| n.set(n.get() + 1));
            let this = self.clone();
            listeners.push(listen(stream, "progress", move |event| {
                let data = event.data().as_string().and_then(|text| serde_json::from_str::<ProgressData>(&text).ok());
                if let Some(data) = data {
                    (this.tell)(News::Progress(data.progress));
                }
            }));
            // The stream begins with the state, also after a break: nothing is missed.
            let this = self.clone();
            listeners.push(listen(stream, "state", move |_| this.ask()));
        }
        // A stream reconnects by itself, unless the answer was an error: then asking goes on in its place.
        let (this, asked) = (self.clone(), stream.clone());
        let ask = move || {
            let no_stream = asked.as_ref().is_none_or(|stream| stream.ready_state() == EventSource::CLOSED);
            if no_stream && this.answered.get() == this.asked.get() {
                this.ask();
            }
        };
        Line { stream, timer: set_interval_with_handle(ask, ASK_EVERY).ok(), _listeners: listeners }
    }

    fn ask(&self) {
        let number = self.asked.get() + 1;
        self.asked.set(number);
        let this = self.clone();
        spawn_local(async move {
            let answer = film(this.video.clone()).await;
            // An answer that comes after a later question may be older than what is known by now.
            if this.asked.get() != number || this.line.borrow().is_none() {
                return;
            }
            this.answered.set(number);
            match answer {
                Ok(page) => {
                    if page.video.state.is_final() {
                        this.stop();
                    }
                    (this.tell)(News::Film(Box::new(page.video)));
                }
                // Deleted meanwhile.
                Err(error) if error.is("not_found") => this.stop(),
                Err(_) => {}
            }
        });
    }

    pub fn stop(&self) {
        let ended = self.line.borrow_mut().take();
        // Not from within its own listener, which may be running now.
        set_timeout(move || drop(ended), Duration::ZERO);
    }
}

fn listen(stream: &EventSource, name: &str, hear: impl Fn(MessageEvent) + 'static) -> Closure<dyn Fn(MessageEvent)> {
    let listener = Closure::<dyn Fn(MessageEvent)>::new(hear);
    let _ = stream.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
    listener
}
