//! The films somebody brought since the page was loaded. Lives above the router.

use super::calm::{PORTION, Turns, breathe, turn};
use super::{bell, bytes, notify, sender, wake};
use crate::tabs;
use domain::fingerprint::Fingerprint;
use domain::id::VideoId;
use domain::quota::NoRoom;
use domain::sniff;
use domain::text::Title;
use domain::upload::{Created, PartPlan, Status};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use send_wrapper::SendWrapper;
use std::cell::RefCell;
use web_sys::File;

/// Films that are sent at once: while the last parts of one are on their way, those of the next follow.
const AT_ONCE: usize = 2;
/// Held by the tab that sends.
const LOCK: &str = "kinora-upload";

thread_local! {
    static ADDING: Turns = const { RefCell::new(None) };
    static CHECKING: Turns = const { RefCell::new(None) };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Checking,
    /// Others are being sent first.
    Waiting,
    Sending,
    Paused,
    Queued,
    Processing,
    Ready,
    Failed,
    Refused,
}

impl Stage {
    /// The row's `data-state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Checking => "checking",
            Stage::Waiting | Stage::Sending => "sending",
            Stage::Paused => "paused",
            Stage::Queued => "queued",
            Stage::Processing => "processing",
            Stage::Ready => "ready",
            Stage::Failed => "failed",
            Stage::Refused => "refused",
        }
    }

    /// Bytes are to leave this browser by themselves.
    pub fn needs_page(self) -> bool {
        matches!(self, Stage::Checking | Stage::Waiting | Stage::Sending)
    }
}

/// What the person wants of a film that isn't sent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Go,
    Pause,
    Cancel,
}

/// One film on its way. Clones are the same film.
#[derive(Clone)]
pub struct Film {
    /// Its turn, too: earlier ones get the line first.
    pub number: u32,
    pub file: SendWrapper<File>,
    pub size: u64,
    /// What the file turned out to be known by.
    pub fingerprint: ArcRwSignal<Option<Fingerprint>>,
    pub title: ArcRwSignal<String>,
    pub description: ArcRwSignal<String>,
    pub visibility: ArcRwSignal<String>,
    pub stage: ArcRwSignal<Stage>,
    pub wish: ArcRwSignal<Wish>,
    /// Bytes that have left.
    pub sent: ArcRwSignal<u64>,
    /// Bytes per second.
    pub speed: ArcRwSignal<u64>,
    /// Share that is processed, 0 to 1.
    pub progress: ArcRwSignal<f64>,
    /// Until all of it is processed.
    pub seconds_left: ArcRwSignal<Option<u64>>,
    /// The sizes that there are, in words.
    pub rungs: ArcRwSignal<String>,
    pub is_watchable: ArcRwSignal<bool>,
    /// Its bytes were there before.
    pub is_known: ArcRwSignal<bool>,
    pub upload: ArcRwSignal<Option<Created>>,
    pub video: ArcRwSignal<Option<VideoId>>,
    /// What went wrong, in words.
    pub problem: ArcRwSignal<Option<String>>,
}

impl Film {
    fn new(number: u32, file: File, visibility: String) -> Self {
        Self {
            number,
            size: file.size() as u64,
            fingerprint: ArcRwSignal::new(None),
            title: ArcRwSignal::new(Title::from_file_name(&file.name()).as_str().to_owned()),
            description: ArcRwSignal::new(String::new()),
            visibility: ArcRwSignal::new(visibility),
            stage: ArcRwSignal::new(Stage::Checking),
            wish: ArcRwSignal::new(Wish::Go),
            sent: ArcRwSignal::new(0),
            speed: ArcRwSignal::new(0),
            progress: ArcRwSignal::new(0.0),
            seconds_left: ArcRwSignal::new(None),
            rungs: ArcRwSignal::new(String::new()),
            is_watchable: ArcRwSignal::new(false),
            is_known: ArcRwSignal::new(false),
            upload: ArcRwSignal::new(None),
            video: ArcRwSignal::new(None),
            problem: ArcRwSignal::new(None),
            file: SendWrapper::new(file),
        }
    }

    pub fn refuse(&self, why: String) {
        self.problem.set(Some(why));
        self.stage.set(Stage::Refused);
    }

    pub fn fail(&self, why: String) {
        self.problem.set(Some(why));
        self.stage.set(Stage::Failed);
    }

