//! What is seen of a film without a picture: how loud it is when, and how much of it was heard.

use super::deck::Deck;
use domain::waveform::Waveform;
use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::fmt::Write;

/// Bars across the player; half of each is the gap to the next.
const BARS: usize = 160;
/// How high the highest is, in the drawing's own units.
const HIGHEST: u32 = 100;

/// The waveform at `path`. `cover`: a picture stands above it.
pub fn wave(deck: Deck, path: String, cover: bool) -> AnyView {
    let drawn = RwSignal::new(String::new());
    Effect::new(move |_| {
        let path = path.clone();
        spawn_local(async move {
            let Ok(answer) = Request::get(&path).send().await else { return };
            if let Ok(waveform) = answer.json::<Waveform>().await {
                let _ = drawn.try_set(outline(&waveform.bars(BARS)));
            }
        });
    });
    let class = if cover { "player-wave player-wave-low" } else { "player-wave" };
    let heard = move || {
        let length = deck.duration.get();
        if length > 0.0 { (deck.time.get() / length * (BARS * 10) as f64) as u32 } else { 0 }
    };
    view! {
        <div class=class data-testid="waveform">
            <svg viewBox=format!("0 0 {BARS} {HIGHEST}") preserveAspectRatio="none" aria-hidden="true">
                <clipPath id="heard">
                    <path d=move || format!("M0 0H{}.{}V{HIGHEST}H0z", heard() / 10, heard() % 10) />
                </clipPath>
                <path class="wave-rest" d=move || drawn.get() />
                <path class="wave-heard" clip-path="url(#heard)" d=move || drawn.get() />
            </svg>
        </div>
    }
    .into_any()
}

/// A rectangle a bar, about the middle, as SVG writes paths. Silence is a thin line.
fn outline(bars: &[f64]) -> String {
    let mut path = String::new();
    for (number, bar) in bars.iter().enumerate() {
        // Whole numbers: digits behind a point cost the browser's part kilobytes of code.
        let half = (bar * f64::from(HIGHEST) / 2.0).max(1.0) as u32;
        let (top, middle) = (HIGHEST / 2 - half, half * 2);
        let _ = write!(path, "M{number}.25 {top}v{middle}h.5v-{middle}z");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::outline;

    #[test]
    fn bars_stand_about_the_middle_and_silence_is_seen() {
        assert_eq!(outline(&[0.0, 1.0]), "M0.25 49v2h.5v-2zM1.25 0v100h.5v-100z");
    }
}
