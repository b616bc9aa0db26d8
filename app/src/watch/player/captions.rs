//! Where captions are drawn, as large and on such a ground as somebody likes. What is drawn there is `captions.js`'s.

use super::deck::Deck;
use super::taste::{TextGround, TextSize};
use leptos::prelude::*;

pub fn captions(deck: Deck) -> AnyView {
    let size = move || match deck.taste.with(|taste| taste.text_size) {
        TextSize::Small => "small",
        TextSize::Normal => "normal",
        TextSize::Large => "large",
        TextSize::Huge => "huge",
    };
    let ground = move || match deck.taste.with(|taste| taste.text_ground) {
        TextGround::None => "none",
        TextGround::Dim => "dim",
        TextGround::Solid => "solid",
    };
    view! { <div class="captions" data-testid="captions" node_ref=deck.captions data-size=size data-ground=ground></div> }.into_any()
}

/// The film is attached: its captions have a place now.
pub fn draw(deck: Deck) {
    if let Some(place) = deck.captions.get_untracked() {
        deck.on_handle(|handle| handle.draw_captions(&place));
    }
}
