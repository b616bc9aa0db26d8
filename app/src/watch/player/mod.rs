//! The player: a `<video>`, our controls, and hls.js behind them.

mod captions;
mod context;
mod controls;
mod deck;
mod engine;
mod gestures;
mod help;
mod keys;
mod place;
mod seek;
mod settings;
mod stats;
mod taste;
mod tiles;
mod visit;
mod wave;

use crate::components::icons::{PLAY, solid};
use crate::watch::Mini;
use deck::{Deck, Sheet};
use domain::id::VideoId;
use domain::poster::Poster;
use domain::webvtt::Chapter;
use domain::within::within;
pub use engine::Handle;
use leptos::ev::PointerEvent;
use leptos::lazy;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use taste::Taste;

/// What is played.
#[derive(Clone)]
pub struct Film {
    pub id: VideoId,
    pub title: String,
    pub owner: String,
    /// Seconds; 0 while unknown.
    pub duration: f64,
    /// Seconds, where somebody asked for a place.
    pub start: Option<f64>,
    /// Seconds, where somebody who is signed in left it; else it goes on where it was left in this browser.
    pub left: Option<f64>,
    /// None as long as the film has none.
    pub poster: Signal<Option<Poster>>,
    /// Of a film without a picture.
    pub waveform: Signal<Option<String>>,
    pub storyboard: Signal<Option<String>>,
    pub chapters: Signal<Vec<Chapter>>,
}

/// Plays the playlist at `src`.
pub fn player(src: String, mut film: Film) -> AnyView {
    let deck = Deck::new();
    let mini = expect_context::<Mini>();
    // It goes on as it was, if it went along in the corner.
    film.start = mini.give(&film.id).or(film.start);
    deck.duration.set(film.duration);
    deck.asked.set_value(film.start.is_some());
    deck.comes_by_click.set_value(is_awake());
    Effect::new({
        let (src, film) = (src.clone(), film.clone());
        move |_| {
            deck.taste.set(Taste::recall());
            engine::start(deck, film.clone(), src.clone());
        }
    });
    Effect::new(move |before: Option<Taste>| {
        let taste = deck.taste.get();
        // What was just read needn't be written.
        if before.is_some_and(|before| before != taste) {
            taste.keep();
        }
        taste
    });
    let here = use_location().pathname;
    on_cleanup({
        let film = film.clone();
        move || {
            let Some(handle) = deck.let_go() else { return };
            let leaves = !here.try_get_untracked().is_some_and(|path| path.starts_with("/watch/"));
            if leaves && (handle.was_playing() || deck.taken.try_get_value() == Some(true)) {
                mini.take(film.id, film.title, handle);
            } else {
                handle.destroy();
            }
        }
    });
    keys::listen(deck);
    visit::follow(deck, film.id.clone());
    let waveform = film.waveform;
    // Where the waveform itself is drawn, its picture is left out.
    let poster = film.poster;
    let picture = Memo::new(move |_| poster.get().filter(|poster| !poster.drawn || waveform.read().is_none()));
    let class = move || match (picture.read().is_some(), waveform.read().is_some()) {
        (false, false) => "player player-blank",
        _ => "player",
    };
    view! {
        <div
            class=class
            data-testid="player"
            role="region"
            aria-label="Player"
            node_ref=deck.frame
            data-idle=move || deck.idle.get().to_string()
            data-theatre=move || deck.taste.with(|taste| taste.theatre).to_string()
            on:pointermove=move |event: PointerEvent| {
                if event.pointer_type() != "touch" {
                    deck.stir();
                }
            }
            on:pointerleave=move |_| deck.rest()
            on:contextmenu=move |event| context::open(deck, &event)
        >
            {video(deck, src, &film, picture)}
            // Written by the server alone.
            <div class="contents" inner_html=crate::server::early()></div>
            {move || waveform.get().map(|path| wave::wave(deck, path, picture.read().is_some()))}
            {captions::captions(deck)}
            <div class="contents" aria-live="polite">
                {move || message(deck)}
            </div>
            <div class="player-flash" role="status" data-says=move || (!deck.flash.read().is_empty()).to_string()>
                {move || deck.flash.get()}
            </div>
            {place::continued(deck)}
            {controls::controls(deck, &film)}
            {move || {
                let sheet = deck.sheet.get();
                (sheet != Sheet::None).then(|| Suspend::new(opened(deck, sheet)))
            }}
            {move || deck.nerds.get().then(|| Suspend::new(stats::stats(deck)))}
        </div>
    }
    .into_any()
}

