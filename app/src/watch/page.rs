use super::api::{self, FilmPage};
use super::locked::locked;
use super::player::{Film, player};
use crate::error::ApiError;
use crate::live::{News, follow};
use crate::page::{Load, Loaded, page};
use crate::query;
use domain::id::VideoId;
use domain::time::{age, place};
use domain::video::{Playback, State, Video, Visibility, percent};
use domain::watching::views;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos_meta::{Link, Title};
use leptos_router::hooks::use_params_map;
use send_wrapper::SendWrapper;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Shown {
    Film(Box<FilmPage>),
    /// Behind a password, for who doesn't have it.
    Locked(VideoId),
}

fn load(id: String) -> Load {
    Box::pin(async move {
        // What isn't an id is no film's.
        let Ok(id) = id.parse() else {
            return Err(ApiError::new("not_found", "There is nothing here."));
        };
        match api::film(VideoId::clone(&id)).await {
            Ok(film) => Ok(Loaded::new(Shown::Film(Box::new(film)))),
            Err(error) if error.is("password_required") => Ok(Loaded::new(Shown::Locked(id))),
            Err(error) => Err(error),
        }
    })
}

fn skeleton() -> AnyView {
    view! {
        <div class="watch-layout" aria-busy="true">
            <article>
                <div class="player"></div>
                <p class="skeleton mt-4 w-1/2 text-lg">"Title"</p>
                <p class="skeleton mt-3 w-1/4 text-sm">"Owner"</p>
            </article>
        </div>
    }
    .into_any()
}

#[component]
pub fn Watch() -> AnyView {
    let params = use_params_map();
    let id = Signal::derive(move || params.read().get("id").unwrap_or_default());
    view! { <div class="page">{page(id, load, skeleton, show)}</div> }.into_any()
}

/// What stands where the player belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Screen {
    Player { src: String },
    Failed(Option<String>),
    Waiting,
}

fn screen(video: &Video) -> Screen {
    match (api::playlist(video), video.state) {
        (Some(src), _) => Screen::Player { src },
        (None, State::Failed) => Screen::Failed(video.failure.clone()),
        (None, _) => Screen::Waiting,
    }
}

fn show(shown: Loaded) -> AnyView {
    let film = match shown.get() {
        Some(Shown::Film(film)) => film,
        Some(Shown::Locked(id)) => return locked(id),
        None => return ().into_any(),
    };
    let FilmPage { video, now, canonical, .. } = *film;
    let title = video.title.clone();
    let film = RwSignal::new(video);
    keep_fresh(film);
    // Who watches a film that grows goes on with its playlist when it is complete.
    let screen = Memo::new(move |before: Option<&Screen>| {
        let now = film.with(screen);
        match (before, &now) {
            (Some(Screen::Player { src: old }), Screen::Player { src: new }) if old.starts_with(new.as_str()) => {
                Screen::Player { src: old.clone() }
            }
            _ => now,
        }
    });
    let playback = Memo::new(move |_| film.with(|v| v.playback.clone()));
    let of_playback =
        move |of: fn(&Playback) -> Option<String>| Memo::new(move |_| playback.read().as_ref().and_then(of)).into();
    let played = film.with_untracked(|video| Film {
        id: video.id.clone(),
        title: video.title.clone(),
        owner: video.owner.username.clone(),
        duration: video.duration_ms.unwrap_or(0) as f64 / 1000.0,
        start: asked_place(video),
        left: video.position_ms.map(|ms| ms as f64 / 1000.0),
        poster: Memo::new(move |_| playback.read().as_ref().and_then(|p| p.poster.clone())).into(),
        waveform: of_playback(|p| p.waveform.clone()),
        storyboard: of_playback(|p| p.storyboard.clone()),
        chapters: Memo::new(move |_| film.with(|v| v.chapters.clone())).into(),
    });
    let still_growing = Memo::new(move |_| film.with(|v| v.watchable && !v.state.is_final()));
    let heading = move || film.with(|v| v.title.clone());
    let words = Memo::new(move |_| film.with(|v| v.description.clone()));
    view! {
        <Title text=title />
        <Link rel="canonical" href=canonical />
        <div class="watch-layout">
            <article>
                {move || match screen.get() {
                    Screen::Player { src } => player(src, played.clone()),
                    Screen::Failed(why) => failed(why),
                    Screen::Waiting => waiting(film),
                }}
                <h1 class="watch-title" dir="auto">
                    {heading}
                </h1>
                {move || still_growing.get().then(|| growing(film))}
                {move || film.with(|video| about(video, now))}
                {move || words.with(|text| (!text.is_empty()).then(|| description(text.clone())))}
            </article>
        </div>
    }
    .into_any()
}

/// The second that the page's address names (`?t=`), if the film has it.
fn asked_place(video: &Video) -> Option<f64> {
    let seconds = place(&query::value(&query::search().read_untracked(), "t")?)?;
    let is_there = video.duration_ms.is_none_or(|length| i64::from(seconds) * 1000 < length);
    is_there.then_some(f64::from(seconds))
}

