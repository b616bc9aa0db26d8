//! The bar on top of every page.

use super::icons::{FILMS, PEOPLE, PERSON, SEARCH, SIGN_OUT, THEME, UPLOAD, icon};
use super::{awake, theme};
use crate::account::{Account, Me, api::sign_out};
use crate::query;
use domain::actor::Role;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;

#[component]
pub fn Header() -> AnyView {
    let Account(me) = expect_context();
    view! {
        <header class="site-header">
            <a class="brand" href="/">
                <img src="/favicon.svg" alt="" width="28" height="28" />
                <span class="max-sm:sr-only">"Kinora"</span>
            </a>
            <SearchForm />
            <Suspense fallback=|| view! { <span class="avatar skeleton"></span> }>
                {move || Suspend::new(async move {
                    match me.await {
                        Some(me) => signed_in(me),
                        None => signed_out(),
                    }
                })}
            </Suspense>
        </header>
    }
    .into_any()
}

/// A form that works without script; with it, the page stays, and so do uploads on their way.
#[component]
fn SearchForm() -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let asked = query::search();
    let navigate = use_navigate();
    let look = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = input.get_untracked() else { return };
        let text = String::from(js_sys::encode_uri_component(input.value().trim()));
        navigate(&format!("/search?q={text}"), NavigateOptions::default());
    };
    Effect::new(move |_| {
        let slash = window_event_listener(ev::keydown, move |event| {
            if event.key() == "/" && is_command(&event) {
                event.prevent_default();
                if let Some(input) = input.get_untracked() {
                    let _ = input.focus();
                    input.select();
                }
            }
        });
        on_cleanup(move || slash.remove());
    });
    view! {
        <form action="/search" method="get" role="search" on:submit=look>
            <label class="visually-hidden" for="q">
                "Search films"
            </label>
            {icon(SEARCH)}
            <input
                id="q"
                class="input"
                node_ref=input
                type="search"
                name="q"
                placeholder="Search films"
                maxlength="200"
                autocomplete="off"
                enterkeyhint="search"
                dir="auto"
                prop:value=move || query::value(&asked.read(), "q").unwrap_or_default()
                value=query::value(&asked.read_untracked(), "q").unwrap_or_default()
            />
            <button class="visually-hidden" type="submit" tabindex="-1">
                "Search"
            </button>
        </form>
    }
    .into_any()
}

/// Whether a key that was pressed may mean one of our commands: the browser's and the system's have others beside them.
pub fn is_command(event: &ev::KeyboardEvent) -> bool {
    !event.ctrl_key() && !event.meta_key() && !event.alt_key() && !is_typing(event)
}

/// Whether it is text for a field.
fn is_typing(event: &ev::KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlElement>().ok()) else { return false };
    match target.tag_name().as_str() {
        "INPUT" => target.get_attribute("type").as_deref() != Some("range"),
        "TEXTAREA" | "SELECT" => true,
        _ => target.is_content_editable(),
    }
}

fn upload_link() -> AnyView {
    view! {
        <a class="btn btn-primary" href="/upload" aria-label="Upload">
            {icon(UPLOAD)}
            <span class="max-sm:sr-only">"Upload"</span>
        </a>
    }
    .into_any()
}

fn signed_out() -> AnyView {
    view! {
        <button class="btn btn-quiet btn-icon" type="button" aria-label="Light or dark" on:click=move |_| theme::switch()>
            {icon(THEME)}
        </button>
        <a class="btn btn-quiet" href="/signin">
            "Sign in"
        </a>
        {upload_link()}
    }
    .into_any()
}

fn signed_in(me: Me) -> AnyView {
    let menu = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            let _ = menu.remove_attribute("open");
        }
    };
    Effect::new(move |_| {
        let outside = window_event_listener(ev::click, move |event| {
            let target = event.target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
            if menu.get_untracked().is_some_and(|menu| !menu.contains(target.as_ref())) {
                close();
            }
        });
        let escape = window_event_listener(ev::keydown, move |event| {
            if event.key() == "Escape" {
                close();
            }
        });
        on_cleanup(move || {
            outside.remove();
            escape.remove();
        });
    });
    let awake = awake();
    let leave = move |event: ev::SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            match sign_out().await {
                Ok(()) => {
                    let _ = window().location().assign("/");
                }
                Err(error) => super::toast::say(error.message),
            }
        });
    };
    let initial: String = me.username.chars().take(1).collect();
    view! {
        {upload_link()}
        <details node_ref=menu>
            <summary class="avatar" aria-label=format!("Menu of {}", me.username)>
                {initial}
            </summary>
            <div class="menu">
                <p class="px-3 py-2 text-sm text-muted break-words">{me.username}</p>
                <a class="menu-item" href="/studio" on:click=move |_| close()>
                    {icon(FILMS)}
                    "My films"
                </a>
                <a class="menu-item" href="/account" on:click=move |_| close()>
                    {icon(PERSON)}
                    "Account"
                </a>
                {(me.role == Role::Admin)
                    .then(|| {
                        view! {
                            <a class="menu-item" href="/admin" on:click=move |_| close()>
                                {icon(PEOPLE)}
                                "Administration"
                            </a>
                        }
                    })}
                <button class="menu-item" type="button" on:click=move |_| theme::switch()>
                    {icon(THEME)}
                    "Light or dark"
                </button>
                <form method="post" on:submit=leave>
                    <button class="menu-item" type="submit" disabled=move || !awake.get()>
                        {icon(SIGN_OUT)}
                        "Sign out"
                    </button>
                </form>
            </div>
        </details>
    }
    .into_any()
}