    pub fn become_ready(&self) {
        self.stage.set(Stage::Ready);
        notify::film_is_ready(&self.title.get_untracked());
    }

    fn stage_is(&self, stage: Stage) -> bool {
        self.stage.get_untracked() == stage
    }
}

#[derive(Clone, Copy)]
pub struct Queue {
    /// In the order in which they are sent.
    pub films: RwSignal<Vec<Film>>,
    pub max_bytes: RwSignal<u64>,
    /// Bytes that are left for films of which the server doesn't know yet; None without a limit.
    left: RwSignal<Option<u64>>,
    /// Files of which it knows.
    begun: RwSignal<Vec<Fingerprint>>,
    /// The first film that waits, by its number.
    pub first_waiting: Memo<Option<u32>>,
    /// Another tab of this browser is sending; this one waits until it is done.
    pub is_elsewhere: RwSignal<bool>,
    is_going: RwSignal<bool>,
    next: RwSignal<u32>,
}

impl Queue {
    pub fn new() -> Self {
        let films = RwSignal::new(Vec::<Film>::new());
        let waits = |film: &&Film| film.stage.get() == Stage::Waiting;
        let queue = Self {
            films,
            first_waiting: Memo::new(move |_| films.with(|films| films.iter().find(waits).map(|film| film.number))),
            max_bytes: RwSignal::new(u64::MAX),
            left: RwSignal::new(None),
            begun: RwSignal::new(Vec::new()),
            is_elsewhere: RwSignal::new(false),
            is_going: RwSignal::new(false),
            next: RwSignal::new(0),
        };
        Effect::new(move |_| {
            // These last as long as the page does.
            let _ = window_event_listener(ev::beforeunload, move |event| {
                if queue.films.with_untracked(|films| films.iter().any(|f| f.stage.get_untracked().needs_page())) {
                    event.prevent_default();
                    event.set_return_value("Films are still being sent.");
                }
            });
            let _ = window_event_listener(ev::online, |_| bell::ring());
        });
        queue
    }

    pub fn add(self, files: Vec<File>, visibility: &str) {
        let visibility = visibility.to_owned();
        spawn_local(async move {
            let _turn = turn(&ADDING).await;
            for portion in files.chunks(PORTION) {
                let mut films = Vec::new();
                for file in portion {
                    let number = self.next.get_untracked();
                    self.next.set(number + 1);
                    films.push(Film::new(number, file.clone(), visibility.clone()));
                }
                self.films.update(|all| all.extend(films.clone()));
                spawn_local(self.check_all(films));
                breathe().await;
            }
        });
    }

    /// One after the other: a folder of hundreds is looked at without hurry.
    async fn check_all(self, films: Vec<Film>) {
        let _turn = turn(&CHECKING).await;
        for film in films {
            let checked = self.check(&film).await;
            if film.wish.get_untracked() == Wish::Cancel {
                continue;
            }
            match checked {
                Ok(()) if film.wish.get_untracked() == Wish::Pause => film.stage.set(Stage::Paused),
                Ok(()) => film.stage.set(Stage::Waiting),
                Err(why) => film.refuse(why),
            }
            self.go();
        }
    }

    /// Whether a file may be sent at all, and what it is known by. The server judges again by itself.
    async fn check(self, film: &Film) -> Result<(), String> {
        let unreadable = |_| bytes::UNREADABLE.to_owned();
        PartPlan::new(film.size, self.max_bytes.get_untracked(), None).map_err(|error| error.to_string())?;
        Title::parse(&film.title.get_untracked()).map_err(|error| error.to_string())?;
        let head = bytes::head(&film.file, sniff::SNIFF_LEN).await.map_err(unreadable)?;
        if sniff::container(&head).is_none() {
            return Err("This file isn't a film: its first bytes are none of any format known here.".to_owned());
        }
        let fingerprint = bytes::fingerprint(&film.file).await.map_err(unreadable)?;
        let is_the_same = |other: &Film| {
            other.number != film.number
                && other.fingerprint.with_untracked(|known| known.as_ref() == Some(&fingerprint))
                && !matches!(other.stage.get_untracked(), Stage::Ready | Stage::Failed | Stage::Refused)
        };
        if self.films.with_untracked(|films| films.iter().any(is_the_same)) {
            return Err("This film is on its way already; it stands in this list.".to_owned());
        }
        if let Some(left) = self.left.get_untracked()
            && !self.begun.with_untracked(|begun| begun.contains(&fingerprint))
        {
            let rest =
                left.checked_sub(film.size).ok_or_else(|| NoRoom::Bytes { size: film.size, left }.to_string())?;
            self.left.set(Some(rest));
        }
        film.fingerprint.set(Some(fingerprint));
        Ok(())
    }

