use super::calm::{PORTION, breathe};
use super::queue::{Film, Queue};
use super::unfinished::unfinished;
use super::{api, beside, files, notify, row};
use crate::components::icons::{UPLOAD, icon};
use crate::components::theme::{remember, remembered};
use crate::components::{awake, visibility};
use crate::page::{Load, Loaded, page};
use domain::quota::Quota;
use domain::time::bytes;
use domain::video::Visibility;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;

/// Where the last choice of who can see a film is kept.
const VISIBILITY_KEY: &str = "kinora-visibility";

fn load(_: String) -> Load {
    Box::pin(async { api::upload_desk().await.map(Loaded::new) })
}

fn skeleton() -> AnyView {
    view! { <div class="drop-zone" aria-busy="true"></div> }.into_any()
}

#[component]
pub fn Upload() -> AnyView {
    view! {
        <Title text="Upload" />
        <div class="page page-middle">
            <h1 class="mb-6">"Upload a film"</h1>
            {page(Signal::stored(String::new()), load, skeleton, show)}
        </div>
    }
    .into_any()
}

fn show(desk: Loaded) -> AnyView {
    let Some(desk) = desk.get::<api::Desk>() else { return ().into_any() };
    let queue = expect_context::<Queue>();
    let awake = awake();
    let (max_bytes, left) = (desk.max_bytes, desk.left);
    let begun: Vec<_> = desk.unfinished.iter().filter_map(|status| status.fingerprint.clone()).collect();
    let input = NodeRef::<html::Input>::new();
    let over = RwSignal::new(false);
    let choice = RwSignal::new(Visibility::Private.as_str().to_owned());
    Effect::new(move |_| {
        queue.max_bytes.set(max_bytes);
        queue.make_room(left.bytes, begun.clone());
        beside::warm_up();
        if let Some(last) = remembered(VISIBILITY_KEY).filter(|last| last.parse::<Visibility>().is_ok()) {
            choice.set(last);
        }
    });
    let rows = rows(queue);
    let is_busy = Memo::new(move |_| !queue.films.read().is_empty());
    drop_anywhere(queue, choice, over);
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else { return };
        if let Some(files) = input.files() {
            queue.add(files::chosen(&files), &choice.get_untracked());
        }
        // So that the same file can be chosen again.
        input.set_value("");
    };
    let choose = move |value: &'static str| {
        choice.set(value.to_owned());
        remember(VISIBILITY_KEY, value);
    };
    view! {
        <div
            class="drop-zone"
            data-over=move || over.get().to_string()
            data-small=move || (!queue.films.read().is_empty()).to_string()
        >
            <h2>
                <span class="if-mouse">"Drop films, or folders of them, anywhere on this page"</span>
                <span class="if-touch">"Films from this device"</span>
            </h2>
            <p>{format!("Up to {} each. Nearly every format is read.", bytes(max_bytes))}</p>
            {room(left).map(|room| view! { <p>{room}</p> })}
            <input
                class="visually-hidden"
                id="film"
                node_ref=input
                type="file"
                multiple
                accept="video/*,audio/*,.mkv,.avi,.flv,.ts,.m2ts,.mts,.mpg,.wmv,.ogv"
                disabled=move || !awake.get()
                on:change=chosen
            />
            <label class="btn btn-primary" for="film">
                {icon(UPLOAD)}
                "Choose a film"
            </label>
        </div>
        <fieldset class="choices mt-6">
            <legend>"Who can see it"</legend>
            {Visibility::AT_FIRST
                .into_iter()
                .map(|v| {
                    let value = v.as_str();
                    view! {
                        <label class="choice">
                            <input
                                type="radio"
                                name="visibility"
                                value=value
                                prop:checked=move || choice.read().as_str() == value
                                checked=v == Visibility::Private
                                on:change=move |_| choose(value)
                            />
                            <span>{visibility::label(v)}</span>
                        </label>
                    }
                })
                .collect_view()}
        </fieldset>
        <p class="mt-2 text-sm text-muted">{move || visibility::meaning(&choice.read())}</p>
        <div class="mt-6">{notify::offer(is_busy.into())}</div>
        <ul class="mt-2" aria-label="Films on their way">
            <For each=rows key=|film| film.number let(film)>
                {row::upload_row(queue, film)}
            </For>
        </ul>
        {unfinished(queue, desk.unfinished, desk.now)}
    }
    .into_any()
}

/// What is left for further films, in words; None without a limit.
fn room(left: Quota) -> Option<String> {
    let more = left.films.map(|films| match films {
        0 => "no more films".to_owned(),
        1 => "one more film".to_owned(),
        films => format!("{films} more films"),
    });
    match (left.bytes, more) {
        (Some(room), Some(more)) => Some(format!("{} are left for your films, and room for {more}.", bytes(room))),
        (Some(room), None) => Some(format!("{} are left for your films.", bytes(room))),
        (None, Some(more)) => Some(format!("You have room for {more}.")),
        (None, None) => None,
    }
}

/// The films whose rows are shown. Who comes back to hundreds of them finds their rows in portions, too.
fn rows(queue: Queue) -> impl Fn() -> Vec<Film> + Copy {
    let shown = RwSignal::new(PORTION);
    Effect::new(move |_| {
        spawn_local(async move {
            let count = || queue.films.with_untracked(Vec::len);
            while let Some(so_far) = shown.try_get_untracked() {
                if so_far >= count() {
                    shown.set(usize::MAX);
                    break;
                }
                breathe().await;
                shown.try_update(|shown| *shown += PORTION);
            }
        });
    });
    move || queue.films.with(|films| films.iter().take(shown.get()).cloned().collect())
}

/// The whole page takes what is dropped.
fn drop_anywhere(queue: Queue, choice: RwSignal<String>, over: RwSignal<bool>) {
    Effect::new(move |_| {
        let has_files =
            |event: &ev::DragEvent| event.data_transfer().is_some_and(|data| data.types().includes(&"Files".into(), 0));
        let enter = window_event_listener(ev::dragover, move |event| {
            if has_files(&event) {
                event.prevent_default();
                over.set(true);
            }
        });
        let leave = window_event_listener(ev::dragleave, move |event| {
            // Out of the window, not from one element into the next.
            if event.related_target().is_none() {
                over.set(false);
            }
        });
        let dropped = window_event_listener(ev::drop, move |event| {
            over.set(false);
            if !has_files(&event) {
                return;
            }
            event.prevent_default();
            if let Some(data) = event.data_transfer() {
                let dropped = files::dropped(&data);
                spawn_local(async move { queue.add(dropped.await, &choice.get_untracked()) });
            }
        });
        on_cleanup(move || {
            enter.remove();
            leave.remove();
            dropped.remove();
        });
    });
}
