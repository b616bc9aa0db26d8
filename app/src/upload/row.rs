//! One film in the queue.

use super::preview;
use super::queue::{Film, Queue, Stage};
use crate::components::problem::bad_notice;
use crate::components::visibility;
use crate::studio::api::edit_film;
use domain::text::{Description, Title};
use domain::time::{bytes, time_left};
use domain::video::{Visibility, percent};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The number that matters now.
fn numbers(queue: Queue, film: &Film) -> String {
    let of = || format!("{} of {}", bytes(film.sent.get()), bytes(film.size));
    match film.stage.get() {
        Stage::Checking => "Looking at the file".to_owned(),
        Stage::Waiting if queue.is_elsewhere.get() => {
            format!("{} · waits for another tab of this browser that is sending", bytes(film.size))
        }
        Stage::Waiting => format!("{} · waits for the films before it", bytes(film.size)),
        Stage::Sending => {
            let (sent, speed) = (film.sent.get(), film.speed.get());
            let mut text = of();
            if speed > 0 && sent < film.size {
                text.push_str(&format!(" · {}/s · {}", bytes(speed), time_left((film.size - sent) / speed)));
            }
            text
        }
        Stage::Paused => format!("Paused · {} · what was sent is kept for a week", of()),
        Stage::Queued => format!("{} sent · waits to be processed. You may leave this page.", bytes(film.size)),
        Stage::Processing => {
            let mut text = format!("Processing {} %", percent(film.progress.get()));
            if let Some(seconds) = film.seconds_left.get() {
                text.push_str(&format!(" · {}", time_left(seconds)));
            }
            let rungs = film.rungs.get();
            if !rungs.is_empty() {
                text.push_str(&format!(" · there in {rungs}"));
            }
            text.push_str(". You may leave this page.");
            text
        }
        Stage::Ready if film.is_known.get() => "You have sent this film before. Here it is, ready to watch".to_owned(),
        Stage::Ready => "Ready to watch".to_owned(),
        Stage::Failed if film.sent.get() > 0 && film.sent.get() < film.size => of(),
        Stage::Failed | Stage::Refused => bytes(film.size),
    }
}

/// Shares of the film that were sent and that were processed.
fn shares(film: &Film) -> (f64, f64) {
    match film.stage.get() {
        Stage::Checking | Stage::Waiting | Stage::Refused => (0.0, 0.0),
        Stage::Sending | Stage::Paused | Stage::Failed => (film.sent.get() as f64 / film.size.max(1) as f64, 0.0),
        Stage::Queued => (1.0, 0.0),
        Stage::Processing => (1.0, film.progress.get()),
        Stage::Ready => (1.0, 1.0),
    }
}

pub fn upload_row(queue: Queue, film: Film) -> AnyView {
    let wrong = RwSignal::new(None::<String>);
    let rename = {
        let film = film.clone();
        move |event: leptos::ev::Event| match Title::parse(&event_target_value(&event)) {
            Ok(title) => {
                film.title.set(title.as_str().to_owned());
                save(&film, wrong, Some(title.as_str().to_owned()), None, None);
            }
            Err(error) => wrong.set(Some(error.to_string())),
        }
    };
    let (stage, title) = (film.stage.clone(), film.title.clone());
    let problem = film.problem.clone();
    let (for_shares, for_numbers, for_actions) = (film.clone(), film.clone(), film.clone());
    let label = format!("Title of {}", film.file.name());
    let shares = Memo::new(move |_| {
        let (sent, processed) = shares(&for_shares);
        (percent(sent), percent(processed))
    });
    // Of hundreds that wait nothing but this changes whenever one of them is sent.
    let (waits, number) = (film.stage.clone(), film.number);
    let is_behind = Memo::new(move |_| {
        waits.get() == Stage::Waiting && queue.first_waiting.get().is_some_and(|first| first != number)
    });
    let picture = NodeRef::<html::Canvas>::new();
    let looks = RwSignal::new(String::new());
    let looked_at = film.clone();
    Effect::new(move |_| {
        let Some(canvas) = picture.get() else { return };
        let film = looked_at.clone();
        spawn_local(async move {
            let wants = || canvas.is_connected() && film.stage.get_untracked() != Stage::Refused;
            let told = preview::look(&film.file, &canvas, wants).await;
            looks.try_set(told);
        });
    });
    view! {
        <li class="upload-row" data-testid="upload-row" data-state=move || stage.get().as_str()>
            <canvas class="row-picture" node_ref=picture width="320" height="180" aria-hidden="true"></canvas>
            <div class="row-main">
                <input
                    class="input row-title"
                    type="text"
                    aria-label=label
                    dir="auto"
                    prop:value=move || title.get()
                    on:change=rename
                    aria-invalid=move || wrong.read().is_some().to_string()
                />
                <div class="row-bars">
                    <progress class="bar" max="100" prop:value=move || f64::from(shares.get().0) aria-label="Sent">
                    </progress>
                    <progress class="bar" max="100" prop:value=move || f64::from(shares.get().1) aria-label="Processed">
                    </progress>
                </div>
                <p class="row-note">
                    {move || numbers(queue, &for_numbers)}
                    {move || {
                        let looks = looks.get();
                        (!looks.is_empty()).then(|| view! { <span class="row-looks">{looks}</span> })
                    }}
                </p>
                {bad_notice(move || wrong.get())}
                {bad_notice(move || problem.get())}
            </div>
            <div class="row-actions">{move || actions(queue, &for_actions, is_behind.get())}</div>
            {details(film, wrong)}
        </li>
    }
    .into_any()
}

