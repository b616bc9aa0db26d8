//! A film's way from the file to the storage: the session, its parts, the end.

use super::api::{self, NewFilm};
use super::parts::{self, Sent, pause};
use super::put::is_online;
use super::queue::{Film, Stage, Wish};
use super::{bell, line};
use crate::error::ApiError;
use crate::live::{News, follow};
use crate::studio::api::edit_film;
use crate::watch::api::film as ask_film;
use domain::playlist::is_audio;
use domain::upload::{Created, PartPlan, State as Session};
use domain::video::{State, Video};
use leptos::prelude::*;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

/// How often what S3 has is asked for anew before it is given up.
const ROUNDS: u32 = 5;
/// How often it is looked whether somebody has signed in again.
const SIGNED_OUT: Duration = Duration::from_secs(5);

/// Why a film is not sent, or not now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    Cancelled,
    Paused,
    /// It can't be sent at all.
    Refused(String),
    /// It may go on when somebody asks for it.
    Failed(String),
}

impl Halt {
    pub fn unreadable() -> Self {
        let why = "This file can't be read any more: it was moved, changed or deleted since you chose it. \
                   Choose it again to go on.";
        Halt::Failed(why.to_owned())
    }

    fn of(error: ApiError) -> Self {
        match error.code.as_str() {
            "not_found" | "upload_aborted" => {
                Halt::Failed("This upload was discarded elsewhere. Try again to begin anew.".to_owned())
            }
            _ if error.field.is_some() => Halt::Refused(error.message),
            _ => Halt::Failed(error.message),
        }
    }
}

/// Sends `film` to the end or says in its row why not.
pub async fn send(film: &Film) {
    film.stage.set(Stage::Sending);
    let end = deliver(film).await;
    film.speed.set(0);
    match end {
        Ok(()) => {
            film.problem.set(None);
            film.sent.set(film.size);
            film.stage.set(Stage::Queued);
            watch_processing(film);
        }
        Err(Halt::Cancelled) => {}
        Err(Halt::Paused) => film.stage.set(Stage::Paused),
        Err(Halt::Refused(why)) => film.refuse(why),
        Err(Halt::Failed(why)) => film.fail(why),
    }
}

async fn deliver(film: &Film) -> Result<(), Halt> {
    for _ in 0..ROUNDS {
        let created = begin(film).await?;
        let plan = PartPlan { size: film.size, part_size: created.part_size, part_count: created.part_count };
        let missing = missing(film, &created, plan).await?;
        if let Sent::Forgotten = parts::send(film, &created, plan, missing).await? {
            continue;
        }
        film.sent.set(film.size);
        match patiently(film, || Box::pin(api::complete_upload(created.upload_id.clone()))).await? {
            Ok(_) => return Ok(()),
            // S3 has lost some, or we took an error for a success: only those again.
            Err(error) if error.is("parts_missing") => {}
            Err(error) => return Err(gone(film, error)),
        }
    }
    Err(Halt::Failed("The storage doesn't keep what was sent. Try again later; what arrived is kept.".to_owned()))
}

/// The upload session: the one from before, if this file has one.
async fn begin(film: &Film) -> Result<Created, Halt> {
    if let Some(created) = film.upload.get_untracked() {
        // What it has by now is asked for.
        return Ok(Created { resumed: true, ..created });
    }
    let Some(fingerprint) = film.fingerprint.get_untracked() else { return Err(Halt::unreadable()) };
    let content_type = film.file.type_();
    let new = NewFilm {
        file_name: film.file.name(),
        size: film.size,
        content_type: (!content_type.is_empty()).then_some(content_type),
        title: film.title.get_untracked(),
        description: film.description.get_untracked(),
        visibility: film.visibility.get_untracked(),
        fingerprint,
        line: line::speed(),
    };
    let created = ask(film, || Box::pin(api::create_upload(new.clone()))).await?;
    film.upload.set(Some(created.clone()));
    film.video.set(Some(created.video_id.clone()));
    if created.resumed {
        take_over(film, &created).await;
    } else {
        // It may have been changed while the answer was on its way.
        let changed = |now: String, then: &String| (now != *then).then_some(now);
        let title = changed(film.title.get_untracked(), &new.title);
        let description = changed(film.description.get_untracked(), &new.description);
        let visibility = changed(film.visibility.get_untracked(), &new.visibility);
        if title.is_some() || description.is_some() || visibility.is_some() {
            let _ = edit_film(created.video_id.clone(), title, description, visibility, None, None).await;
        }
    }
    Ok(created)
}

