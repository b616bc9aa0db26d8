//! Follows films while they are processed. One tab of a browser has the server's stream of news (`stream`) and tells the
//! others; what it doesn't tell of is asked for.

mod stream;

use crate::watch::api::film;
use domain::id::VideoId;
use domain::video::{State, Video};
use leptos::prelude::{IntervalHandle, set_interval_with_handle};
use leptos::task::spawn_local;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

pub enum News {
    /// The film as it is now.
    Film(Box<Video>),
    /// Share that is processed, 0 to 1.
    Progress(f64),
}

const ASK_EVERY: Duration = Duration::from_secs(3);
/// In milliseconds.
const CLOSELY: f64 = 4_000.0;
/// Films that are asked for at a time where no stream tells of them.
const ASK_AT_ONCE: usize = 4;
/// The server says something every fifteen seconds: for how long silence is no sign of a break, in milliseconds.
const SILENCE: f64 = 40_000.0;

thread_local! {
    /// Those whose turn to be asked for comes first stand in front.
    static FOLLOWED: RefCell<Vec<Following>> = const { RefCell::new(Vec::new()) };
    static TIMER: Cell<Option<IntervalHandle>> = const { Cell::new(None) };
    /// When the stream was last heard of.
    static HEARD: Cell<f64> = const { Cell::new(0.0) };
}

/// A film that is followed. Ends by itself when nothing more will happen to the film. Clones are the same.
#[derive(Clone)]
pub struct Following(Rc<Followed>);

struct Followed {
    video: VideoId,
    tell: Rc<dyn Fn(News)>,
    /// How often the film was asked for, and the number of the last answer.
    asked: Cell<u32>,
    answered: Cell<u32>,
    /// The stream's word for what was asked for last.
    version: RefCell<String>,
    /// When it was asked for last.
    asked_at: Cell<f64>,
    /// How far it is by the stream, which knows it before who is asked does.
    progress: Cell<f64>,
    /// The stream tells of it.
    is_told: Cell<bool>,
    /// Whatever else changes while it comes on is asked for, too.
    is_watched_closely: bool,
    is_over: Cell<bool>,
}

/// Calls `tell` with everything that happens to `video`. Watched closely it is asked for every few seconds while it comes
/// on: for the time that is left, and the sizes that there are.
pub fn follow(video: VideoId, is_watched_closely: bool, tell: Rc<dyn Fn(News)>) -> Following {
    let following = Following(Rc::new(Followed {
        video,
        tell,
        asked: Cell::default(),
        answered: Cell::default(),
        version: RefCell::default(),
        asked_at: Cell::default(),
        progress: Cell::default(),
        is_told: Cell::default(),
        is_watched_closely,
        is_over: Cell::default(),
    }));
    FOLLOWED.with_borrow_mut(|all| all.push(following.clone()));
    if TIMER.get().is_none() {
        TIMER.set(set_interval_with_handle(ask_for_some, ASK_EVERY).ok());
    }
    stream::want();
    following
}

impl Following {
    /// Asks for the film as it is now.
    pub fn ask(&self) {
        let followed = self.0.clone();
        let number = followed.asked.get() + 1;
        followed.asked.set(number);
        followed.asked_at.set(js_sys::Date::now());
        let this = self.clone();
        spawn_local(async move {
            let answer = film(followed.video.clone()).await;
            // An answer that comes after a later question may be older than what is known by now.
            if followed.asked.get() != number || followed.is_over.get() {
                return;
            }
            followed.answered.set(number);
            match answer {
                Ok(mut page) => {
                    if page.video.state == State::Processing {
                        page.video.progress = page.video.progress.max(followed.progress.get());
                    }
                    if page.video.state.is_final() {
                        this.stop();
                    }
                    (followed.tell)(News::Film(Box::new(page.video)));
                }
                // Deleted meanwhile.
                Err(error) if error.is("not_found") => this.stop(),
                // It is asked for again, whatever the stream says.
                Err(_) => this.doubt(),
            }
        });
    }

    pub fn stop(&self) {
        self.0.is_over.set(true);
        FOLLOWED.with_borrow_mut(|all| all.retain(|other| !Rc::ptr_eq(&other.0, &self.0)));
        if FOLLOWED.with_borrow(Vec::is_empty)
            && let Some(timer) = TIMER.take()
        {
            timer.clear();
        }
        stream::want();
    }

    fn doubt(&self) {
        self.0.is_told.set(false);
        self.0.version.take();
    }

    fn is_answered(&self) -> bool {
        self.0.asked.get() == self.0.answered.get()
    }
}

/// The films that this tab follows, each once.
fn followed() -> Vec<String> {
    let mut ids = Vec::new();
    each(|following| ids.push(following.0.video.as_str().to_owned()));
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn each(mut what: impl FnMut(&Following)) {
    // What is told may follow or let go of films.
    let all = FOLLOWED.with_borrow(Vec::clone);
    all.iter().for_each(&mut what);
}

/// Whether the stream goes on, as far as that can be known.
fn is_heard() -> bool {
    js_sys::Date::now() - HEARD.get() <= SILENCE
}

/// Films of which no stream tells, in turn.
fn ask_for_some() {
    if !is_heard() {
        each(Following::doubt);
    }
    let mut some = Vec::new();
    FOLLOWED.with_borrow_mut(|all| {
        let (mut asked, rest): (Vec<_>, Vec<_>) =
            all.drain(..).partition(|following| !following.0.is_told.get() && following.is_answered());
        let later = asked.split_off(asked.len().min(ASK_AT_ONCE));
        some.clone_from(&asked);
        all.extend(later.into_iter().chain(rest).chain(asked));
    });
    if !some.is_empty() {
        some.iter().for_each(Following::ask);
        // Whoever has the stream may not know of them.
        stream::want();
    }
}

/// The stream has told something: `alive`, `state` of a film and the version of all that is asked for, `progress` and how
/// far it is, `gone` of one that isn't told of any more; or it has come to an end, `broken`.
fn hear(name: &str, video: &str, what: &str) {
    if name == "broken" {
        HEARD.set(0.0);
        each(Following::doubt);
        return;
    }
    HEARD.set(js_sys::Date::now());
    learn(name, video, what);
}

/// What is told of a film, by the stream or by what was remembered of it.
fn learn(name: &str, video: &str, what: &str) {
    each(|following| {
        let followed = &following.0;
        if followed.video.as_str() != video {
            return;
        }
        match name {
            "progress" => {
                let progress = js_sys::Number::parse_float(what);
                followed.progress.set(progress);
                (followed.tell)(News::Progress(progress));
                if followed.is_watched_closely && js_sys::Date::now() - followed.asked_at.get() > CLOSELY {
                    following.ask();
                }
            }
            "state" => {
                followed.is_told.set(true);
                if followed.version.replace(what.to_owned()) != what {
                    // Another attempt begins from the start.
                    followed.progress.set(0.0);
                    following.ask();
                }
            }
            "gone" => {
                following.doubt();
                following.ask();
            }
            _ => {}
        }
    });
}
