//! The list of keys.

use super::deck::{Deck, Sheet};
use super::keys::KEYS;
use leptos::html;
use leptos::prelude::*;

pub fn keys(deck: Deck) -> AnyView {
    let close = NodeRef::<html::Button>::new();
    Effect::new(move |_| {
        if let Some(close) = close.get() {
            let _ = close.focus();
        }
    });
    let row = |(keys, meaning)| view! { <dt><kbd>{keys}</kbd></dt><dd>{meaning}</dd> }.into_any();
    view! {
        <div class="player-sheet" role="dialog" aria-label="Keys" data-testid="keys">
            <h2>"Keys"</h2>
            <dl>{KEYS.into_iter().map(row).collect_view()}</dl>
            <button class="btn" type="button" node_ref=close on:click=move |_| deck.sheet.set(Sheet::None)>
                "Close"
            </button>
        </div>
    }
    .into_any()
}
