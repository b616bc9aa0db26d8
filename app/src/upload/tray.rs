//! What stays in sight of the films that are being sent, while somebody looks around.

use super::queue::{Film, Queue, Stage};
use domain::time::{bytes, time_left};
use domain::video::percent;
use leptos::lazy;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// All films of the queue together.
#[derive(Clone, PartialEq, Eq)]
struct Sum {
    /// Films that are on their way, being sent or processed.
    busy: usize,
    sending: usize,
    failed: usize,
    ready: usize,
    /// Bytes.
    sent: u64,
    size: u64,
    speed: u64,
}

impl Sum {
    fn of(films: &[Film]) -> Self {
        let mut sum = Sum { busy: 0, sending: 0, failed: 0, ready: 0, sent: 0, size: 0, speed: 0 };
        for film in films {
            match film.stage.get() {
                Stage::Checking | Stage::Waiting | Stage::Sending | Stage::Paused => {
                    sum.busy += 1;
                    sum.sending += 1;
                    sum.sent += film.sent.get();
                    sum.size += film.size;
                    sum.speed += film.speed.get();
                }
                Stage::Queued | Stage::Processing => sum.busy += 1,
                Stage::Ready => sum.ready += 1,
                Stage::Failed | Stage::Refused => sum.failed += 1,
            }
        }
        sum
    }

    fn share(&self) -> f64 {
        if self.size == 0 { 1.0 } else { self.sent as f64 / self.size as f64 }
    }

    fn in_words(&self) -> String {
        let films = |count: usize| if count == 1 { "1 film".to_owned() } else { format!("{count} films") };
        if self.sending > 0 {
            let mut text = format!("Sending {} · {} %", films(self.sending), percent(self.share()));
            if let Some(seconds) = self.size.saturating_sub(self.sent).checked_div(self.speed) {
                text.push_str(&format!(" · {}/s · {}", bytes(self.speed), time_left(seconds)));
            }
            text
        } else if self.busy > 0 {
            format!("Processing {}", films(self.busy))
        } else if self.failed > 0 {
            format!("{} not uploaded", films(self.failed))
        } else {
            format!("{} ready", films(self.ready))
        }
    }
}

/// In front of a page's title while films are sent, and when all are done.
pub fn badge(queue: Queue) -> String {
    queue.films.with(|films| {
        let sum = Sum::of(films);
        match films.len() {
            0 => String::new(),
            _ if sum.sending > 0 => format!("{} % · ", percent(sum.share())),
            _ if sum.failed > 0 => "! ".to_owned(),
            _ if sum.busy > 0 => String::new(),
            _ => "✓ ".to_owned(),
        }
    })
}

#[component]
pub fn Tray() -> AnyView {
    let queue = expect_context::<Queue>();
    let here = use_location().pathname;
    let sum = Memo::new(move |_| queue.films.with(|films| Sum::of(films)));
    let is_shown = Memo::new(move |_| !queue.films.read().is_empty() && here.read().as_str() != "/upload");
    (move || is_shown.get().then(|| Suspend::new(tray(sum)))).into_any()
}

#[lazy]
fn tray(sum: Memo<Sum>) -> AnyView {
    view! {
        <aside class="tray" data-testid="tray" aria-label="Films on their way">
            <p class="tray-text">{move || sum.read().in_words()}</p>
            <progress
                class="bar"
                max="100"
                aria-label="Sent"
                prop:value=move || f64::from(percent(sum.read().share()))
            ></progress>
            <a class="btn btn-quiet" href="/upload">
                "Show"
            </a>
        </aside>
    }
    .into_any()
}
