//! For nerds: what is played, and how well.

use super::deck::Deck;
use js_sys::Array;
use leptos::lazy;
use leptos::prelude::*;
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(500);

#[lazy]
pub fn stats(deck: Deck) -> AnyView {
    let lines = RwSignal::new(Vec::<(String, String)>::new());
    let read = move || {
        deck.on_handle(|handle| {
            let text = |line: &Array, at| line.get(at).as_string().unwrap_or_default();
            let read = |line| {
                let line = Array::from(&line);
                (text(&line, 0), text(&line, 1))
            };
            let _ = lines.try_set(handle.stats().iter().map(read).collect());
        });
    };
    Effect::new(move |_| {
        read();
        let timer = set_interval_with_handle(read, EVERY).ok();
        on_cleanup(move || {
            if let Some(timer) = timer {
                timer.clear();
            }
        });
    });
    let row = |(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }.into_any();
    view! {
        <div class="player-stats" data-testid="stats">
            <dl>{move || lines.get().into_iter().map(row).collect_view()}</dl>
            <button class="player-button" type="button" aria-label="Close the statistics" on:click=move |_| deck.nerds.set(false)>
                "×"
            </button>
        </div>
    }
    .into_any()
}
