//! Uploads that were begun, in whatever browser, and can be gone on with: their file has to be chosen again, because no
//! browser keeps it.

use super::queue::Queue;
use super::{api, bytes as read};
use crate::components::awake;
use crate::components::problem::bad_notice;
use domain::time::{UnixMillis, bytes};
use domain::upload::Status;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::File;

/// The list; nothing where all is done.
pub fn unfinished(queue: Queue, begun: Vec<Status>, now: UnixMillis) -> AnyView {
    let begun = RwSignal::new(begun);
    let left = Memo::new(move |_| begun.get().into_iter().filter(|status| !queue.has(status)).collect::<Vec<_>>());
    view! {
        <Show when=move || !left.read().is_empty()>
            <section class="mt-8" aria-labelledby="unfinished">
                <h2 id="unfinished">"Not sent to the end"</h2>
                <p class="mt-2 text-sm text-muted">
                    "What was sent is kept. Choose the same file again, here or on another computer, to go on with the rest."
                </p>
                <ul class="mt-4">
                    <For each=move || left.get() key=|status| status.upload_id.clone() let(status)>
                        {row(queue, begun, status, now)}
                    </For>
                </ul>
            </section>
        </Show>
    }
    .into_any()
}

fn row(queue: Queue, begun: RwSignal<Vec<Status>>, status: Status, now: UnixMillis) -> AnyView {
    let problem = RwSignal::new(None::<String>);
    let awake = awake();
    let there = status.received_bytes();
    let size = bytes(status.size);
    let sent = match there {
        Some(there) => format!("{} of {size} sent", bytes(there)),
        None => format!("How much of {size} was sent can't be told right now"),
    };
    let note = format!("{sent} · {}", kept(status.expires_at, now));
    let percent = there.map(|there| there * 100 / status.size.max(1));
    let input_id = format!("again-{}", status.upload_id);
    let name = status.file_name.clone();
    let choose = {
        let status = status.clone();
        move |event: leptos::ev::Event| {
            let input = event_target::<web_sys::HtmlInputElement>(&event);
            let file = input.files().and_then(|files| files.get(0));
            input.set_value("");
            if let Some(file) = file {
                let status = status.clone();
                spawn_local(async move {
                    match is_it(&file, &status).await {
                        Ok(()) => queue.add(vec![file], domain::video::Visibility::Private.as_str()),
                        Err(why) => drop(problem.try_set(Some(why))),
                    }
                });
            }
        }
    };
    let upload = status.upload_id.clone();
    let discard = move |_| {
        let upload = upload.clone();
        spawn_local(async move {
            match api::abort_upload(upload.clone()).await {
                Err(error) if !error.is("not_found") => drop(problem.try_set(Some(error.message))),
                _ => begun.update(|all| all.retain(|status| status.upload_id != upload)),
            }
        });
    };
    view! {
        <li class="unfinished-row" data-testid="unfinished">
            <div class="row-main">
                <p class="row-title" dir="auto">
                    {name}
                </p>
                <progress class="bar" max="100" value=percent aria-label="Sent" hidden=percent.is_none()></progress>
                <p class="row-note">{note}</p>
                {bad_notice(move || problem.get())}
            </div>
            <div class="row-actions">
                <input
                    class="visually-hidden"
                    id=input_id.clone()
                    type="file"
                    disabled=move || !awake.get()
                    on:change=choose
                />
                <label class="btn" for=input_id>
                    "Choose the file"
                </label>
                <button class="btn btn-quiet" type="button" disabled=move || !awake.get() on:click=discard>
                    "Discard"
                </button>
            </div>
        </li>
    }
    .into_any()
}

/// Whether `file` is the one that was begun.
async fn is_it(file: &File, status: &Status) -> Result<(), String> {
    let size = file.size() as u64;
    if size != status.size {
        let (begun, this) = (bytes(status.size), bytes(size));
        return Err(format!("This is another file: it has {this}, and the one that was begun has {begun}."));
    }
    let Ok(fingerprint) = read::fingerprint(file).await else {
        return Err(read::UNREADABLE.to_owned());
    };
    if status.fingerprint.as_ref().is_some_and(|begun| *begun != fingerprint) {
        return Err("This is another file: it is as long as the one that was begun, with other content.".to_owned());
    }
    Ok(())
}

/// For how long it is kept, in words.
fn kept(until: UnixMillis, now: UnixMillis) -> String {
    match ((until.0 - now.0).max(0) + 43_200_000) / 86_400_000 {
        0 => "kept for some hours".to_owned(),
        1 => "kept for one more day".to_owned(),
        days => format!("kept for {days} more days"),
    }
}
