//! Choosing the picture that stands for a film.

use super::api;
use super::row::Mine;
use crate::components::icons::{UPLOAD, icon};
use crate::upload::bell::rest;
use crate::upload::put::Put;
use domain::id::VideoId;
use domain::poster::{Choice, Desk, MOST_BYTES, Wish};
use domain::storyboard::Storyboard;
use domain::time::clock;
use domain::upload::PartUrl;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// Pictures of the film to choose from: two rows on a desktop.
const MOST: u32 = 12;
/// How often it is asked whether the poster is made.
const ASK_EVERY: Duration = Duration::from_millis(700);
/// How often at most: some minutes.
const ASKED_AT_MOST: u32 = 400;

/// What the desk is doing.
#[derive(Clone, PartialEq, Eq)]
enum State {
    Idle,
    /// Per cent.
    Sending(u32),
    Making,
    Problem(String),
}

#[derive(Clone)]
struct Chooser {
    film: Mine,
    desk: ArcRwSignal<Option<Desk>>,
    state: ArcRwSignal<State>,
    /// The picture of the film that was clicked, by its number.
    picked: ArcRwSignal<Option<u32>>,
}

pub fn chooser(film: Mine) -> AnyView {
    let this = Chooser {
        film,
        desk: ArcRwSignal::new(None),
        state: ArcRwSignal::new(State::Idle),
        picked: ArcRwSignal::new(None),
    };
    Effect::new({
        let this = this.clone();
        move |_| {
            let this = this.clone();
            spawn_local(async move { this.look().await });
        }
    });
    let input = NodeRef::<html::Input>::new();
    let (tiles, words, busy, automatic) = (this.clone(), this.clone(), this.clone(), this.clone());
    let (to_send, to_forget) = (this.clone(), this);
    let is_busy = Signal::derive(move || matches!(busy.state.get(), State::Sending(_) | State::Making));
    let is_chosen = Signal::derive(move || automatic.desk.read().as_ref().is_some_and(|desk| desk.choice.is_some()));
    let id = format!("poster-{}", to_send.film.id);
    view! {
        <fieldset class="field poster-desk" aria-busy=move || is_busy.get().to_string() data-testid="poster-desk">
            <legend>"Poster"</legend>
            {move || pictures(&tiles, is_busy)}
            <div class="row-actions poster-ways">
                <button
                    class="btn"
                    type="button"
                    disabled=move || is_busy.get()
                    on:click=move |_| {
                        if let Some(input) = input.get_untracked() {
                            input.click();
                        }
                    }
                >
                    {icon(UPLOAD)}
                    "Upload a picture"
                </button>
                <input
                    id=id
                    class="hidden"
                    type="file"
                    accept="image/jpeg,image/png,image/webp"
                    aria-label="A picture for the poster"
                    tabindex="-1"
                    node_ref=input
                    on:change=move |_| {
                        let Some(input) = input.get_untracked() else { return };
                        let file = input.files().and_then(|files| files.get(0));
                        input.set_value("");
                        if let Some(file) = file {
                            to_send.clone().send(file);
                        }
                    }
                />
                <button
                    class="btn btn-quiet"
                    type="button"
                    hidden=move || !is_chosen.get()
                    disabled=move || is_busy.get()
                    on:click=move |_| to_forget.clone().forget()
                >
                    "Choose for me"
                </button>
            </div>
            <div aria-live="polite">{move || said(&words.state.get())}</div>
        </fieldset>
    }
    .into_any()
}

fn said(state: &State) -> AnyView {
    match state {
        State::Idle => {
            let most = MOST_BYTES >> 20;
            view! { <p class="field-hint">{format!("A JPEG, PNG or WebP of up to {most} MB, best 1280 by 720 pixels.")}</p> }
                .into_any()
        }
        State::Sending(percent) => {
            view! { <p class="field-hint">{format!("Sending the picture: {percent} %")}</p> }.into_any()
        }
        State::Making => view! { <p class="field-hint">"The poster is being made."</p> }.into_any(),
        State::Problem(problem) => view! { <p class="field-error">{problem.clone()}</p> }.into_any(),
    }
}

