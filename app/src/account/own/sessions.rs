use super::api::{self, Sessions};
use super::own;
use crate::components::rows::{button, row, skeleton};
use crate::components::toast::say;
use crate::page::{Load, Loaded, page};
use domain::session::Session;
use domain::time::{UnixMillis, age};
use leptos::prelude::*;
use leptos::task::spawn_local;

fn load(_: String) -> Load {
    Box::pin(async { api::my_sessions().await.map(Loaded::new) })
}

#[component]
pub fn MySessions() -> AnyView {
    own("/account", page(Signal::stored(String::new()), load, skeleton, show))
}

fn show(mine: Loaded) -> AnyView {
    let Some(Sessions { sessions, now }) = mine.get() else { return ().into_any() };
    let sessions = RwSignal::new(sessions);
    let end = Callback::new(move |id: String| {
        spawn_local(async move {
            match api::end_session(id.clone()).await {
                Err(error) if !error.is("not_found") => say(error.message),
                _ => {
                    sessions.update(|sessions| sessions.retain(|session| session.id != id));
                    say("Signed out there.".to_owned());
                }
            }
        });
    });
    let end_others = move |_| {
        spawn_local(async move {
            match api::end_other_sessions().await {
                Ok(()) => {
                    sessions.update(|sessions| sessions.retain(|session| session.current));
                    say("Signed out everywhere else, scripts that signed in included.".to_owned());
                }
                Err(error) => say(error.message),
            }
        });
    };
    view! {
        <p class="text-muted mb-4">
            "Where you are signed in. If you don't know one of them, sign out there and change your password."
        </p>
        <ul class="list" aria-label="Sessions">
            {move || sessions.get().into_iter().map(|session| device(session, now, end)).collect_view()}
        </ul>
        <p class="mt-6" hidden=move || sessions.read().len() < 2>
            <button class="btn" type="button" on:click=end_others>
                "Sign out everywhere else"
            </button>
        </p>
    }
    .into_any()
}

fn device(session: Session, now: UnixMillis, end: Callback<String>) -> AnyView {
    let mut about = vec![format!("Signed in {}", age(session.signed_in_at, now))];
    if !session.current {
        about.push(format!("last seen {}", age(session.last_seen, now)));
    }
    about.extend(session.address);
    let action = if session.current {
        ().into_any()
    } else {
        let label = format!("Sign out on {}", session.device);
        button("Sign out", label, move || end.run(session.id.clone()))
    };
    row(session.device, session.current.then_some("This browser"), about.join(" · "), action)
}
