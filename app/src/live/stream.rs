//! The browser's one event stream: a tab of many has it, for the films that any of them follows, and passes on what it
//! hears. When that tab is closed another begins, and the server tells it of every film anew.

use super::{followed, hear, is_heard, learn};
use crate::tabs;
use leptos::prelude::set_timeout;
use leptos::task::spawn_local;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::cell::{Cell, RefCell};
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{BroadcastChannel, EventSource, MessageEvent};

const NAME: &str = "kinora-events";
/// The server tells of no more in one stream.
const MOST_FILMS: usize = 50;
/// Films that come one after the other are one change.
const GATHER: Duration = Duration::from_millis(200);
/// After an answer that was no stream.
const REST: Duration = Duration::from_secs(15);

type Listener = Closure<dyn Fn(MessageEvent)>;

struct Hub {
    channel: BroadcastChannel,
    /// What this tab is known by among the others.
    me: String,
    is_first: Cell<bool>,
    /// The other tabs and their films; known to the first alone.
    others: RefCell<Vec<(String, String)>>,
    stream: RefCell<Option<EventSource>>,
    /// The films that it tells of.
    films: RefCell<String>,
    /// The version of each that it has told of.
    told: RefCell<Vec<(String, String)>>,
    is_changing: Cell<bool>,
    _listener: Listener,
}

thread_local! {
    /// Lives as long as the page. None where tabs can't talk to each other: then films are asked for.
    static HUB: Cell<Option<&'static Hub>> = const { Cell::new(None) };
    static IS_OPEN: Cell<bool> = const { Cell::new(false) };
}

/// Makes known which films this tab follows.
pub fn want() {
    if !IS_OPEN.replace(true) {
        open();
    }
    if let Some(hub) = HUB.get() {
        hub.want();
    }
}

fn open() {
    let Ok(channel) = BroadcastChannel::new(NAME) else { return };
    let listener = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
        if let (Some(hub), Some(text)) = (HUB.get(), event.data().as_string()) {
            hub.take(&text);
        }
    });
    channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    let hub: &'static Hub = Box::leak(Box::new(Hub {
        channel,
        me: js_sys::Math::random().to_bits().to_string(),
        is_first: Cell::default(),
        others: RefCell::default(),
        stream: RefCell::default(),
        films: RefCell::default(),
        told: RefCell::default(),
        is_changing: Cell::default(),
        _listener: listener,
    }));
    HUB.set(Some(hub));
    spawn_local(async move {
        let alone = tabs::alone(NAME).await;
        if alone.is_sure() {
            hub.is_first.set(true);
            hub.say("who");
            hub.change();
            // Until the page is gone.
            std::mem::forget(alone);
        }
    });
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    video: String,
    #[serde(default)]
    version: String,
    /// As the server has written it: who follows the film reads it.
    progress: Option<Box<RawValue>>,
}

impl Hub {
    fn say(&self, text: &str) {
        let _ = self.channel.post_message(&text.into());
    }

    fn want(&'static self) {
        let films = followed().join(",");
        if self.is_first.get() {
            self.tell_again(&films);
            self.change();
        } else {
            self.say(&format!("want {} {films}", self.me));
        }
    }

    /// What another tab says.
    fn take(&'static self, text: &str) {
        let mut words = text.splitn(3, ' ');
        let mut word = || words.next().unwrap_or_default();
        let (name, one, two) = (word(), word(), word());
        match name {
            "who" => self.want(),
            "want" => {
                if self.is_first.get() {
                    let mut others = self.others.borrow_mut();
                    others.retain(|(tab, _)| tab != one);
                    if !two.is_empty() {
                        others.push((one.to_owned(), two.to_owned()));
                    }
                    drop(others);
                    self.tell_again(two);
                    self.change();
                }
            }
            _ => hear(name, one, two),
        }
    }

    /// Tells all tabs.
    fn tell(&self, name: &str, video: &str, what: &str) {
        self.say(&format!("{name} {video} {what}"));
        hear(name, video, what);
    }

    /// What the stream has told of `films`, for whoever begins to follow them: it says nothing twice.
    fn tell_again(&self, films: &str) {
        if is_heard() {
            for (video, version) in self.told.borrow().iter().filter(|(video, _)| films.contains(video.as_str())) {
                self.say(&format!("state {video} {version}"));
                // Here that is no sign of the stream.
                learn("state", video, version);
            }
        }
    }

    /// Has the stream tell of the films that are followed now, in a moment.
    fn change(&'static self) {
        if !self.is_changing.replace(true) {
            set_timeout(
                move || {
                    self.is_changing.set(false);
                    self.listen();
                },
                GATHER,
            );
        }
    }

    fn listen(&'static self) {
        let mut films = followed();
        for (_, theirs) in self.others.borrow().iter() {
            for film in theirs.split(',') {
                if films.iter().all(|other| other != film) {
                    films.push(film.to_owned());
                }
            }
        }
        // Of too many those stay that are told of already.
        films.sort_by_key(|film| !self.films.borrow().contains(film.as_str()));
        films.truncate(MOST_FILMS);
        films.sort_unstable();
        let films = films.join(",");
        if *self.films.borrow() == films {
            return;
        }
        if let Some(stream) = self.stream.take() {
            stream.close();
        }
        self.told.take();
        self.films.replace(films.clone());
        if films.is_empty() {
            return;
        }
        let Ok(stream) = EventSource::new(&format!("/api/v1/events?videos={films}")) else { return };
        for name in ["state", "progress", "gone", "alive", "error"] {
            let heard = stream.clone();
            let listener = Listener::new(move |event: MessageEvent| self.pass_on(&heard, name, &event));
            // As long as the stream is there, so is it.
            let _ = stream.add_event_listener_with_callback(name, listener.into_js_value().unchecked_ref());
        }
        self.stream.replace(Some(stream));
    }

    fn pass_on(&'static self, stream: &EventSource, name: &'static str, event: &MessageEvent) {
        if self.stream.borrow().as_ref() != Some(stream) {
            return;
        }
        if name == "error" {
            self.told.take();
            self.tell("broken", "", "");
            // It connects anew by itself, unless the answer was none.
            if stream.ready_state() == EventSource::CLOSED {
                self.stream.take();
                set_timeout(
                    move || {
                        if self.stream.borrow().is_none() {
                            self.films.take();
                            self.change();
                        }
                    },
                    REST,
                );
            }
            return;
        }
        let Some(data) = event.data().as_string().and_then(|text| serde_json::from_str::<Data>(&text).ok()) else {
            return;
        };
        match name {
            "progress" => return self.tell(name, &data.video, data.progress.as_deref().map_or("0", RawValue::get)),
            "state" | "gone" => {
                let mut told = self.told.borrow_mut();
                told.retain(|(video, _)| *video != data.video);
                if name == "state" {
                    told.push((data.video.clone(), data.version.clone()));
                }
            }
            _ => {}
        }
        self.tell(name, &data.video, &data.version);
    }
}
