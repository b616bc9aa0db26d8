//! The keyboard, on the whole page.

use super::deck::Deck;
use crate::components::header::is_typing;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Seconds that an arrow seeks.
const STEP: f64 = 5.0;
/// Seconds that j and l seek.
const LEAP: f64 = 10.0;
const LOUDER: f64 = 0.1;

pub fn listen(deck: Deck) {
    Effect::new(move |_| {
        let keys = window_event_listener(ev::keydown, move |event| {
            if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(&event) {
                return;
            }
            if press(deck, &event) {
                event.prevent_default();
            }
        });
        on_cleanup(move || keys.remove());
    });
}

/// Whether the key meant the player.
fn press(deck: Deck, event: &ev::KeyboardEvent) -> bool {
    match event.key().as_str() {
        // On a button it presses that.
        " " if is_on_control(event) => return false,
        " " | "k" | "K" => deck.toggle(),
        "j" | "J" => deck.seek_by(-LEAP),
        "l" | "L" => deck.seek_by(LEAP),
        "f" | "F" => deck.full_screen(),
        "m" | "M" => deck.toggle_mute(),
        "ArrowLeft" => deck.seek_by(-STEP),
        "ArrowRight" => deck.seek_by(STEP),
        "ArrowUp" => deck.set_volume(deck.volume.get_untracked() + LOUDER),
        "ArrowDown" => deck.set_volume(deck.volume.get_untracked() - LOUDER),
        "Escape" if deck.menu.get_untracked() => deck.menu.set(false),
        _ => return false,
    }
    true
}

fn is_on_control(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|t| matches!(t.tag_name().as_str(), "BUTTON" | "A" | "SUMMARY"))
}
