//! A film goes on where it was left, says so, and can be started over.

use super::deck::Deck;
use domain::time::clock;
use leptos::prelude::*;
use std::time::Duration;

/// So long it is said.
const SAID: Duration = Duration::from_secs(8);

pub fn begun(deck: Deck) {
    let mut began = 0.0;
    deck.on_handle(|handle| began = handle.began());
    if began > 0.0 && !deck.asked.get_value() {
        deck.continued.set(Some(began));
        set_timeout(
            move || {
                let _ = deck.continued.try_set(None);
            },
            SAID,
        );
    }
}

pub fn continued(deck: Deck) -> AnyView {
    let show = move |seconds: f64| {
        view! {
            <div class="player-continued" role="status">
                <span>{format!("Continued at {}", clock((seconds * 1000.0) as i64))}</span>
                <button
                    class="btn"
                    type="button"
                    on:click=move |_| {
                        deck.continued.set(None);
                        deck.seek_to(0.0);
                    }
                >
                    "Start over"
                </button>
            </div>
        }
        .into_any()
    };
    (move || deck.continued.get().map(show)).into_any()
}
