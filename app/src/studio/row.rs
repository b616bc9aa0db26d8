//! One of one's own films.

use super::{api, edit};
use crate::components::poster::{Shown, poster};
use crate::components::toast::{offer, say};
use crate::components::visibility;
use domain::id::VideoId;
use domain::time::{UnixMillis, age};
use domain::video::{Card, Notice, State, Video, percent};
use domain::watching::views_in_short;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A film and what its row is doing. Clones are the same row.
#[derive(Clone)]
pub struct Mine {
    pub id: VideoId,
    pub card: ArcRwSignal<Card>,
    pub deleted: ArcRwSignal<bool>,
    pub now: UnixMillis,
}

impl Mine {
    pub fn new(card: Card, now: UnixMillis) -> Self {
        Self { id: card.id.clone(), card: ArcRwSignal::new(card), deleted: ArcRwSignal::new(false), now }
    }

    /// Takes over what has changed. What didn't change disturbs nothing on the page.
    pub fn refresh(&self, card: Card) {
        if self.card.with_untracked(|old| *old != card) {
            self.card.set(card);
        }
    }
}

fn state_words(state: State, percent: u32) -> String {
    match state {
        State::Uploading => "Being uploaded".to_owned(),
        State::Queued => "Waits to be processed".to_owned(),
        State::Processing => format!("Processing {percent} %"),
        State::Ready => "Ready".to_owned(),
        State::Failed => "Failed".to_owned(),
    }
}

/// Whether it may come out better when it is processed again.
fn may_be_better(film: &Card) -> bool {
    let not_whole = film.notices.iter().any(|notice| matches!(notice, Notice::GivenUp | Notice::NotRemade));
    film.state == State::Failed || (not_whole && !film.notices.contains(&Notice::Remaking))
}

pub fn film_row(film: Mine) -> AnyView {
    let editing = RwSignal::new(false);
    let card = film.card.clone();
    let hidden = film.deleted.clone();
    let head = {
        let card = card.clone();
        // Only what the picture shows, so that progress doesn't load it anew.
        let picture = Memo::new(move |_| card.with(|c| (c.poster.clone(), c.duration_ms)));
        move || {
            let (picture, duration) = picture.get();
            poster(picture, duration, Shown::Row, false)
        }
    };
    let (id, now) = (film.id.clone(), film.now);
    let main = {
        let of_percent = card.clone();
        let percent = Memo::new(move |_| of_percent.with(|c| percent(c.progress)));
        // Progress moves its bar alone: whoever stands on the title with the keyboard goes on standing there.
        let steady = Memo::new(move |_| card.with(|c| Card { progress: 0.0, ..c.clone() }));
        move || steady.with(|card| main_part(card, percent, now))
    };
    let may_be_better = {
        let card = film.card.clone();
        Memo::new(move |_| card.with(may_be_better))
    };
    let (to_reprocess, to_delete, to_edit) = (film.clone(), film.clone(), film.clone());
    view! {
        <li class="film-row" data-testid="film-row" hidden=move || hidden.get()>
            <a href=format!("/watch/{id}") tabindex="-1" aria-hidden="true">
                {head}
            </a>
            <div class="row-main">{main}</div>
            <div class="row-actions">
                <button
                    class="btn"
                    type="button"
                    hidden=move || !may_be_better.get()
                    on:click=move |_| reprocess(to_reprocess.clone())
                >
                    "Try again"
                </button>
                <button
                    class="btn"
                    type="button"
                    aria-expanded=move || editing.get().to_string()
                    on:click=move |_| editing.update(|e| *e = !*e)
                >
                    "Edit"
                </button>
                <button class="btn btn-quiet" type="button" on:click=move |_| delete(to_delete.clone())>
                    "Delete"
                </button>
            </div>
            {move || editing.get().then(|| edit::form(to_edit.clone(), editing))}
        </li>
    }
    .into_any()
}

fn main_part(film: &Card, percent: Memo<u32>, now: UnixMillis) -> AnyView {
    let state = film.state;
    let processing = matches!(state, State::Queued | State::Processing);
    view! {
        <a class="row-title" href=format!("/watch/{}", film.id) dir="auto">
            {film.title.clone()}
        </a>
        <p class="film-meta">
            // A film that is ready needs no word for it.
            {(state != State::Ready)
                .then(|| {
                    view! {
                        <span class="badge" data-state=state.as_str()>
                            {move || state_words(state, percent.get())}
                        </span>
                    }
                })}
            <span>{visibility::label(film.visibility)}</span>
            {film.published_at.map(|_| view! { <span>{views_in_short(film.views)}</span> })}
            <span>{age(film.created_at, now)}</span>
        </p>
        {processing
            .then(|| {
                view! {
                    <progress
                        class="bar"
                        max="100"
                        value=percent.get_untracked()
                        prop:value=move || f64::from(percent.get())
                        aria-label="Processed"
                    ></progress>
                }
            })}
        {film.failure.clone().map(|why| view! { <p class="notice notice-bad">{why}</p> })}
        {film.notices.iter().map(|notice| view! { <p class="notice">{notice.message()}</p> }).collect_view()}
    }
    .into_any()
}

fn delete(film: Mine) {
    film.deleted.set(true);
    spawn_local(async move {
        if let Err(error) = api::delete_film(film.id.clone()).await {
            film.deleted.set(false);
            say(error.message);
            return;
        }
        let title = film.card.with_untracked(|c| c.title.clone());
        offer(format!("“{title}” was deleted."), "Undo", Callback::new(move |()| undo(film.clone())));
    });
}

fn undo(film: Mine) {
    spawn_local(async move {
        match api::undo_delete(film.id.clone()).await {
            Ok(()) => film.deleted.set(false),
            Err(error) => say(error.message),
        }
    });
}

fn reprocess(film: Mine) {
    spawn_local(async move {
        match api::reprocess_film(film.id.clone()).await {
            Ok(Video { state, failure, notices, progress, .. }) => film.card.update(|card| {
                card.state = state;
                card.failure = failure;
                card.notices = notices;
                card.progress = progress;
            }),
            Err(error) => say(error.message),
        }
    });
}
