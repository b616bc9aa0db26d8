//! What clicks and taps on the picture do.

use super::deck::{Deck, Sheet};
use leptos::ev::{MouseEvent, PointerEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Taps that follow each other within these milliseconds belong together.
const DOUBLE_MS: f64 = 320.0;
/// Seconds that a double tap at the side seeks, and every further tap.
const LEAP: f64 = 10.0;

/// The last tap of a finger.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tap {
    is_touch: bool,
    at_ms: f64,
    side: i32,
}

pub fn begin(deck: Deck, event: &PointerEvent) {
    let is_touch = event.pointer_type() == "touch";
    deck.tap.update_value(|tap| tap.is_touch = is_touch);
}

/// -1 at the left third of the picture, 1 at the right one.
fn side(event: &MouseEvent) -> i32 {
    let Some(target) = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok()) else { return 0 };
    let frame = target.get_bounding_client_rect();
    let share = (f64::from(event.client_x()) - frame.left()) / frame.width();
    i32::from(share > 2.0 / 3.0) - i32::from(share < 1.0 / 3.0)
}

pub fn click(deck: Deck, event: &MouseEvent) {
    if deck.sheet.get_untracked() != Sheet::None {
        return deck.sheet.set(Sheet::None);
    }
    let before = deck.tap.get_value();
    if !before.is_touch {
        return deck.toggle();
    }
    let (now, side) = (event.time_stamp(), side(event));
    let is_leap = now - before.at_ms < DOUBLE_MS && side == before.side && side != 0;
    deck.tap.set_value(Tap { is_touch: true, at_ms: now, side });
    if is_leap {
        deck.seek_by(f64::from(side) * LEAP);
    } else if !deck.begun.get_untracked() {
        deck.toggle();
    } else if deck.idle.get_untracked() {
        deck.stir();
    } else {
        deck.rest();
    }
}

pub fn double_click(deck: Deck, event: &MouseEvent) {
    let tap = deck.tap.get_value();
    if !tap.is_touch || side(event) == 0 {
        deck.full_screen();
    }
}
