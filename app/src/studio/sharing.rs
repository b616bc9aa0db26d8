//! Who may see a film that isn't for everybody: its password, and the share links that were given out.

use super::api;
use super::row::Mine;
use crate::components::once::once;
use crate::components::problem::{bad_notice, field_error};
use crate::components::toast::say;
use crate::error::ApiError;
use domain::id::VideoId;
use domain::sharing::{Label, Lasts, Link, Links, NewLink};
use domain::time::UnixMillis;
use domain::video::Visibility;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What was typed, if the film is to have a password and another than it has.
pub fn chosen(who: &str, input: NodeRef<html::Input>) -> Option<String> {
    let typed = input.get_untracked()?.value();
    (who == Visibility::Password.as_str() && !typed.is_empty()).then_some(typed)
}

/// The field for a password, while one is wanted.
pub fn password(
    id: &VideoId,
    who: RwSignal<String>,
    was: Visibility,
    input: NodeRef<html::Input>,
    problem: RwSignal<Option<ApiError>>,
) -> AnyView {
    let hint = if was == Visibility::Password {
        "Leave it empty to keep the password. A new one locks out whoever came in by the old one."
    } else {
        "At least 8 characters. Pass it on with the film's address."
    };
    let (id, note) = (format!("password-{id}"), format!("password-note-{id}"));
    let refused =
        move || problem.read().as_ref().filter(|p| p.field.as_deref() == Some("password")).map(|p| p.message.clone());
    view! {
        <div class="field" hidden=move || who.read().as_str() != Visibility::Password.as_str()>
            <label for=id.clone()>"Password"</label>
            <input
                class="input"
                id=id
                type="password"
                autocomplete="new-password"
                node_ref=input
                aria-invalid=move || refused().is_some().to_string()
                aria-describedby=note.clone()
            />
            <div id=note>
                <p class="field-hint">{hint}</p>
                {field_error(refused)}
            </div>
        </div>
    }
    .into_any()
}

/// The share links of a film, and a way to another one.
pub fn links(film: Mine) -> AnyView {
    let open = film.card.with_untracked(|c| matches!(c.visibility, Visibility::Public | Visibility::Unlisted));
    if open {
        return ().into_any();
    }
    let all = RwSignal::new(Vec::<Link>::new());
    let now = RwSignal::new(UnixMillis(0));
    let made = RwSignal::new(None::<String>);
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let (label, lasts) = (NodeRef::<html::Input>::new(), NodeRef::<html::Select>::new());
    let id = film.id.clone();
    Effect::new({
        let id = id.clone();
        move |_| {
            let id = id.clone();
            spawn_local(async move {
                match api::share_links(id).await {
                    Ok(Links { links, now: then }) => {
                        let _ = now.try_set(then);
                        let _ = all.try_set(links);
                    }
                    Err(error) => drop(problem.try_set(Some(error.message))),
                }
            });
        }
    });
    let create = {
        let id = id.clone();
        move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            let (Some(label), Some(lasts)) = (label.get_untracked(), lasts.get_untracked()) else { return };
            if busy.get_untracked() {
                return;
            }
            busy.set(true);
            problem.set(None);
            let id = id.clone();
            spawn_local(async move {
                match api::create_link(id, label.value(), lasts.value()).await {
                    Ok(NewLink { link, url }) => {
                        label.set_value("");
                        let _ = now.try_set(link.created_at);
                        let _ = all.try_update(|all| all.insert(0, link));
                        let _ = made.try_set(Some(url));
                    }
                    Err(error) => drop(problem.try_set(Some(error.message))),
                }
                let _ = busy.try_set(false);
            });
        }
    };
    let withdraw = StoredValue::new(move |link: Link| {
        let id = id.clone();
        spawn_local(async move {
            match api::withdraw_link(id, link.id.clone()).await {
                Err(error) if !error.is("not_found") => say(error.message),
                _ => {
                    let _ = all.try_update(|all| all.retain(|other| other.id != link.id));
                    // The address of the one that was made last may be this one's.
                    let _ = made.try_set(None);
                    say("The link was withdrawn. Whoever came by it is out.".to_owned());
                }
            }
        });
    });
    let (label_id, lasts_id) = (format!("link-label-{}", film.id), format!("link-lasts-{}", film.id));
    let row =
        move |link: Link| row(link, now, Callback::new(move |link| withdraw.with_value(|withdraw| withdraw(link))));
    view! {
        <form class="row-wide card grid gap-4" method="post" on:submit=create data-testid="share-links">
            <h2 class="text-base">"Share links"</h2>
            <p class="field-hint">
                "Whoever has one can watch this film without an account or a password, until it expires or you withdraw it."
            </p>
            <div class="grid">
                <div class="flex flex-wrap items-end gap-3">
                    <div class="field grow">
                        <label for=label_id.clone()>"For whom"</label>
                        <input
                            class="input"
                            id=label_id
                            type="text"
                            dir="auto"
                            maxlength=Label::MAX_CHARS.to_string()
                            placeholder="Optional, for yourself"
                            node_ref=label
                        />
                    </div>
                    <div class="field">
                        <label for=lasts_id.clone()>"Expires"</label>
                        <select class="input" id=lasts_id node_ref=lasts>
                            {Lasts::ALL
                                .into_iter()
                                .map(|lasts| {
                                    view! {
                                        <option value=lasts.as_str() selected=lasts == Lasts::Week>
                                            {words(lasts)}
                                        </option>
                                    }
                                })
                                .collect_view()}
                        </select>
                    </div>
                    <button class="btn" type="submit" aria-busy=move || busy.get().to_string()>
                        "Create link"
                    </button>
                </div>
                <div aria-live="polite">{move || made.get().map(|url| once("Copy this link now: it is shown only once", url))}</div>
            </div>
            {bad_notice(move || problem.get())}
            <ul class="grid gap-3" aria-label="Share links" hidden=move || all.read().is_empty()>
                {move || all.get().into_iter().map(row).collect_view()}
            </ul>
        </form>
    }
    .into_any()
}

fn words(lasts: Lasts) -> &'static str {
    match lasts {
        Lasts::Hour => "in an hour",
        Lasts::Day => "in a day",
        Lasts::Week => "in 7 days",
        Lasts::Month => "in 30 days",
        Lasts::Forever => "never",
    }
}

fn row(link: Link, now: RwSignal<UnixMillis>, withdraw: Callback<Link>) -> AnyView {
    let name = if link.label.is_empty() { "Without a name".to_owned() } else { link.label.clone() };
    let about = link.about(now.get());
    let verb = if link.expired { "Remove" } else { "Withdraw" };
    let description = format!("{verb} the link: {name}");
    view! {
        <li class="flex items-center justify-between gap-3" data-testid="share-link">
            <div class="min-w-0">
                <p class="break-words" dir="auto">
                    {name}
                </p>
                <p class="text-sm text-muted">{about}</p>
            </div>
            <button
                class="btn btn-quiet"
                type="button"
                aria-label=description
                on:click=move |_| withdraw.run(link.clone())
            >
                {verb}
            </button>
        </li>
    }
    .into_any()
}