fn about(video: &Video, now: domain::time::UnixMillis) -> AnyView {
    let when = age(video.published_at.unwrap_or(video.created_at), now);
    let notices =
        video.notices.iter().map(|notice| view! { <p class="notice mt-3">{notice.message()}</p> }).collect_view();
    view! {
        <div class="mt-3 flex flex-wrap items-center justify-between gap-3">
            <p class="film-meta">
                <strong class="text-text">{video.owner.username.clone()}</strong>
                <span>{views(video.views)}</span>
                <span>{when}</span>
                {(video.visibility != Visibility::Public)
                    .then(|| view! { <span>{crate::components::visibility::label(video.visibility)}</span> })}
            </p>
            <div class="flex flex-wrap gap-2">
                {super::download::download(video)}
                {video
                    .mine
                    .then(|| {
                        view! {
                            <a class="btn" href="/studio">
                                "My films"
                            </a>
                        }
                    })}
            </div>
        </div>
        {notices}
        {(!video.details.is_empty()).then(|| details(video.details.clone()))}
    }
    .into_any()
}

/// For the owner: how the film is made.
fn details(lines: Vec<String>) -> AnyView {
    view! {
        <details class="mt-3 text-sm text-muted" data-testid="details">
            <summary class="cursor-pointer py-3">"Technical details"</summary>
            {lines.into_iter().map(|line| view! { <p class="mt-1">{line}</p> }).collect_view()}
        </details>
    }
    .into_any()
}

/// Folded to its first lines, with a way to the rest if there is one.
fn description(text: String) -> AnyView {
    let words = NodeRef::<html::P>::new();
    let folded = RwSignal::new(false);
    let open = RwSignal::new(false);
    let measure = move || {
        if let (Some(words), false) = (words.get_untracked(), open.get_untracked()) {
            folded.set(words.scroll_height() > words.client_height());
        }
    };
    Effect::new(move |_| {
        measure();
        let resized = window_event_listener(ev::resize, move |_| measure());
        on_cleanup(move || resized.remove());
    });
    view! {
        <p class="watch-description" id="description" dir="auto" node_ref=words data-open=move || open.get().to_string()>
            {text}
        </p>
        <button
            class="btn btn-quiet btn-flush"
            type="button"
            aria-controls="description"
            aria-expanded=move || open.get().to_string()
            hidden=move || !folded.get()
            on:click=move |_| open.update(|open| *open = !*open)
        >
            {move || if open.get() { "Show less" } else { "Show more" }}
        </button>
    }
    .into_any()
}

/// How far the film is, for eyes and ears.
fn progress(film: RwSignal<Video>, class: &'static str) -> AnyView {
    let percent = Memo::new(move |_| film.with(|v| percent(v.progress)));
    let words = move || match film.with(|v| v.state) {
        State::Uploading => "This film is still being uploaded.".to_owned(),
        State::Queued => "This film waits to be processed.".to_owned(),
        _ => format!("Processing {} %", percent.get()),
    };
    view! {
        <div
            class=class
            data-testid="processing"
            role="progressbar"
            aria-label="Processing"
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || percent.get().to_string()
            aria-valuetext=words
        >
            <p>{words}</p>
            <progress class="bar" max="100" value=percent.get_untracked() prop:value=move || f64::from(percent.get()) aria-hidden="true">
            </progress>
        </div>
    }
    .into_any()
}

fn waiting(film: RwSignal<Video>) -> AnyView {
    view! { <div class="player player-blank">{progress(film, "player-message")}</div> }.into_any()
}

/// The film plays already while its rest is made.
fn growing(film: RwSignal<Video>) -> AnyView {
    progress(film, "mt-3 grid gap-2 text-sm text-muted")
}

fn failed(why: Option<String>) -> AnyView {
    let why = why.unwrap_or_else(|| "This film couldn't be processed.".to_owned());
    view! {
        <div class="player player-blank">
            <div class="player-message" role="alert">
                <p>{why}</p>
            </div>
        </div>
    }
    .into_any()
}

/// Keeps `film` as the server has it, until nothing more happens by itself.
fn keep_fresh(film: RwSignal<Video>) {
    Effect::new(move |done: Option<()>| {
        if done.is_some() || film.with_untracked(|v| v.state.is_final()) {
            return;
        }
        let hear = move |news| match news {
            News::Progress(progress) => {
                let _ = film.try_update(|video| {
                    video.progress = progress;
                    video.state = State::Processing;
                });
            }
            News::Film(video) => {
                let _ = film.try_set(*video);
            }
        };
        let following = follow(film.with_untracked(|v| v.id.clone()), false, Rc::new(hear));
        let following = SendWrapper::new(following);
        on_cleanup(move || following.stop());
    });
}
