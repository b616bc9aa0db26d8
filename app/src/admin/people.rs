use super::api::{self, Everybody};
use super::{admin, chosen, roles};
use crate::components::rows::skeleton;
use crate::components::toast::say;
use crate::page::{Load, Loaded, page};
use crate::query;
use domain::person::Person;
use domain::time::{UnixMillis, age, bytes};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

fn load(query: String) -> Load {
    Box::pin(async move { api::people(Some(query), None).await.map(Loaded::new) })
}

#[component]
pub fn People() -> AnyView {
    let asked = query::search();
    let text = move || query::value(&asked.read(), "q").unwrap_or_default();
    let found = page(Signal::derive(text), load, skeleton, show);
    let content = view! {
        <form class="flex gap-3 mb-6" method="get" role="search" aria-label="People">
            <input
                class="input"
                type="search"
                name="q"
                aria-label="Name or e-mail"
                placeholder="Name or e-mail"
                maxlength="254"
                value=query::value(&asked.read_untracked(), "q").unwrap_or_default()
            />
            <button class="btn" type="submit">
                "Find"
            </button>
        </form>
        {found}
    };
    admin("/admin", content.into_any())
}

fn show(found: Loaded) -> AnyView {
    let Some(Everybody { page, now }) = found.get() else { return ().into_any() };
    let people = RwSignal::new(page.items);
    let next = RwSignal::new(page.next_cursor);
    let asked = query::search();
    let more = move |_| {
        let (text, cursor) = (query::value(&asked.read_untracked(), "q"), next.get_untracked());
        spawn_local(async move {
            match api::people(text, cursor).await {
                Ok(Everybody { page, .. }) => {
                    people.update(|people| people.extend(page.items));
                    next.set(page.next_cursor);
                }
                Err(error) => say(error.message),
            }
        });
    };
    view! {
        <ul class="list" aria-label="People">
            <For each=move || people.get() key=|person| person.id.clone() let(person)>
                {row(person, now)}
            </For>
        </ul>
        <p class="mt-8 text-center" hidden=move || next.read().is_none()>
            <button class="btn" type="button" on:click=more>
                "Show more"
            </button>
        </p>
        <p class="text-muted" hidden=move || !people.read().is_empty()>
            "Nobody has a name or an address like that."
        </p>
    }
    .into_any()
}

/// One person. What is chosen counts at once; what is refused goes back to what it was.
fn row(person: Person, now: UnixMillis) -> AnyView {
    let Person { id, username, email, role, disabled, created_at, last_seen, films, bytes: taken, .. } = person;
    let is = RwSignal::new(role);
    let shut = RwSignal::new(disabled);
    let select = NodeRef::<html::Select>::new();
    let change = {
        let (id, name) = (id.clone(), username.clone());
        move |_| {
            let (Some(role), id, name) = (chosen(select), id.clone(), name.clone()) else { return };
            spawn_local(async move {
                match api::change_person(id, Some(role), None).await {
                    Ok(()) => {
                        is.set(role);
                        say(format!("{name} is now: {}.", super::words(role).to_lowercase()));
                    }
                    Err(error) => {
                        if let Some(select) = select.get_untracked() {
                            select.set_value(is.get_untracked().as_str());
                        }
                        say(error.message);
                    }
                }
            });
        }
    };
    let turn = {
        let name = username.clone();
        move |_| {
            let (disable, id, name) = (!shut.get_untracked(), id.clone(), name.clone());
            spawn_local(async move {
                match api::change_person(id, None, Some(disable)).await {
                    Ok(()) => {
                        shut.set(disable);
                        say(if disable {
                            format!("{name} is signed out everywhere, and can't sign in.")
                        } else {
                            format!("{name} can sign in again.")
                        });
                    }
                    Err(error) => say(error.message),
                }
            });
        }
    };
    let seen = last_seen.map_or("not signed in".to_owned(), |at| format!("last seen {}", age(at, now)));
    let films = if films == 1 { "1 film".to_owned() } else { format!("{films} films") };
    let taken = bytes(taken.unsigned_abs());
    let about = format!("{email} · {films}, {taken} · joined {} · {seen}", age(created_at, now));
    let (role_label, verb_label) = (format!("Role of {username}"), username.clone());
    view! {
        <li class="list-row" data-testid="person">
            <div class="min-w-0">
                <p class="break-words">
                    <span dir="auto">{username}</span>
                    <span class="badge ms-2" hidden=move || !shut.get()>
                        "Disabled"
                    </span>
                </p>
                <p class="text-sm text-muted break-words">{about}</p>
            </div>
            <div class="flex gap-3">
                <select class="input" aria-label=role_label node_ref=select on:change=change>
                    {roles(role)}
                </select>
                <button
                    class="btn btn-quiet"
                    type="button"
                    aria-label=move || format!("{} {verb_label}", verb(shut.get()))
                    on:click=turn
                >
                    {move || verb(shut.get())}
                </button>
            </div>
        </li>
    }
    .into_any()
}

fn verb(disabled: bool) -> &'static str {
    if disabled { "Enable" } else { "Disable" }
}
