//! The keyboard, on the whole page.

use super::deck::{Deck, Sheet};
use crate::components::header::is_command;
use leptos::ev;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;

/// Seconds that an arrow seeks.
const STEP: f64 = 5.0;
/// Seconds that j and l seek.
const LEAP: f64 = 10.0;
const LOUDER: f64 = 0.05;

/// What [`press`] understands, as the help sheet tells it.
pub const KEYS: [(&str, &str); 16] = [
    ("Space or k", "Play, pause"),
    ("j, l", "10 seconds back, on"),
    ("← →", "5 seconds back, on"),
    (", .", "One frame back, on (paused)"),
    ("0 to 9", "To a tenth of the film"),
    ("Home, End", "To the beginning, to the end"),
    ("↑ ↓", "Louder, quieter"),
    ("m", "Mute"),
    ("c", "Captions"),
    ("< >", "Slower, faster"),
    ("f", "Full screen"),
    ("t", "Theatre"),
    ("i", "Small player, and back"),
    ("p", "Picture in picture"),
    ("Esc", "Close what is open"),
    ("?", "This list"),
];

pub fn listen(deck: Deck) {
    let navigate = use_navigate();
    Effect::new(move |_| {
        let navigate = navigate.clone();
        let keys = window_event_listener(ev::keydown, move |event| {
            if event.default_prevented() || !is_command(&event) {
                return;
            }
            if event.key().eq_ignore_ascii_case("i") {
                deck.taken.set_value(true);
                return navigate("/", NavigateOptions::default());
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
    let key = event.key();
    // Without capitals: Caps Lock changes no meaning.
    match key.to_ascii_lowercase().as_str() {
        // On a button it presses that.
        " " if is_on_control(event) => return false,
        " " | "k" => deck.toggle(),
        "j" => deck.seek_by(-LEAP),
        "l" => deck.seek_by(LEAP),
        "arrowleft" => deck.seek_by(-STEP),
        "arrowright" => deck.seek_by(STEP),
        "," => deck.step(-1),
        "." => deck.step(1),
        "home" => deck.seek_to(0.0),
        "end" => deck.seek_to_tenth(10),
        "arrowup" => deck.set_volume(deck.volume.get_untracked() + LOUDER),
        "arrowdown" => deck.set_volume(deck.volume.get_untracked() - LOUDER),
        "m" => deck.toggle_mute(),
        "c" => deck.toggle_text(),
        "<" => deck.change_speed(false),
        ">" => deck.change_speed(true),
        "f" => deck.full_screen(),
        "t" => deck.toggle_theatre(),
        "p" => deck.on_handle(|handle| handle.picture_in_picture()),
        "?" => deck.sheet.update(|sheet| *sheet = if *sheet == Sheet::Keys { Sheet::None } else { Sheet::Keys }),
        "escape" if deck.sheet.get_untracked() != Sheet::None => deck.sheet.set(Sheet::None),
        digit if digit.len() == 1 => match digit.parse() {
            Ok(tenth) => deck.seek_to_tenth(tenth),
            Err(_) => return false,
        },
        _ => return false,
    }
    true
}

fn is_on_control(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|t| matches!(t.tag_name().as_str(), "BUTTON" | "A" | "SUMMARY"))
}
