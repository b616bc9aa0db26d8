//! How a film's bytes leave: parts of the file, several at once, straight to S3.

use super::api::{self, NewFilm};
use super::put::{is_online, online, put, sleep};
use super::queue::{Film, Stage};
use crate::error::ApiError;
use crate::live::{News, follow};
use domain::time::bytes;
use domain::upload::{Created, PartPlan, PartUrl};
use domain::video::State;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

/// Parts on the line at once.
const LANES: usize = 4;
/// Part URLs asked for at once.
const SIGN_AHEAD: usize = 8;
/// Tries of one part while the browser says it is online.
const TRIES: u32 = 8;
/// How often what was sent is counted, in ms: calm enough to read.
const COUNT_EVERY: u32 = 500;

/// Why a film was not sent.
enum Stop {
    Cancelled,
    Refused(String),
    Failed(String),
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        match error.code.as_str() {
            "sign_in_required" => {
                Stop::Failed("You are signed out. Sign in in another tab, then try again here.".to_owned())
            }
            _ if error.field.is_some() => Stop::Refused(error.message),
            _ => Stop::Failed(error.message),
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
        Err(Stop::Cancelled) => {}
        Err(Stop::Refused(why)) => film.refuse(why),
        Err(Stop::Failed(why)) => film.fail(why),
    }
}