/// What was said of the film when it was begun stands.
async fn take_over(film: &Film, created: &Created) {
    if let Ok(page) = ask_film(created.video_id.clone()).await {
        film.title.set(page.video.title);
        film.description.set(page.video.description);
        film.visibility.set(page.video.visibility.as_str().to_owned());
    }
}

/// The parts that S3 doesn't have yet.
async fn missing(film: &Film, created: &Created, plan: PartPlan) -> Result<VecDeque<u32>, Halt> {
    if !created.resumed {
        return Ok(plan.numbers().collect());
    }
    let id = &created.upload_id;
    let status = match patiently(film, || Box::pin(api::upload_status(id.clone()))).await? {
        Ok(status) => status,
        Err(error) => return Err(gone(film, error)),
    };
    film.sent.set(status.received_bytes().unwrap_or_default());
    let there = status.received.unwrap_or_default();
    match status.state {
        Session::Open => Ok(plan.numbers().filter(|number| !there.contains(number)).collect()),
        Session::Completing => Ok(VecDeque::new()),
        Session::Completed => {
            film.is_known.set(true);
            Ok(VecDeque::new())
        }
        Session::Aborted => Err(gone(film, ApiError::new("upload_aborted", ""))),
    }
}

/// The next try begins a new session if this one is there no more.
fn gone(film: &Film, error: ApiError) -> Halt {
    if error.is("not_found") || error.is("upload_aborted") {
        film.upload.set(None);
        film.video.set(None);
        film.sent.set(0);
    }
    Halt::of(error)
}

type Answer<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

/// Asks the server until it answers, whatever becomes of the line.
pub async fn ask<T>(film: &Film, question: impl Fn() -> Answer<T>) -> Result<T, Halt> {
    patiently(film, question).await?.map_err(|error| gone(film, error))
}

/// Asks again, with growing pauses, while the failure is one that passes: the line, the server, a session that ended.
async fn patiently<T>(film: &Film, question: impl Fn() -> Answer<T>) -> Result<Result<T, ApiError>, Halt> {
    let mut tries = 0;
    loop {
        if let Some(halt) = film.halt() {
            return Err(halt);
        }
        let (wait, note) = match question().await {
            Err(error) if error.is("sign_in_required") => {
                (SIGNED_OUT, "You are signed out. Sign in in another tab: it goes on here by itself.".to_owned())
            }
            Err(error) if error.is_passing() || error.is("too_many_attempts") => (pause(tries + 1), error.message),
            answer => {
                if tries > 0 {
                    film.problem.set(None);
                }
                return Ok(answer);
            }
        };
        tries += 1;
        if tries > 1 {
            film.problem.set(Some(if is_online() {
                note
            } else {
                "You are offline. It goes on by itself when you are back.".to_owned()
            }));
        }
        bell::rest(wait, || film.halt().is_some()).await;
    }
}

/// From here on the server works; the row only looks on.
pub fn watch_processing(film: &Film) {
    let Some(video) = film.video.get_untracked() else { return };
    let film = film.clone();
    let hear = move |news| match news {
        News::Progress(progress) => {
            film.progress.set(progress);
            film.stage.set(Stage::Processing);
        }
        News::Film(video) => {
            film.progress.set(video.progress);
            film.seconds_left.set(video.eta_seconds);
            film.is_watchable.set(video.watchable);
            film.rungs.set(rungs(&video));
            match video.state {
                State::Uploading => {}
                State::Queued => film.stage.set(Stage::Queued),
                State::Processing => film.stage.set(Stage::Processing),
                State::Ready => film.become_ready(),
                State::Failed => {
                    film.fail(video.failure.unwrap_or_else(|| "This film couldn't be processed.".to_owned()));
                }
            }
        }
    };
    follow(video, true, Rc::new(hear));
}

/// The sizes of the picture that can be watched to some extent, in words: "360p, 720p".
fn rungs(video: &Video) -> String {
    let there = video.renditions.iter().filter(|rung| rung.published_ms > 0 && !is_audio(&rung.name));
    there.map(|rung| rung.name.as_str()).collect::<Vec<_>>().join(", ")
}

impl Film {
    /// Whether and why its sending is to stop, by the wish of a person.
    pub fn halt(&self) -> Option<Halt> {
        match self.wish.get_untracked() {
            Wish::Go => None,
            Wish::Pause => Some(Halt::Paused),
            Wish::Cancel => Some(Halt::Cancelled),
        }
    }
}
