//! The menu behind the wheel: quality, speed, captions, sound.

use super::deck::{AUTO, Deck, Page, SPEEDS, Sheet, speed_text};
use super::taste::{TextGround, TextSize};
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// What is chosen, and what that means now: "Auto (720p)".
pub fn quality(deck: Deck) -> String {
    let height = |index: i32| deck.levels.read().iter().find(|l| l.index == index).map(|l| format!("{}p", l.height));
    match deck.chosen.get() {
        AUTO => height(deck.shown.get()).map_or_else(|| "Auto".to_owned(), |p| format!("Auto ({p})")),
        index => height(index).unwrap_or_default(),
    }
}

pub fn settings(deck: Deck, page: Page) -> AnyView {
    let menu = NodeRef::<html::Div>::new();
    // Whoever opens it by keyboard stands in it.
    Effect::new(move |_| {
        if let Some(menu) = menu.get() {
            focus(&menu, 0);
        }
    });
    let (title, rows) = match page {
        Page::All => ("Settings", all(deck)),
        Page::Quality => ("Quality", qualities(deck)),
        Page::Speed => ("Speed", speeds(deck)),
        Page::Captions => ("Captions", texts(deck)),
        Page::CaptionLook => ("Look of captions", looks(deck)),
        Page::Sound => ("Sound", sounds(deck)),
    };
    let up = match page {
        Page::All => Sheet::None,
        Page::CaptionLook => Sheet::Settings(Page::Captions),
        _ => Sheet::Settings(Page::All),
    };
    let back = (page != Page::All).then(|| {
        view! {
            <button class="menu-item menu-back" type="button" role="menuitem" on:click=move |_| deck.sheet.set(up)>
                "‹ "
                {title}
            </button>
        }
    });
    view! {
        <div
            class="player-menu"
            role="menu"
            aria-label=title
            data-testid="settings"
            node_ref=menu
            on:keydown=move |event| walk(deck, &event, menu, up)
        >
            {back}
            {rows}
        </div>
    }
    .into_any()
}

