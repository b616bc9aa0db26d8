//! The films somebody brought since the page was loaded. Lives above the router.

use super::sender;
use crate::components::theme::remember;
use domain::id::VideoId;
use domain::sniff;
use domain::text::Title;
use domain::upload::{Created, PartPlan};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, FileList};

/// Where the last choice of who can see a film is kept.
pub const VISIBILITY_KEY: &str = "kinora-visibility";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Checking,
    /// Another film is being sent first.
    Waiting,
    Sending,
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
            Stage::Queued => "queued",
            Stage::Processing => "processing",
            Stage::Ready => "ready",
            Stage::Failed => "failed",
            Stage::Refused => "refused",
        }
    }

    /// Bytes are still to leave this browser.
    pub fn needs_page(self) -> bool {
        matches!(self, Stage::Checking | Stage::Waiting | Stage::Sending)
    }
}

/// One film on its way. Clones are the same film.
#[derive(Clone)]
pub struct Film {
    pub number: u32,
    pub file: SendWrapper<File>,
    pub size: u64,
    pub visibility: String,
    pub stage: ArcRwSignal<Stage>,
    pub title: ArcRwSignal<String>,
    /// Bytes that have left.
    pub sent: ArcRwSignal<u64>,
    /// Bytes per second.
    pub speed: ArcRwSignal<u64>,
    /// Share that is processed, 0 to 1.
    pub progress: ArcRwSignal<f64>,
    pub upload: ArcRwSignal<Option<Created>>,
    pub video: ArcRwSignal<Option<VideoId>>,
    /// What went wrong, in words.
    pub problem: ArcRwSignal<Option<String>>,
    pub cancelled: ArcRwSignal<bool>,
}

impl Film {
    fn new(number: u32, file: File, visibility: String) -> Self {
        Self {
            number,
            size: file.size() as u64,
            visibility,
            stage: ArcRwSignal::new(Stage::Checking),
            title: ArcRwSignal::new(Title::from_file_name(&file.name()).as_str().to_owned()),
            sent: ArcRwSignal::new(0),
            speed: ArcRwSignal::new(0),
            progress: ArcRwSignal::new(0.0),
            upload: ArcRwSignal::new(None),
            video: ArcRwSignal::new(None),
            problem: ArcRwSignal::new(None),
            cancelled: ArcRwSignal::new(false),
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
}

#[derive(Clone, Copy)]
pub struct Queue {
    pub films: RwSignal<Vec<Film>>,
    pub max_bytes: RwSignal<u64>,
    busy: RwSignal<bool>,
    next: RwSignal<u32>,
}

impl Queue {
    pub fn new() -> Self {
        let queue = Self {
            films: RwSignal::new(Vec::new()),
            max_bytes: RwSignal::new(u64::MAX),
            busy: RwSignal::new(false),
            next: RwSignal::new(0),
        };
        Effect::new(move |_| {
            // Lasts as long as the page does.
            let _ = window_event_listener(ev::beforeunload, move |event| {
                if queue.films.with_untracked(|films| films.iter().any(|f| f.stage.get_untracked().needs_page())) {
                    event.prevent_default();
                    event.set_return_value("Films are still being sent.");
                }
            });
        });
        queue
    }

    pub fn add(self, files: &FileList, visibility: &str) {
        remember(VISIBILITY_KEY, visibility);
        for file in (0..files.length()).filter_map(|i| files.get(i)) {
            let number = self.next.get_untracked();
            self.next.set(number + 1);
            let film = Film::new(number, file, visibility.to_owned());
            self.films.update(|films| films.insert(0, film.clone()));
            spawn_local(async move {
                match check(&film, self.max_bytes.get_untracked()).await {
                    Ok(()) if film.cancelled.get_untracked() => {}
                    Ok(()) => {
                        film.stage.set(Stage::Waiting);
                        self.send_next();
                    }
                    Err(why) => film.refuse(why),
                }
            });
        }
    }

    /// One film after the other gets the whole line, the first that came first.
    pub fn send_next(self) {
        if self.busy.get_untracked() {
            return;
        }
        let next = self
            .films
            .with_untracked(|films| films.iter().rev().find(|f| f.stage.get_untracked() == Stage::Waiting).cloned());
        let Some(film) = next else { return };
        self.busy.set(true);
        spawn_local(async move {
            sender::send(&film).await;
            self.busy.set(false);
            self.send_next();
        });
    }

    pub fn retry(self, film: &Film) {
        film.problem.set(None);
        film.stage.set(Stage::Waiting);
        self.send_next();
    }

    /// Stops it and takes its row away. What was sent is thrown away by the server.
    pub fn cancel(self, film: &Film) {
        film.cancelled.set(true);
        self.remove(film);
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
}

/// Whether a file may be sent at all. The server judges again by itself.
async fn check(film: &Film, max: u64) -> Result<(), String> {
    PartPlan::new(film.size, max).map_err(|error| error.to_string())?;
    Title::parse(&film.title.get_untracked()).map_err(|error| error.to_string())?;
    let head = first_bytes(&film.file)
        .await
        .map_err(|_| "This file can't be read. It may have been moved or changed; choose it again.".to_owned())?;
    match sniff::container(&head) {
        Some(_) => Ok(()),
        None => Err("This file isn't a film: its first bytes are none of any format known here.".to_owned()),
    }
}

async fn first_bytes(file: &Blob) -> Result<Vec<u8>, JsValue> {
    let head = file.slice_with_i32_and_i32(0, sniff::SNIFF_LEN as i32)?;
    let buffer = JsFuture::from(head.array_buffer()).await?;
    Ok(js_sys::Uint8Array::new(buffer.unchecked_ref()).to_vec())
}