/// Pictures of the storyboard, at even distances.
fn pictures(this: &Chooser, is_busy: Signal<bool>) -> AnyView {
    let Some((build, storyboard)) = this.desk.read().as_ref().and_then(|desk| desk.storyboard.clone()) else {
        return ().into_any();
    };
    let count = storyboard.layout.count.min(MOST);
    let tile = |number: u32| {
        let tile = (number * 2 + 1) * storyboard.layout.count / (count * 2);
        let (this, picked) = (this.clone(), this.picked.clone());
        let at_ms = storyboard.layout.middle_ms(tile).min(storyboard.layout.duration_ms - 1).max(0);
        view! {
            <li>
                <button
                    class="poster-tile"
                    type="button"
                    aria-label=format!("The picture at {}", clock(at_ms))
                    aria-pressed=move || (picked.get() == Some(tile)).to_string()
                    disabled=move || is_busy.get()
                    on:click=move |_| {
                        this.picked.set(Some(tile));
                        this.clone().wish(Wish::At { at_ms, key_frame: true });
                    }
                >
                    {crop(&build, &storyboard, tile)}
                </button>
            </li>
        }
    };
    view! {
        <ul class="poster-tiles" aria-label="Pictures of the film">
            {(0..count).map(tile).collect_view()}
        </ul>
    }
    .into_any()
}

/// One picture of a sheet.
fn crop(build: &domain::id::BuildId, storyboard: &Storyboard, tile: u32) -> AnyView {
    let layout = &storyboard.layout;
    let (sheet, x, y) = layout.place(tile);
    let (width, height) = layout.sheet_size(sheet);
    let path = storyboard.key(build, sheet).path().unwrap_or_default();
    view! {
        <svg
            viewBox=format!("{x} {y} {} {}", layout.tile_width, layout.tile_height)
            preserveAspectRatio="xMidYMid slice"
            aria-hidden="true"
        >
            <image href=format!("/m/{path}") width=width height=height />
        </svg>
    }
    .into_any()
}

impl Chooser {
    /// Asks how things stand, until nothing is being made.
    async fn look(self) {
        for _ in 0..ASKED_AT_MOST {
            match api::poster_desk(self.film.id.clone()).await {
                Ok(desk) => {
                    let poster = desk.poster.clone();
                    let choice = desk.choice.clone();
                    if self.desk.with_untracked(|known| known.as_ref() != Some(&desk)) {
                        self.desk.set(Some(desk));
                    }
                    if self.film.card.with_untracked(|card| card.poster != poster) {
                        self.film.card.update(|card| card.poster = poster);
                    }
                    match choice {
                        Some(Choice::Pending) => self.become_(State::Making),
                        Some(Choice::Failed { problem }) => return self.end(State::Problem(problem)),
                        Some(Choice::Chosen) | None => return self.end(State::Idle),
                    }
                }
                Err(error) => return self.end(State::Problem(error.message)),
            }
            rest(ASK_EVERY, || false).await;
        }
    }

    fn become_(&self, state: State) {
        if self.state.with_untracked(|known| *known != state) {
            self.state.set(state);
        }
    }

    fn end(&self, state: State) {
        if state != State::Idle {
            self.picked.set(None);
        }
        self.become_(state);
    }

    fn wish(self, wish: Wish) {
        self.become_(State::Making);
        spawn_local(async move { self.ask(wish).await });
    }

    async fn ask(self, wish: Wish) {
        match api::choose_poster(self.film.id.clone(), Some(wish)).await {
            Ok(()) => self.look().await,
            Err(error) => self.end(State::Problem(error.message)),
        }
    }

    fn forget(self) {
        self.picked.set(None);
        self.become_(State::Making);
        spawn_local(async move {
            match api::choose_poster(self.film.id.clone(), None).await {
                Ok(()) => self.look().await,
                Err(error) => self.end(State::Problem(error.message)),
            }
        });
    }

    /// Sends a file to S3, then wishes for it.
    fn send(self, file: web_sys::File) {
        self.picked.set(None);
        if file.size() > MOST_BYTES as f64 {
            let most = MOST_BYTES >> 20;
            return self
                .become_(State::Problem(format!("A poster may have {most} MB at most. Choose a smaller picture.")));
        }
        self.become_(State::Sending(0));
        spawn_local(async move {
            match sent(&self.film.id, &file, self.state.clone()).await {
                Ok(picture) => {
                    self.become_(State::Making);
                    self.ask(Wish::Picture { picture }).await;
                }
                Err(problem) => self.end(State::Problem(problem)),
            }
        });
    }
}

/// The id of the picture that was sent, or why it could not be.
async fn sent(film: &VideoId, file: &web_sys::File, state: ArcRwSignal<State>) -> Result<String, String> {
    let size = file.size();
    let way = api::send_picture(film.clone(), size as u64).await.map_err(|error| error.message)?;
    let part = PartUrl { number: 1, url: way.url, headers: way.headers };
    let tell = move |sent: u64| state.set(State::Sending((sent as f64 / size.max(1.0) * 100.0).min(100.0) as u32));
    let lost = || "The picture could not be sent. Check your connection and try again.".to_owned();
    let put = Put::begin(&part, file, tell).map_err(|_| lost())?;
    if put.ended().await == 200 { Ok(way.picture) } else { Err(lost()) }
}
