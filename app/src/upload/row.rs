//! One film in the queue.

use super::queue::{Film, Queue, Stage};
use crate::studio::api::edit_film;
use domain::text::Title;
use domain::time::{bytes, time_left};
use domain::video::percent;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The number that matters now.
fn numbers(film: &Film) -> String {
    match film.stage.get() {
        Stage::Checking => "Looking at the file".to_owned(),
        Stage::Waiting => format!("{} · waits for the film before it", bytes(film.size)),
        Stage::Sending => {
            let (sent, speed) = (film.sent.get(), film.speed.get());
            let mut text = format!("{} of {}", bytes(sent), bytes(film.size));
            if speed > 0 && sent < film.size {
                text.push_str(&format!(" · {}/s · {}", bytes(speed), time_left((film.size - sent) / speed)));
            }
            text
        }
        Stage::Queued => format!("{} sent · waits to be processed. You may leave this page.", bytes(film.size)),
        Stage::Processing => format!("Processing {} %. You may leave this page.", percent(film.progress.get())),
        Stage::Ready => "Ready to watch".to_owned(),
        Stage::Failed | Stage::Refused => bytes(film.size),
    }
}

/// Shares of the film that were sent and that were processed.
fn shares(film: &Film) -> (f64, f64) {
    match film.stage.get() {
        Stage::Checking | Stage::Waiting | Stage::Refused => (0.0, 0.0),
        Stage::Sending | Stage::Failed => (film.sent.get() as f64 / film.size.max(1) as f64, 0.0),
        Stage::Queued => (1.0, 0.0),
        Stage::Processing => (1.0, film.progress.get()),
        Stage::Ready => (1.0, 1.0),
    }
}

pub fn upload_row(queue: Queue, film: Film) -> AnyView {
    let title_problem = RwSignal::new(None::<String>);
    let rename = {
        let film = film.clone();
        move |event: leptos::ev::Event| {
            let text = event_target_value(&event);
            match Title::parse(&text) {
                Ok(title) => {
                    title_problem.set(None);
                    film.title.set(title.as_str().to_owned());
                    save_title(&film, title_problem);
                }
                Err(error) => title_problem.set(Some(error.to_string())),
            }
        }
    };
    let (stage, title) = (film.stage.clone(), film.title.clone());
    let problem = film.problem.clone();
    let (for_shares, for_numbers) = (film.clone(), film.clone());
    let label = format!("Title of {}", film.file.name());
    let shares = Memo::new(move |_| {
        let (sent, processed) = shares(&for_shares);
        (percent(sent), percent(processed))
    });
    view! {
        <li class="upload-row" data-testid="upload-row" data-state=move || stage.get().as_str()>
            <div class="row-main">
                <input
                    class="input row-title"
                    type="text"
                    aria-label=label
                    dir="auto"
                    prop:value=move || title.get()
                    on:change=rename
                    aria-invalid=move || title_problem.read().is_some().to_string()
                />
                <div class="row-bars">
                    <progress class="bar" max="100" prop:value=move || f64::from(shares.get().0) aria-label="Sent">
                    </progress>
                    <progress class="bar" max="100" prop:value=move || f64::from(shares.get().1) aria-label="Processed">
                    </progress>
                </div>
                <p class="row-note">{move || numbers(&for_numbers)}</p>
                {move || {
                    title_problem
                        .get()
                        .into_iter()
                        .chain(problem.get())
                        .map(|text| {
                            view! {
                                <p class="notice notice-bad" role="alert">
                                    {text}
                                </p>
                            }
                        })
                        .collect_view()
                }}
            </div>
            <div class="row-actions">{move || actions(queue, &film)}</div>
        </li>
    }
    .into_any()
}

fn actions(queue: Queue, film: &Film) -> AnyView {
    let stage = film.stage.get();
    let (one, other) = (film.clone(), film.clone());
    let may_go_on = stage == Stage::Failed && film.sent.get() < film.size;
    let retry = may_go_on.then(|| {
        view! {
            <button class="btn" type="button" on:click=move |_| queue.retry(&one)>
                "Try again"
            </button>
        }
    });
    let second = match stage {
        Stage::Queued | Stage::Processing | Stage::Ready => film.video.get().map(|id| {
            view! {
                <a class="btn" href=format!("/watch/{id}")>
                    "Watch"
                </a>
            }
            .into_any()
        }),
        Stage::Failed | Stage::Refused => Some(
            view! {
                <button class="btn btn-quiet" type="button" on:click=move |_| queue.remove(&other)>
                    "Remove"
                </button>
            }
            .into_any(),
        ),
        Stage::Checking | Stage::Waiting | Stage::Sending => Some(
            view! {
                <button class="btn btn-quiet" type="button" on:click=move |_| queue.cancel(&other)>
                    "Cancel"
                </button>
            }
            .into_any(),
        ),
    };
    view! {
        {retry}
        {second}
    }
    .into_any()
}

/// A film that the server knows already is renamed there; another takes its title along.
fn save_title(film: &Film, problem: RwSignal<Option<String>>) {
    let Some(video) = film.video.get_untracked() else { return };
    let title = film.title.get_untracked();
    spawn_local(async move {
        if let Err(error) = edit_film(video, Some(title), None, None).await {
            problem.set(Some(error.message));
        }
    });
}
