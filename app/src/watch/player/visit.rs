//! Tells the server that a film is watched: once a visit for its views, and where it is left, for other devices.

use super::deck::Deck;
use crate::account::Account;
use crate::watch::api::{keep_position, record_view};
use domain::id::VideoId;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::fmt::Write;
use std::time::Duration;

const TICK: Duration = Duration::from_secs(1);
/// Seconds of watching between two places that are told.
const TELL_EVERY: u32 = 10;

/// How far a visit is on its way to be a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    /// After so many seconds of watching it is told of.
    Due(u32),
    /// On its way.
    Told,
    Counted,
}

pub fn follow(deck: Deck, film: VideoId) {
    let Account(me) = expect_context();
    let is_signed_in = StoredValue::new(false);
    Effect::new(move |_| is_signed_in.set_value(matches!(me.get(), Some(Some(_)))));

    let keep = {
        let film = film.clone();
        move || {
            let Some(time) = deck.time.try_get_untracked() else { return };
            if is_signed_in.try_get_value() == Some(true) && deck.begun.try_get_untracked() == Some(true) {
                let film = film.clone();
                // Lost with the connection: the next one is not far.
                spawn_local(async move { drop(keep_position(film, time).await) });
            }
        }
    };
    let (kept, left) = (keep.clone(), keep.clone());
    Effect::new(move |_| {
        let (visit, view, watched) = (key(), StoredValue::new(View::Due(0)), StoredValue::new(0_u32));
        let (film, keep) = (film.clone(), keep.clone());
        let tick = move || {
            if deck.playing.try_get_untracked() != Some(true) {
                return;
            }
            watched.update_value(|seconds| *seconds += 1);
            let seconds = watched.get_value();
            if seconds.is_multiple_of(TELL_EVERY) {
                keep();
            }
            if let View::Due(at) = view.get_value()
                && seconds > at
            {
                view.set_value(View::Told);
                tell(film.clone(), visit.clone(), seconds, view);
            }
        };
        let timer = set_interval_with_handle(tick, TICK).ok();
        on_cleanup(move || {
            if let Some(timer) = timer {
                timer.clear();
            }
        });
    });
    // Who pauses may go.
    Effect::new(move |_| {
        if !deck.playing.get() {
            kept();
        }
    });
    on_cleanup(left);
}

/// Without an answer, or too early, it is told of again.
fn tell(film: VideoId, visit: String, seconds: u32, view: StoredValue<View>) {
    spawn_local(async move {
        let next = match record_view(film, visit).await {
            Ok(counted) if counted.counted => View::Counted,
            Ok(counted) => View::Due(seconds + (counted.wait_ms / 1000) as u32),
            Err(_) => View::Due(seconds + TELL_EVERY),
        };
        let _ = view.try_set_value(next);
    });
}

/// 128 random bits.
fn key() -> String {
    let mut bytes = [0; 16];
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
