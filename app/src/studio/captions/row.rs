//! Captions that a film has.

use super::{Desk, preview};
use domain::captions::{Listed, Source};
use leptos::html;
use leptos::prelude::*;

pub fn view(desk: &Desk, listed: Listed) -> AnyView {
    let Listed { name, language, label, source, cues } = listed;
    let from = match source {
        Source::Added => "added by you",
        Source::Film => "from the film's file",
    };
    let about = [language.clone(), cues.map(preview::captions), Some(from.to_owned())];
    let about = about.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let is_open = {
        let (open, name) = (desk.open.clone(), name.clone());
        Memo::new(move |_| open.read().as_ref().is_some_and(|(shown, _)| *shown == name))
    };
    let (to_look, to_replace, to_delete) = (desk.clone(), desk.clone(), desk.clone());
    let (replaced, deleted) = (language.clone(), language.clone().filter(|_| source == Source::Added));
    let open = desk.open.clone();
    let renamed = deleted.clone().map(|language| (desk.clone(), language, label.clone()));
    let of = format!("What the captions “{label}” say");
    let named = |what: &str| format!("{what} the captions “{label}”");
    let (look, replace, delete) = (named("Preview"), named("Replace"), named("Delete"));
    view! {
        <li class="captions-row" data-testid="captions-row">
            <div class="min-w-0">
                <p class="captions-label" dir="auto">
                    {label}
                </p>
                <p class="film-meta">{about}</p>
            </div>
            <div class="row-actions">
                <button
                    class="btn btn-quiet"
                    type="button"
                    aria-label=look
                    aria-expanded=move || is_open.get().to_string()
                    on:click=move |_| to_look.look_at(name.clone())
                >
                    "Preview"
                </button>
                {replaced
                    .map(|language| {
                        view! {
                            <button
                                class="btn btn-quiet"
                                type="button"
                                aria-label=replace
                                on:click=move |_| to_replace.ask_for_files(Some(language.clone()))
                            >
                                "Replace"
                            </button>
                        }
                    })}
                {deleted
                    .map(|language| {
                        view! {
                            <button
                                class="btn btn-quiet"
                                type="button"
                                aria-label=delete
                                on:click=move |_| to_delete.delete(language.clone())
                            >
                                "Delete"
                            </button>
                        }
                    })}
            </div>
            {move || {
                is_open
                    .get()
                    .then(|| {
                        let shown = open.get_untracked();
                        shown
                            .map(|(_, shown)| {
                                view! {
                                    <div class="captions-preview">
                                        {preview::view(&shown, of.clone())} {renamed.clone().map(name_field)}
                                    </div>
                                }
                            })
                    })
            }}
        </li>
    }
    .into_any()
}

/// What captions that were added are called.
fn name_field((desk, language, label): (Desk, String, String)) -> AnyView {
    let id = format!("name-{}-{language}", desk.film);
    let input = NodeRef::<html::Input>::new();
    let save = move || {
        if let Some(input) = input.get_untracked() {
            desk.rename(language.clone(), input.value());
        }
    };
    let on_enter = save.clone();
    view! {
        <div class="field captions-name">
            <label for=id.clone()>"Name in the player's menu"</label>
            <input
                class="input"
                id=id
                type="text"
                maxlength="80"
                value=label
                dir="auto"
                node_ref=input
                on:keydown=move |event| {
                    // It isn't meant for the form around.
                    if event.key() == "Enter" {
                        event.prevent_default();
                        on_enter();
                    }
                }
            />
            <button class="btn" type="button" on:click=move |_| save()>
                "Rename"
            </button>
        </div>
    }
    .into_any()
}
