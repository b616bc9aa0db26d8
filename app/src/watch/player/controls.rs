//! The bar at the bottom of the picture.

use super::deck::{AUTO, Deck};
use crate::components::icons::{FULL, LOUD, MUTE, PAUSE, PLAY, solid};
use leptos::prelude::*;

pub fn controls(deck: Deck) -> AnyView {
    let (playing, muted) = (deck.playing, deck.muted);
    let seek = move |event: leptos::ev::Event| {
        if let Ok(time) = event_target_value(&event).parse() {
            deck.seek_to(time);
        }
    };
    let turn = move |event: leptos::ev::Event| {
        if let Ok(volume) = event_target_value(&event).parse() {
            deck.set_volume(volume);
        }
    };
    view! {
        <div class="player-controls">
            <input
                class="player-seek"
                node_ref=deck.seek
                type="range"
                aria-label="Seek"
                min="0"
                max=move || deck.duration.get().to_string()
                step="any"
                prop:value=move || deck.time.get()
                aria-valuetext=move || deck.time_text()
                on:input=seek
            />
            <button
                class="player-button"
                type="button"
                aria-label=move || if playing.get() { "Pause" } else { "Play" }
                on:click=move |_| deck.toggle()
            >
                {solid(move || if playing.get() { PAUSE } else { PLAY })}
            </button>
            <button
                class="player-button"
                type="button"
                aria-label=move || if muted.get() { "Unmute" } else { "Mute" }
                on:click=move |_| deck.toggle_mute()
            >
                {solid(move || if muted.get() { MUTE } else { LOUD })}
            </button>
            <input
                class="player-volume max-sm:hidden"
                type="range"
                aria-label="Volume"
                min="0"
                max="1"
                step="0.05"
                prop:value=move || if muted.get() { 0.0 } else { deck.volume.get() }
                on:input=turn
            />
            <span class="player-time">{move || deck.time_text()}</span>
            <span class="player-spring"></span>
            <button
                class="player-button"
                type="button"
                aria-label="Quality"
                hidden=move || deck.is_sound()
                aria-haspopup="menu"
                aria-expanded=move || deck.menu.get().to_string()
                on:click=move |_| deck.menu.update(|open| *open = !*open)
            >
                {move || quality(deck)}
            </button>
            <button class="player-button" type="button" aria-label="Full screen" on:click=move |_| deck.full_screen()>
                {solid(|| FULL)}
            </button>
        </div>
        {move || deck.menu.get().then(|| menu(deck))}
    }
    .into_any()
}

/// What is chosen, and what that means now: "Auto 720p".
fn quality(deck: Deck) -> String {
    let height = |index: i32| deck.levels.read().iter().find(|l| l.index == index).map(|l| format!("{}p", l.height));
    match deck.chosen.get() {
        AUTO => height(deck.shown.get()).map_or_else(|| "Auto".to_owned(), |p| format!("Auto {p}")),
        index => height(index).unwrap_or_default(),
    }
}

fn menu(deck: Deck) -> AnyView {
    let item = move |index: i32, label: String, lags: bool| {
        view! {
            <button
                class="menu-item"
                type="button"
                role="menuitemradio"
                disabled=lags
                aria-checked=move || (deck.chosen.get() == index).to_string()
                on:click=move |_| deck.choose(index)
            >
                {label}
            </button>
        }
    };
    let rungs: Vec<_> = deck
        .levels
        .get()
        .into_iter()
        .rev()
        .map(|l| {
            let label = if l.lags { format!("{}p, soon", l.height) } else { format!("{}p", l.height) };
            item(l.index, label, l.lags)
        })
        .collect();
    view! {
        <div class="player-menu" role="menu" aria-label="Quality">
            {item(AUTO, "Auto".to_owned(), false)}
            {rungs}
        </div>
    }
    .into_any()
}