/// What else can be said of the film while it is sent: made when somebody wants to see it.
fn details(film: Film, wrong: RwSignal<Option<String>>) -> AnyView {
    let is_wanted = RwSignal::new(false);
    let open = move |_| {
        if !is_wanted.get_untracked() {
            is_wanted.set(true);
        }
    };
    view! {
        <details class="row-wide row-details" on:toggle=open>
            <summary>"Details"</summary>
            {move || is_wanted.get().then(|| fields(&film, wrong))}
        </details>
    }
    .into_any()
}

fn fields(film: &Film, wrong: RwSignal<Option<String>>) -> AnyView {
    let (described, shown) = (film.clone(), film.clone());
    let describe = move |event: leptos::ev::Event| match Description::parse(&event_target_value(&event)) {
        Ok(text) => {
            described.description.set(text.as_str().to_owned());
            save(&described, wrong, None, Some(text.as_str().to_owned()), None);
        }
        Err(error) => wrong.set(Some(error.to_string())),
    };
    let show = move |event: leptos::ev::Event| {
        let word = event_target_value(&event);
        shown.visibility.set(word.clone());
        save(&shown, wrong, None, None, Some(word));
    };
    let number = film.number;
    let (description, chosen) = (film.description.clone(), film.visibility.clone());
    view! {
        <div class="field">
            <label for=format!("described-{number}")>"Description"</label>
            <textarea
                class="input"
                id=format!("described-{number}")
                rows="4"
                dir="auto"
                prop:value=move || description.get()
                on:change=describe
            ></textarea>
        </div>
        <div class="field">
            <label for=format!("shown-{number}")>"Who can see it"</label>
            <select class="input" id=format!("shown-{number}") prop:value=move || chosen.get() on:change=show>
                {Visibility::AT_FIRST
                    .into_iter()
                    .map(|v| view! { <option value=v.as_str()>{visibility::label(v)}</option> })
                    .collect_view()}
            </select>
        </div>
    }
    .into_any()
}

fn actions(queue: Queue, film: &Film, is_behind: bool) -> AnyView {
    let stage = film.stage.get();
    let button = |label: &'static str, class: &'static str, act: fn(Queue, &Film)| {
        let film = film.clone();
        view! {
            <button class=class type="button" on:click=move |_| act(queue, &film)>
                {label}
            </button>
        }
        .into_any()
    };
    let may_go_on = stage == Stage::Failed && film.sent.get() < film.size;
    let watch = || {
        film.video.get().map(|id| {
            view! {
                <a class="btn" href=format!("/watch/{id}")>
                    "Watch"
                </a>
            }
            .into_any()
        })
    };
    let buttons = match stage {
        Stage::Queued | Stage::Processing | Stage::Ready => vec![watch()],
        Stage::Failed | Stage::Refused => vec![
            may_go_on.then(|| button("Try again", "btn", Queue::resume)),
            Some(button("Remove", "btn btn-quiet", Queue::remove)),
        ],
        Stage::Paused => {
            vec![Some(button("Go on", "btn", Queue::resume)), Some(button("Cancel", "btn btn-quiet", Queue::cancel))]
        }
        Stage::Checking | Stage::Waiting | Stage::Sending => vec![
            is_behind.then(|| button("Send next", "btn btn-quiet", Queue::send_next)),
            Some(button("Pause", "btn", Queue::pause)),
            Some(button("Cancel", "btn btn-quiet", Queue::cancel)),
        ],
    };
    buttons.into_iter().flatten().collect::<Vec<_>>().into_any()
}

/// What the server knows already is changed there; what it doesn't know goes along with the film.
fn save(
    film: &Film,
    wrong: RwSignal<Option<String>>,
    title: Option<String>,
    description: Option<String>,
    visibility: Option<String>,
) {
    wrong.set(None);
    let Some(video) = film.video.get_untracked() else { return };
    spawn_local(async move {
        if let Err(error) = edit_film(video, title, description, visibility, None, None).await {
            wrong.try_set(Some(error.message));
        }
    });
}
