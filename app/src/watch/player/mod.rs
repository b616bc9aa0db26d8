//! The player: a `<video>`, our controls, and hls.js behind them.

mod controls;
mod deck;
mod engine;
mod keys;
mod wave;

use crate::components::icons::{PLAY, solid};
use deck::Deck;
use domain::poster::Poster;
use leptos::prelude::*;

/// Plays the playlist at `src`. `poster` is None as long as the film has none; `waveform` for one with a picture.
pub fn player(src: String, poster: Signal<Option<Poster>>, waveform: Signal<Option<String>>) -> AnyView {
    let deck = Deck::new();
    Effect::new({
        let src = src.clone();
        move |_| engine::start(deck, src.clone())
    });
    on_cleanup(move || deck.let_go());
    keys::listen(deck);
    // Where the waveform itself is drawn, its picture is left out.
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
            on:pointermove=move |_| deck.stir()
            on:pointerleave=move |_| deck.rest()
        >
            <video
                node_ref=deck.video
                playsinline
                poster=move || picture.get().map(|poster| poster.largest())
                preload="auto"
                on:click=move |_| {
                    if deck.menu.get_untracked() {
                        deck.menu.set(false);
                    } else {
                        deck.toggle();
                    }
                }
                on:dblclick=move |_| deck.full_screen()
                on:play=move |_| {
                    deck.playing.set(true);
                    deck.begun.set(true);
                }
                on:pause=move |_| {
                    deck.playing.set(false);
                    deck.stir();
                }
                on:timeupdate=move |_| deck.read_time()
                on:seeking=move |_| deck.read_time()
                on:progress=move |_| deck.read_time()
                on:durationchange=move |_| deck.read_time()
                on:volumechange=move |_| deck.read_volume()
                on:waiting=move |_| deck.waiting.set(true)
                on:playing=move |_| deck.waiting.set(false)
                on:canplay=move |_| deck.waiting.set(false)
                on:ended=move |_| deck.stir()
            ></video>
            {move || waveform.get().map(|path| wave::wave(deck, path, picture.read().is_some()))}
            <div class="contents" aria-live="polite">
                {move || message(deck)}
            </div>
            {controls::controls(deck)}
        </div>
    }
    .into_any()
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