/// Arrows go through a menu, back and out of it; the film doesn't hear of them.
fn walk(deck: Deck, event: &KeyboardEvent, menu: NodeRef<html::Div>, up: Sheet) {
    let Some(menu) = menu.get_untracked() else { return };
    match event.key().as_str() {
        "ArrowDown" => focus(&menu, 1),
        "ArrowUp" => focus(&menu, -1),
        "Home" => focus(&menu, 0),
        "End" => focus(&menu, i32::MAX),
        "ArrowLeft" => deck.sheet.set(up),
        "ArrowRight" => {}
        "Escape" => {
            deck.sheet.set(Sheet::None);
            if let Some(wheel) = deck.wheel.get_untracked() {
                let _ = wheel.focus();
            }
        }
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}

/// Goes `by` items on, around the ends; 0 is the first, the greatest number the last.
fn focus(menu: &web_sys::HtmlElement, by: i32) {
    let Ok(items) = menu.query_selector_all("button:not(:disabled)") else { return };
    let count = i32::try_from(items.length()).unwrap_or(0);
    if count == 0 {
        return;
    }
    let now = document().active_element();
    let at = (0..count).find(|at| items.item(*at as u32).as_ref() == now.as_deref());
    let next = match (by, at) {
        (0, _) => 0,
        (i32::MAX, _) => count - 1,
        (by, at) => (at.unwrap_or(0) + by).rem_euclid(count),
    };
    if let Some(item) = items.item(next as u32).and_then(|item| item.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = item.focus();
    }
}

fn row(deck: Deck, page: Page, label: &'static str, value: impl Fn() -> String + Send + 'static) -> AnyView {
    view! {
        <button
            class="menu-item menu-row"
            type="button"
            role="menuitem"
            aria-haspopup="menu"
            on:click=move |_| deck.sheet.set(Sheet::Settings(page))
        >
            <span>{label}</span>
            <span class="menu-value">{value}" ›"</span>
        </button>
    }
    .into_any()
}

fn name(tracks: Vec<super::deck::Track>, index: i32) -> String {
    tracks.into_iter().find(|track| track.index == index).map_or_else(|| "Off".to_owned(), |track| track.name)
}

fn all(deck: Deck) -> Vec<AnyView> {
    let mut rows = Vec::new();
    if !deck.is_sound() {
        rows.push(row(deck, Page::Quality, "Quality", move || quality(deck)));
    }
    rows.push(row(deck, Page::Speed, "Speed", move || speed_text(deck.speed.get())));
    if !deck.texts.read().is_empty() {
        rows.push(row(deck, Page::Captions, "Captions", move || name(deck.texts.get(), deck.text.get())));
    }
    if deck.sounds.read().len() > 1 {
        rows.push(row(deck, Page::Sound, "Sound", move || name(deck.sounds.get(), deck.sound.get())));
    }
    rows
}

/// One of several.
fn choice(label: String, is_chosen: bool, is_there: bool, choose: impl Fn() + Send + 'static) -> AnyView {
    view! {
        <button
            class="menu-item"
            type="button"
            role="menuitemradio"
            disabled=!is_there
            aria-checked=is_chosen.to_string()
            on:click=move |_| choose()
        >
            {label}
        </button>
    }
    .into_any()
}

/// The same, and the menu is done with.
fn pick(deck: Deck, label: String, is_chosen: bool, is_there: bool, choose: impl Fn() + Send + 'static) -> AnyView {
    choice(label, is_chosen, is_there, move || {
        choose();
        deck.sheet.set(Sheet::None);
    })
}

fn qualities(deck: Deck) -> Vec<AnyView> {
    let chosen = deck.chosen.get();
    let item = |label, index, is_there| pick(deck, label, chosen == index, is_there, move || deck.choose_level(index));
    let mut rows = vec![item(quality_auto(deck), AUTO, true)];
    rows.extend(deck.levels.get().into_iter().rev().map(|level| {
        let label = if level.lags { format!("{}p, soon", level.height) } else { format!("{}p", level.height) };
        item(label, level.index, !level.lags)
    }));
    rows
}

fn quality_auto(deck: Deck) -> String {
    if deck.chosen.get() == AUTO { quality(deck) } else { "Auto".to_owned() }
}

fn speeds(deck: Deck) -> Vec<AnyView> {
    let now = deck.speed.get();
    let item = |speed| pick(deck, speed_text(speed), speed == now, true, move || deck.set_speed(speed));
    SPEEDS.into_iter().map(item).collect()
}

fn texts(deck: Deck) -> Vec<AnyView> {
    let now = deck.text.get();
    let item = |label, index| pick(deck, label, index == now, true, move || deck.choose_text(index));
    let mut rows = vec![item("Off".to_owned(), AUTO)];
    rows.extend(deck.texts.get().into_iter().map(|text| item(text.name, text.index)));
    rows.push(row(deck, Page::CaptionLook, "Look", String::new));
    rows
}

fn looks(deck: Deck) -> Vec<AnyView> {
    let taste = deck.taste.get();
    let size = |size: TextSize| {
        choice(size.as_str().to_owned(), taste.text_size == size, true, move || {
            deck.taste.update(|taste| taste.text_size = size);
        })
    };
    let ground = |ground: TextGround| {
        choice(ground.as_str().to_owned(), taste.text_ground == ground, true, move || {
            deck.taste.update(|taste| taste.text_ground = ground);
        })
    };
    TextSize::ALL.into_iter().map(size).chain(TextGround::ALL.into_iter().map(ground)).collect()
}

fn sounds(deck: Deck) -> Vec<AnyView> {
    let now = deck.sound.get();
    let item = |label, index| pick(deck, label, index == now, true, move || deck.choose_sound(index));
    deck.sounds.get().into_iter().map(|sound| item(sound.name, sound.index)).collect()
}
