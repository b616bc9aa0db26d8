//! The form that changes a film.

use super::row::Mine;
use super::{api, captions, download, poster, sharing};
use crate::components::problem::bad_notice;
use crate::components::toast::say;
use crate::components::visibility;
use crate::error::ApiError;
use domain::text::{Description, Title};
use domain::video::{Video, Visibility};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The first thing that the server would refuse.
fn refused(title: &str, description: &str) -> Option<ApiError> {
    let (field, text) = match (Title::parse(title), Description::parse(description)) {
        (Err(error), _) => ("title", error.to_string()),
        (_, Err(error)) => ("description", error.to_string()),
        _ => return None,
    };
    Some(ApiError { field: Some(field.to_owned()), ..ApiError::new("invalid", &text) })
}

pub fn form(film: Mine, editing: RwSignal<bool>) -> AnyView {
    let card = film.card.get_untracked();
    let problem = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let title = NodeRef::<html::Input>::new();
    let description = NodeRef::<html::Textarea>::new();
    let who = RwSignal::new(card.visibility.as_str().to_owned());
    let password = NodeRef::<html::Input>::new();
    let original = NodeRef::<html::Input>::new();
    let id = |name: &str| format!("{name}-{}", card.id);
    let (title_id, description_id, who_id) = (id("title"), id("description"), id("who"));
    Effect::new(move |_| {
        if let Some(title) = title.get() {
            let _ = title.focus();
        }
    });
    let (of_poster, of_links) = (film.clone(), film.clone());
    let (of_captions, waiting) = (film.id.clone(), RwSignal::new(false));
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Some(title), Some(description)) = (title.get_untracked(), description.get_untracked()) else { return };
        let (title, description) = (title.value(), description.value());
        problem.set(refused(&title, &description));
        if problem.read_untracked().is_some() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        let film = film.clone();
        let who = who.get_untracked();
        let downloadable = original.get_untracked().map(|original| original.checked());
        let password = sharing::chosen(&who, password);
        spawn_local(async move {
            let (id, title, description) = (film.id.clone(), Some(title), Some(description));
            match api::edit_film(id, title, description, Some(who), downloadable, password).await {
                Ok(Video { title, description, visibility, downloadable, .. }) => {
                    film.card.update(|card| {
                        card.title = title;
                        card.description = description;
                        card.visibility = visibility;
                        card.downloadable = downloadable;
                    });
                    // Files that were chosen and not added would be lost with the form.
                    if waiting.get_untracked() {
                        say(captions::STILL_WAITING.to_owned());
                    } else {
                        editing.set(false);
                        say("Saved.".to_owned());
                    }
                }
                Err(error) => problem.set(Some(error)),
            }
            busy.set(false);
        });
    };
    let problem_of =
        move |name: &'static str| move || (problem.read().as_ref()?.field.as_deref() == Some(name)).then_some("true");
    view! {
        <form class="row-wide card grid gap-4" method="post" on:submit=save>
            <div class="field">
                <label for=title_id.clone()>"Title"</label>
                <input
                    class="input"
                    id=title_id
                    type="text"
                    node_ref=title
                    value=card.title
                    dir="auto"
                    required
                    aria-invalid=problem_of("title")
                />
            </div>
            <div class="field">
                <label for=description_id.clone()>"Description"</label>
                <textarea
                    class="input"
                    id=description_id
                    rows="4"
                    node_ref=description
                    dir="auto"
                    aria-invalid=problem_of("description")
                    prop:value=card.description
                ></textarea>
            </div>
            <div class="field">
                <label for=who_id.clone()>"Who can see it"</label>
                <select class="input" id=who_id on:change=move |event| who.set(event_target_value(&event))>
                    {Visibility::ALL
                        .into_iter()
                        .map(|v| {
                            view! {
                                <option value=v.as_str() selected=v == card.visibility>
                                    {visibility::label(v)}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </div>
            {sharing::password(&card.id, who, card.visibility, password, problem)}
            {download::allowed(original, card.downloadable)}
            {poster::chooser(of_poster)}
            {captions::desk(of_captions, waiting)}
            {bad_notice(move || problem.get().filter(|p| p.field.as_deref() != Some("password")).map(|p| p.message))}
            <div class="row-actions">
                <button class="btn btn-primary" type="submit" aria-busy=move || busy.get().to_string()>
                    "Save"
                </button>
                <button class="btn btn-quiet" type="button" on:click=move |_| editing.set(false)>
                    "Cancel"
                </button>
            </div>
        </form>
        {sharing::links(of_links)}
    }
    .into_any()
}
