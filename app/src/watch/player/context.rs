//! What a right click offers.

use super::deck::{Deck, Sheet};
use crate::components::toast::say;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// A second right click gets the browser's own menu.
pub fn open(deck: Deck, event: &MouseEvent) {
    if deck.sheet.get_untracked() == Sheet::Context {
        deck.sheet.set(Sheet::None);
        return;
    }
    event.prevent_default();
    if let Some(frame) = deck.frame.get_untracked() {
        let place = frame.get_bounding_client_rect();
        let style = web_sys::HtmlElement::style(&frame);
        // As properties: a policy against inline styles lets these pass.
        let _ =
            style.set_property("--context-left", &format!("{}px", (f64::from(event.client_x()) - place.left()) as i32));
        let _ =
            style.set_property("--context-top", &format!("{}px", (f64::from(event.client_y()) - place.top()) as i32));
    }
    deck.sheet.set(Sheet::Context);
}

pub fn menu(deck: Deck) -> AnyView {
    let item = |label: &'static str, act: fn(Deck)| {
        let click = move |_| {
            deck.sheet.set(Sheet::None);
            act(deck);
        };
        view! {
            <button class="menu-item" type="button" role="menuitem" on:click=click>
                {label}
            </button>
        }
        .into_any()
    };
    let mut in_window = false;
    deck.on_handle(|handle| in_window = handle.can_picture_in_picture());
    let looped = if deck.looped.get_untracked() { "Stop the loop" } else { "Loop" };
    view! {
        <div class="player-menu player-context" role="menu" aria-label="Film" data-testid="context">
            {item(looped, Deck::toggle_loop)}
            {item("Copy link", |deck| copy(deck, false))}
            {item("Copy link at this time", |deck| copy(deck, true))}
            {in_window.then(|| item("Picture in picture", |deck| deck.on_handle(|handle| handle.picture_in_picture())))}
            {item("Stats for nerds", |deck| deck.nerds.update(|nerds| *nerds = !*nerds))}
            {item("Keys", |deck| deck.sheet.set(Sheet::Keys))}
        </div>
    }
    .into_any()
}

/// The page's address, perhaps with the present time.
fn copy(deck: Deck, at_time: bool) {
    let location = window().location();
    let (Ok(origin), Ok(path)) = (location.origin(), location.pathname()) else { return };
    let time = if at_time { format!("?t={}", deck.time.get_untracked() as u32) } else { String::new() };
    let link = origin + &path + &time;
    leptos::task::spawn_local(async move {
        let copied = JsFuture::from(window().navigator().clipboard().write_text(&link)).await;
        say(match copied {
            Ok(_) => "Link copied.".to_owned(),
            // Without https, or forbidden.
            Err(_) => format!("Copy it from here: {link}"),
        });
    });
}
