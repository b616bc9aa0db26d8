//! Where one is in the film, and where one could go: what is loaded, chapters, and a picture of the place pointed at.

use super::deck::Deck;
use super::tiles::Storyboard;
use domain::time::clock;
use domain::webvtt::{Chapter, Tile};
use domain::within::within;
use leptos::ev::{Event, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use std::fmt::Write;

/// The bar is drawn in thousandths of the film; styles can't be written into HTML under a strict policy, drawings can.
const WHOLE: f64 = 1000.0;
/// Half of the handle's width in pixels: the bar begins and ends in its middle.
const INSET: f64 = 7.0;

pub fn bar(deck: Deck, chapters: Signal<Vec<Chapter>>, storyboard: Signal<Option<String>>) -> AnyView {
    let row = NodeRef::<html::Div>::new();
    let pictures = Storyboard::new(storyboard);
    // Seconds that are pointed at.
    let aimed = RwSignal::new(None::<f64>);
    let aim = move |event: PointerEvent| {
        pictures.load();
        let Some(row) = row.get_untracked() else { return };
        let (frame, length) = (row.get_bounding_client_rect(), deck.duration.get_untracked());
        let x = f64::from(event.client_x()) - frame.left() - INSET;
        let width = frame.width() - 2.0 * INSET;
        if length > 0.0 && width > 0.0 {
            aimed.set(Some(within(0.0, x / width, 1.0) * length));
        }
    };
    let seek = move |event: Event| {
        deck.seek_to(event_target::<web_sys::HtmlInputElement>(&event).value_as_number());
    };
    let share = move |seconds: f64| {
        let length = deck.duration.get();
        if length > 0.0 { within(0.0, seconds / length, 1.0) * WHOLE } else { 0.0 }
    };
    let loaded =
        move || deck.buffered.with(|ranges| bars(ranges.iter().map(|(start, end)| (share(*start), share(*end)))));
    let cuts = move || {
        let starts =
            |all: &Vec<Chapter>| all.iter().skip(1).map(|c| share(c.start_ms as f64 / 1000.0)).collect::<Vec<_>>();
        bars(chapters.with(starts).into_iter().map(|at| (at - 1.0, at + 1.0)))
    };
    view! {
        <div
            class="player-seek-row"
            node_ref=row
            on:pointermove=aim
            on:pointerdown=aim
            on:pointerleave=move |_| aimed.set(None)
            on:pointerup=move |event: PointerEvent| {
                if event.pointer_type() == "touch" {
                    aimed.set(None);
                }
            }
            on:pointercancel=move |_| aimed.set(None)
        >
            <svg class="seek-track" viewBox="0 0 1000 4" preserveAspectRatio="none" aria-hidden="true">
                <path class="seek-whole" d="M0 0h1000v4H0z" />
                <path class="seek-loaded" d=loaded />
                <path class="seek-played" d=move || bars([(0.0, share(deck.time.get()))]) />
                <path class="seek-cuts" d=cuts />
            </svg>
            <input
                class="player-seek"
                type="range"
                aria-label="Seek"
                min="0"
                max=move || deck.duration.get()
                step="any"
                prop:value=move || deck.time.get()
                aria-valuetext=move || spoken(deck, chapters)
                on:input=seek
            />
            {move || aimed.get().map(|seconds| preview(deck, seconds, chapters, pictures, row))}
        </div>
    }
    .into_any()
}

/// Stretches as SVG writes paths, in tenths of the drawing's units.
fn bars(stretches: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (start, end) in stretches {
        let (start, end) = ((start.max(0.0) * 10.0) as u32, (end.max(0.0) * 10.0) as u32);
        let _ =
            write!(path, "M{}.{} 0H{}.{}V4H{}.{}z", start / 10, start % 10, end / 10, end % 10, start / 10, start % 10);
    }
    path
}

/// The chapter of that second.
pub fn chapter(chapters: &[Chapter], seconds: f64) -> Option<&Chapter> {
    let ms = (seconds * 1000.0) as i64;
    chapters.iter().rev().find(|chapter| chapter.start_ms <= ms)
}

fn spoken(deck: Deck, chapters: Signal<Vec<Chapter>>) -> String {
    let mut text = deck.time_text();
    if let Some(chapter) = chapter(&chapters.read(), deck.time.get()) {
        text.push_str(", ");
        text.push_str(&chapter.title);
    }
    text
}

/// What is at `seconds`, above the place that is pointed at.
fn preview(
    deck: Deck,
    seconds: f64,
    chapters: Signal<Vec<Chapter>>,
    pictures: Storyboard,
    row: NodeRef<html::Div>,
) -> AnyView {
    let place = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        let (Some(place), Some(row)) = (place.get(), row.get_untracked()) else { return };
        let (width, own) = (row.get_bounding_client_rect().width(), place.get_bounding_client_rect().width());
        let middle = INSET + seconds / deck.duration.get_untracked() * (width - 2.0 * INSET);
        let left = within(0.0, middle - own / 2.0, width - own) as i32;
        // As a property: a policy against inline styles lets that pass.
        let _ = web_sys::HtmlElement::style(&place).set_property("--left", &format!("{left}px"));
    });
    let title = chapters.with(|all| chapter(all, seconds).map(|chapter| chapter.title.clone()));
    view! {
        <div class="seek-preview" node_ref=place data-testid="seek-preview" aria-hidden="true">
            {pictures.tile(seconds).map(|tile| picture(&tile))}
            {title.map(|title| view! { <span class="seek-chapter" dir="auto">{title}</span> })}
            <span>{clock((seconds * 1000.0) as i64)}</span>
        </div>
    }
    .into_any()
}

/// A part of a sheet.
fn picture(tile: &Tile) -> AnyView {
    let Tile { x, y, width, height, .. } = tile;
    view! {
        <svg class="seek-picture" width=width.to_string() height=height.to_string() viewBox=format!("{x} {y} {width} {height}")>
            <image href=tile.sheet.clone() />
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_drawn_to_a_tenth() {
        assert_eq!(bars([(0.0, 12.34), (500.0, 1000.0)]), "M0.0 0H12.3V4H0.0zM500.0 0H1000.0V4H500.0z");
    }

    #[test]
    fn a_second_is_of_the_last_chapter_that_has_begun() {
        let named = |start_ms, title: &str| Chapter { start_ms, end_ms: 0, title: title.to_owned() };
        let chapters = [named(1_000, "One"), named(5_000, "Two")];
        let at = |seconds| chapter(&chapters, seconds).map(|chapter| chapter.title.as_str());
        assert_eq!([at(0.5), at(1.0), at(4.9), at(99.0)], [None, Some("One"), Some("One"), Some("Two")]);
    }
}