    /// What the server has told of the room that there is, and of the files that it counts already.
    pub fn make_room(self, left: Option<u64>, begun: Vec<Fingerprint>) {
        let waits = |film: &&Film| {
            film.stage_is(Stage::Waiting)
                && film.fingerprint.with_untracked(|known| !known.iter().any(|k| begun.contains(k)))
        };
        let waiting = self.films.with_untracked(|films| films.iter().filter(waits).map(|film| film.size).sum());
        self.left.set(left.map(|left| left.saturating_sub(waiting)));
        self.begun.set(begun);
    }

    /// Sends what waits, the first that came first, until nothing is left to send.
    fn go(self) {
        bell::ring();
        if self.is_going.get_untracked() || self.with_stage(Stage::Waiting) == 0 {
            return;
        }
        self.is_going.set(true);
        spawn_local(async move {
            self.is_elsewhere.set(true);
            let alone = tabs::alone(LOCK).await;
            self.is_elsewhere.set(false);
            let awake = wake::stay_awake();
            loop {
                while self.with_stage(Stage::Sending) < AT_ONCE
                    && let Some(film) = self.first_waiting()
                {
                    film.stage.set(Stage::Sending);
                    spawn_local(async move {
                        sender::send(&film).await;
                        bell::ring();
                    });
                }
                if self.with_stage(Stage::Sending) == 0 {
                    break;
                }
                bell::wait().await;
            }
            drop((alone, awake));
            self.is_going.set(false);
        });
    }

    fn with_stage(self, stage: Stage) -> usize {
        self.films.with_untracked(|films| films.iter().filter(|film| film.stage_is(stage)).count())
    }

    fn first_waiting(self) -> Option<Film> {
        self.films.with_untracked(|films| films.iter().find(|film| film.stage_is(Stage::Waiting)).cloned())
    }

    /// Stops it where it is.
    pub fn pause(self, film: &Film) {
        film.wish.set(Wish::Pause);
        if film.stage_is(Stage::Waiting) {
            film.stage.set(Stage::Paused);
        }
        bell::ring();
    }

    /// Goes on with one that was paused or failed.
    pub fn resume(self, film: &Film) {
        film.wish.set(Wish::Go);
        film.problem.set(None);
        if !film.stage_is(Stage::Sending) {
            film.stage.set(Stage::Waiting);
        }
        self.go();
    }

    /// Before all others that wait.
    pub fn send_next(self, film: &Film) {
        self.films.update(|films| {
            let from = films.iter().position(|other| other.number == film.number);
            let to = films.iter().position(|other| other.stage_is(Stage::Waiting));
            if let (Some(from), Some(to)) = (from, to)
                && from > to
            {
                let film = films.remove(from);
                films.insert(to, film);
            }
        });
    }

    /// Stops it and takes its row away. What was sent is thrown away by the server.
    pub fn cancel(self, film: &Film) {
        film.wish.set(Wish::Cancel);
        bell::ring();
        self.remove(film);
        if film.fingerprint.with_untracked(Option::is_some) {
            self.left.update(|left| *left = left.map(|left| left.saturating_add(film.size)));
        }
        if let Some(created) = film.upload.get_untracked() {
            spawn_local(async move {
                // An upload that nobody ends is ended by the server's sweep.
                let _ = super::api::abort_upload(created.upload_id).await;
            });
        }
    }

    pub fn remove(self, film: &Film) {
        self.films.update(|films| films.retain(|f| f.number != film.number));
    }

    /// Whether a session is gone on with in this list.
    pub fn has(self, status: &Status) -> bool {
        let is_its = |film: &Film| {
            film.fingerprint.with(|known| known.is_some() && *known == status.fingerprint)
                || film.upload.with(|created| created.as_ref().is_some_and(|c| c.upload_id == status.upload_id))
        };
        self.films.with(|films| films.iter().any(is_its))
    }
}
