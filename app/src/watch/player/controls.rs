//! The bar at the bottom of the picture.

use super::Film;
use super::deck::{AUTO, Deck, Page, Sheet};
use super::seek;
use crate::components::icons::{CAPTIONS, FULL, LOUD, MUTE, PAUSE, PLAY, SCREEN, THEATRE, WHEEL, WINDOW, solid};
use domain::webvtt::Chapter;
use leptos::prelude::*;

pub fn controls(deck: Deck, film: &Film) -> AnyView {
    let chapters = film.chapters;
    view! {
        <div class="player-controls">
            {seek::bar(deck, chapters, film.storyboard)}
            {sound(deck)}
            <span class="player-time">{move || deck.time_text()}</span>
            <span class="player-chapter" dir="auto">
                {move || now(&chapters.read(), deck.time.get())}
            </span>
            <span class="player-spring"></span>
            {picture(deck)}
        </div>
    }
    .into_any()
}

fn now(chapters: &[Chapter], time: f64) -> String {
    seek::chapter(chapters, time).map(|chapter| chapter.title.clone()).unwrap_or_default()
}

fn button(
    label: impl Fn() -> &'static str + Send + 'static,
    picture: impl Fn() -> &'static str + Send + Sync + 'static,
    class: &'static str,
    act: impl Fn() + 'static,
) -> AnyView {
    view! {
        <button class=class type="button" aria-label=label on:click=move |_| act()>
            {solid(picture)}
        </button>
    }
    .into_any()
}

const PLAIN: &str = "player-button";
/// Of what phones have no use for, or no room.
const WIDE: &str = "player-button max-sm:hidden";

fn sound(deck: Deck) -> AnyView {
    let (playing, muted) = (deck.playing, deck.muted);
    let turn = move |event: leptos::ev::Event| {
        deck.set_volume(event_target::<web_sys::HtmlInputElement>(&event).value_as_number());
    };
    view! {
        {button(
            move || if playing.get() { "Pause" } else { "Play" },
            move || if playing.get() { PAUSE } else { PLAY },
            PLAIN,
            move || deck.toggle(),
        )}
        {button(
            move || if muted.get() { "Unmute" } else { "Mute" },
            move || if muted.get() { MUTE } else { LOUD },
            PLAIN,
            move || deck.toggle_mute(),
        )}
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
    }
    .into_any()
}

fn picture(deck: Deck) -> AnyView {
    let has_texts = move || !deck.texts.read().is_empty();
    let in_window = move || {
        let mut can = false;
        // Known once a rung is.
        if !deck.levels.read().is_empty() && !deck.is_sound() {
            deck.on_handle(|handle| can = handle.can_picture_in_picture());
        }
        can
    };
    let captions = move || {
        has_texts().then(|| {
            view! {
                <button
                    class="player-button"
                    type="button"
                    aria-label="Captions"
                    aria-pressed=move || (deck.text.get() != AUTO).to_string()
                    on:click=move |_| deck.toggle_text()
                >
                    {solid(|| CAPTIONS)}
                </button>
            }
        })
    };
    let open = move |_| {
        deck.sheet.update(|sheet| {
            *sheet = match sheet {
                Sheet::Settings(_) => Sheet::None,
                _ => Sheet::Settings(Page::All),
            };
        });
    };
    view! {
        {captions}
        <button
            class="player-button"
            type="button"
            aria-label="Settings"
            aria-haspopup="menu"
            aria-expanded=move || matches!(deck.sheet.get(), Sheet::Settings(_)).to_string()
            node_ref=deck.wheel
            on:click=open
        >
            {solid(|| WHEEL)}
        </button>
        {move || {
            deck.screens.get().then(|| {
                button(|| "Play on another screen", || SCREEN, PLAIN, move || deck.on_handle(|handle| handle.choose_screen()))
            })
        }}
        {move || {
            in_window().then(|| {
                button(|| "Picture in picture", || WINDOW, WIDE, move || deck.on_handle(|handle| handle.picture_in_picture()))
            })
        }}
        {button(|| "Theatre", || THEATRE, WIDE, move || deck.toggle_theatre())}
        {button(|| "Full screen", || FULL, PLAIN, move || deck.full_screen())}
    }
    .into_any()
}
