//! What stands in the place of a film that is behind a password.

use super::api;
use crate::components::awake;
use crate::components::problem::field_error;
use crate::error::ApiError;
use domain::id::VideoId;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::{Meta, Title};

pub fn locked(id: VideoId) -> AnyView {
    let problem = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let awake = awake();
    let input = NodeRef::<html::Input>::new();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = input.get_untracked() else { return };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        let id = id.clone();
        spawn_local(async move {
            match api::unlock_film(id, input.value()).await {
                // Every part of the page is asked for anew, by somebody who may see it.
                Ok(()) => drop(window().location().reload()),
                Err(error) => {
                    problem.set(Some(error));
                    busy.set(false);
                    let _ = input.focus();
                    input.select();
                }
            }
        });
    };
    view! {
        <Title text="Behind a password" />
        <Meta name="robots" content="noindex" />
        <div class="page-form mx-auto">
            <form class="card grid gap-5" method="post" on:submit=send data-testid="locked">
                <h1>"This film is behind a password"</h1>
                <div class="field">
                    <label for="film-password">"Password"</label>
                    <input
                        class="input"
                        id="film-password"
                        type="password"
                        autocomplete="off"
                        required
                        node_ref=input
                        aria-invalid=move || problem.read().is_some().to_string()
                        aria-describedby="film-password-note"
                    />
                    <div id="film-password-note">
                        <p class="field-hint">"Whoever gave you the link knows it."</p>
                        {field_error(move || problem.get().map(|problem| problem.message))}
                    </div>
                </div>
                <button
                    class="btn btn-primary"
                    type="submit"
                    disabled=move || !awake.get()
                    aria-busy=move || busy.get().to_string()
                >
                    "Watch the film"
                </button>
            </form>
        </div>
    }
    .into_any()
}