fn video(deck: Deck, src: String, film: &Film, picture: Memo<Option<Poster>>) -> AnyView {
    view! {
        <video
            node_ref=deck.video
            playsinline
            poster=move || picture.get().map(|poster| poster.for_browsers())
            preload="auto"
            data-hls=src
            data-film=film.id.to_string()
            data-start=film.start.or(film.left)
            on:pointerdown=move |event| deck.alive(|| gestures::begin(deck, &event))
            on:click=move |event| deck.alive(|| gestures::click(deck, &event))
            on:dblclick=move |event| deck.alive(|| gestures::double_click(deck, &event))
            on:play=move |_| {
                deck.alive(|| {
                    deck.playing.set(true);
                    deck.begun.set(true);
                    deck.stir();
                });
            }
            on:pause=move |_| {
                deck.alive(|| {
                    deck.playing.set(false);
                    deck.stir();
                });
            }
            on:timeupdate=move |_| deck.alive(|| deck.read_time())
            on:seeking=move |_| deck.alive(|| deck.read_time())
            on:progress=move |_| deck.alive(|| deck.read_buffered())
            on:seeked=move |_| deck.alive(|| deck.read_buffered())
            on:durationchange=move |_| deck.alive(|| deck.read_time())
            on:volumechange=move |_| deck.alive(|| deck.read_volume())
            on:waiting=move |_| deck.alive(|| deck.waiting.set(true))
            on:playing=move |_| deck.alive(|| deck.waiting.set(false))
            on:canplay=move |_| deck.alive(|| deck.waiting.set(false))
            on:ended=move |_| deck.alive(|| deck.stir())
        ></video>
    }
    .into_any()
}

/// What opens over the player. Its code comes when it is opened first.
#[lazy]
fn opened(deck: Deck, sheet: Sheet) -> AnyView {
    match sheet {
        Sheet::None => ().into_any(),
        Sheet::Settings(page) => settings::settings(deck, page),
        Sheet::Context => context::menu(deck),
        Sheet::Keys => help::keys(deck),
    }
}

/// Whether the page was there already: who comes here came by a click on the film.
fn is_awake() -> bool {
    crate::server::in_browser() && document().document_element().is_some_and(|root| root.has_attribute("data-hydrated"))
}

/// The film is attached: it is as the one who watches likes it.
fn begun(deck: Deck) {
    let taste = deck.taste.get_untracked();
    deck.on_video(|video| {
        video.set_volume(within(0.0, taste.volume, 1.0));
        video.set_muted(taste.muted);
        // It may have begun before the page was awake.
        deck.playing.set(!video.paused());
        deck.begun.set(!video.paused());
    });
    if taste.speed != 100 {
        deck.set_speed(taste.speed);
    }
    deck.read_volume();
    deck.read_time();
    deck.read_buffered();
    captions::draw(deck);
    place::begun(deck);
    if deck.comes_by_click.get_value() {
        deck.play();
    }
}

/// Words or the turning mark over the picture.
fn message(deck: Deck) -> AnyView {
    if let Some(text) = deck.problem.get() {
        return view! {
            <div class="player-message" role="alert">
                <p>{text}</p>
            </div>
        }
        .into_any();
    }
    if deck.waiting.get() && deck.playing.get() {
        return view! {
            <div class="player-message pointer-events-none">
                <img class="mark-turning" src="/favicon.svg" alt="Loading" width="48" height="48" />
            </div>
        }
        .into_any();
    }
    if !deck.begun.get() {
        return view! { <div class="player-start">{solid(|| PLAY)}</div> }.into_any();
    }
    ().into_any()
}