async fn deliver(film: &Film) -> Result<(), Stop> {
    let created = begin(film).await?;
    let plan = PartPlan { size: film.size, part_size: created.part_size, part_count: created.part_count };
    let mut missing = missing(film, &created, plan).await?;
    for _ in 0..3 {
        send_parts(film, &created, plan, missing).await?;
        match patiently(film, || Box::pin(api::complete_upload(created.upload_id.clone()))).await {
            Ok(_) => return Ok(()),
            // S3 has lost some, or we took an error for a success: only those again.
            Err(error) if error.is("parts_missing") => missing = self::missing(film, &created, plan).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(Stop::Failed("The storage doesn't keep what was sent. Try again later; what arrived is kept.".to_owned()))
}

/// The upload session: the one from before, if this film was tried already.
async fn begin(film: &Film) -> Result<Created, Stop> {
    if let Some(created) = film.upload.get_untracked() {
        return Ok(created);
    }
    let content_type = film.file.type_();
    let new = NewFilm {
        file_name: film.file.name(),
        size: film.size,
        content_type: (!content_type.is_empty()).then_some(content_type),
        title: film.title.get_untracked(),
        visibility: film.visibility.clone(),
    };
    let asked = new.title.clone();
    let created = api::create_upload(new).await?;
    film.upload.set(Some(created.clone()));
    film.video.set(Some(created.video_id.clone()));
    if film.cancelled.get_untracked() {
        let _ = api::abort_upload(created.upload_id.clone()).await;
        return Err(Stop::Cancelled);
    }
    // The title may have been changed while the answer was on its way.
    let title = film.title.get_untracked();
    if title != asked {
        let _ = crate::studio::api::edit_film(created.video_id.clone(), Some(title), None, None).await;
    }
    Ok(created)
}

/// The parts that S3 doesn't have yet.
async fn missing(film: &Film, created: &Created, plan: PartPlan) -> Result<VecDeque<u32>, Stop> {
    if film.sent.get_untracked() == 0 {
        return Ok(plan.numbers().collect());
    }
    let status = patiently(film, || Box::pin(api::upload_status(created.upload_id.clone()))).await?;
    Ok(plan.numbers().filter(|number| !status.received.contains(number)).collect())
}

type Answer<T> = std::pin::Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

/// Asks again, with growing pauses, while the failure is one that passes.
async fn patiently<T>(film: &Film, ask: impl Fn() -> Answer<T>) -> Result<T, ApiError> {
    let mut tries = 0;
    loop {
        match ask().await {
            Err(error) if error.is_passing() && tries < TRIES && !film.cancelled.get_untracked() => {
                online().await;
                sleep(pause(tries)).await;
                tries += 1;
            }
            answer => return answer,
        }
    }
}

/// Milliseconds before try number `tries + 1`: 1 s, 2 s, … at most 30 s.
fn pause(tries: u32) -> i32 {
    (1000 << tries.min(5)).min(30_000)
}

/// What the lanes share.
struct Lanes {
    film: Film,
    created: Created,
    plan: PartPlan,
    todo: RefCell<VecDeque<u32>>,
    urls: RefCell<Vec<PartUrl>>,
    /// Bytes of parts that are done.
    done: Cell<u64>,
    /// Bytes of the part that each lane is sending.
    sending: RefCell<[u64; LANES]>,
    stop: RefCell<Option<Stop>>,
}

impl Lanes {
    fn sent(&self) -> u64 {
        (self.done.get() + self.sending.borrow().iter().sum::<u64>()).min(self.plan.size)
    }

    fn is_over(&self) -> bool {
        self.stop.borrow().is_some() || self.film.cancelled.get_untracked()
    }
}

async fn send_parts(film: &Film, created: &Created, plan: PartPlan, todo: VecDeque<u32>) -> Result<(), Stop> {
    let left: u64 = todo.iter().filter_map(|number| plan.range(*number)).map(|(_, len)| len).sum();
    let lanes = Rc::new(Lanes {
        film: film.clone(),
        created: created.clone(),
        plan,
        todo: RefCell::new(todo),
        urls: RefCell::default(),
        done: Cell::new(plan.size - left),
        sending: RefCell::new([0; LANES]),
        stop: RefCell::new(None),
    });
    let counting = count(lanes.clone());
    let running = js_sys::Array::new();
    for lane in 0..LANES {
        let lanes = lanes.clone();
        running.push(&future_to_promise(async move {
            if let Err(stop) = run(&lanes, lane).await {
                lanes.stop.borrow_mut().get_or_insert(stop);
            }
            Ok(JsValue::UNDEFINED)
        }));
    }
    let _ = JsFuture::from(js_sys::Promise::all(&running)).await;
    if let Some(counting) = counting {
        counting.clear();
    }
    film.sent.set(lanes.sent());
    if film.cancelled.get_untracked() {
        return Err(Stop::Cancelled);
    }
    let stop = lanes.stop.borrow_mut().take();
    stop.map_or(Ok(()), Err)
}

/// Tells the row how far it is and how fast, the speed smoothed over some seconds.
fn count(lanes: Rc<Lanes>) -> Option<IntervalHandle> {
    let before = Cell::new(lanes.sent());
    let tick = move || {
        let sent = lanes.sent();
        let now = sent.saturating_sub(before.replace(sent)) * 1000 / u64::from(COUNT_EVERY);
        lanes.film.sent.set(sent);
        lanes.film.speed.update(|speed| *speed = if *speed == 0 { now } else { (*speed * 7 + now) / 8 });
    };
    set_interval_with_handle(tick, Duration::from_millis(COUNT_EVERY.into())).ok()
}

async fn run(lanes: &Rc<Lanes>, lane: usize) -> Result<(), Stop> {
    while !lanes.is_over() {
        let Some(number) = lanes.todo.borrow_mut().pop_front() else { break };
        send_part(lanes, lane, number).await?;
    }
    Ok(())
}

/// Where part `number` goes. Asks for the next few as well, so that not every part costs a question.
async fn url(lanes: &Lanes, number: u32) -> Result<PartUrl, ApiError> {
    let take = |urls: &mut Vec<PartUrl>| urls.iter().position(|u| u.number == number).map(|i| urls.swap_remove(i));
    if let Some(url) = take(&mut lanes.urls.borrow_mut()) {
        return Ok(url);
    }
    let mut numbers = vec![number];
    numbers.extend(lanes.todo.borrow().iter().copied().take(SIGN_AHEAD - 1));
    let signed = api::sign_parts(lanes.created.upload_id.clone(), numbers).await?;
    let mut urls = lanes.urls.borrow_mut();
    urls.retain(|old| signed.iter().all(|new| new.number != old.number));
    urls.extend(signed);
    take(&mut urls).ok_or_else(|| ApiError::new("unavailable", "The server didn't say where to send the film."))
}

async fn send_part(lanes: &Rc<Lanes>, lane: usize, number: u32) -> Result<(), Stop> {
    let Some((start, len)) = lanes.plan.range(number) else { return Ok(()) };
    let unreadable = || Stop::Failed("This file can't be read any more. It may have been moved or changed.".to_owned());
    let body = lanes.film.file.slice_with_f64_and_f64(start as f64, (start + len) as f64).map_err(|_| unreadable())?;
    let mut tries = 0;
    loop {
        if lanes.is_over() {
            return Ok(());
        }
        match try_part(lanes, lane, number, &body).await {
            Ok(200..=299) => {
                lanes.sending.borrow_mut()[lane] = 0;
                lanes.done.set(lanes.done.get() + len);
                lanes.film.problem.set(None);
                return Ok(());
            }
            Ok(_) => {}
            Err(error) if error.is_passing() => {}
            Err(error) => return Err(error.into()),
        }
        lanes.sending.borrow_mut()[lane] = 0;
        if lanes.is_over() {
            return Ok(());
        }
        let safe = bytes(lanes.done.get());
        if !is_online() {
            let note =
                format!("The connection broke at {safe}. What was sent is kept; we'll go on when you're back online.");
            lanes.film.problem.set(Some(note));
            online().await;
            tries = 0;
            continue;
        }
        tries += 1;
        if tries >= TRIES {
            return Err(Stop::Failed(format!(
                "The connection broke at {safe}. What was sent is kept; try again to go on."
            )));
        }
        sleep(pause(tries - 1)).await;
    }
}

async fn try_part(lanes: &Rc<Lanes>, lane: usize, number: u32, body: &web_sys::Blob) -> Result<u16, ApiError> {
    let url = url(lanes, number).await?;
    let shared = lanes.clone();
    let sent = Rc::new(move |bytes| {
        shared.sending.borrow_mut()[lane] = bytes;
        !shared.is_over()
    });
    put(&url, body, sent).await.map_err(|_| ApiError::new("unreachable", "The storage can't be reached."))
}

/// From here on the server works; the row only looks on.
pub fn watch_processing(film: &Film) {
    let Some(video) = film.video.get_untracked() else { return };
    let film = film.clone();
    follow(video, move |news| match news {
        News::Progress(progress) => {
            film.progress.set(progress);
            film.stage.set(Stage::Processing);
        }
        News::Film(video) => {
            film.progress.set(video.progress);
            match video.state {
                State::Uploading => {}
                State::Queued => film.stage.set(Stage::Queued),
                State::Processing => film.stage.set(Stage::Processing),
                State::Ready => film.stage.set(Stage::Ready),
                State::Failed => {
                    film.fail(video.failure.unwrap_or_else(|| "This film couldn't be processed.".to_owned()));
                }
            }
        }
    });
}
