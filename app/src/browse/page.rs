use super::api;
use crate::components::empty::Empty;
use crate::components::film_card::{film_card, grid_skeleton};
use crate::page::{Listing, Load, Loaded, page};
use crate::query;
use domain::search::SearchQuery;
use domain::time::UnixMillis;
use domain::video::Card;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_location;
use leptos_router::location::Url;

/// How many posters are surely in the first row: they load at once, the rest when they come near.
const FIRST_ROW: usize = 4;

/// The part of the query string that says which films are meant.
fn key(search: &str) -> String {
    let is_meant = |pair: &&str| pair.starts_with("q=") || pair.starts_with("cursor=");
    search.split('&').filter(is_meant).collect::<Vec<_>>().join("&")
}

fn load(key: String) -> Load {
    Box::pin(async move { api::films(query::value(&key, "q"), query::value(&key, "cursor")).await.map(Loaded::new) })
}

/// What is looked for, as typed: None on the home page and for blanks.
fn looked_for() -> Option<String> {
    let query = query::value(&query::search().read_untracked(), "q")?;
    SearchQuery::parse(&query).map(|q| q.as_str().to_owned())
}

#[component]
pub fn Home() -> AnyView {
    let asked = query::search();
    view! {
        <Title text="" />
        <Meta name="description" content="Films, watched by the light of one warm lamp." />
        <div class="page">
            <h1 class="visually-hidden">"Newest films"</h1>
            {page(Signal::derive(move || key(&asked.read())), load, grid_skeleton, show)}
        </div>
    }
    .into_any()
}

#[component]
pub fn Search() -> AnyView {
    let asked = query::search();
    let heading = move || {
        let text = query::value(&asked.read(), "q").and_then(|q| SearchQuery::parse(&q));
        text.map_or_else(|| "Newest films".to_owned(), |q| format!("Films for “{}”", q.as_str()))
    };
    view! {
        <Title text=heading />
        <Meta name="robots" content="noindex" />
        <div class="page">
            <h1 class="mb-6 text-lg" dir="auto">
                {heading}
            </h1>
            {page(Signal::derive(move || key(&asked.read())), load, grid_skeleton, show)}
        </div>
    }
    .into_any()
}

fn show(films: Loaded) -> AnyView {
    let Some(Listing { page, now }) = films.get() else { return ().into_any() };
    let query = looked_for();
    if page.items.is_empty() {
        return nothing(query.is_some());
    }
    let first: Vec<_> = page.items.iter().enumerate().map(|(i, film)| film_card(film, now, i < FIRST_ROW)).collect();
    let more = RwSignal::new(Vec::<(Card, UnixMillis)>::new());
    view! {
        <ul class="film-grid">
            {first} <For each=move || more.get() key=|(film, _)| film.id.clone() let((film, now))>
                {film_card(&film, now, false)}
            </For>
        </ul>
        {show_more(page.next_cursor, query, more)}
    }
    .into_any()
}

/// The way on: a link that works without script, and appends where there is one.
fn show_more(cursor: Option<String>, query: Option<String>, more: RwSignal<Vec<(Card, UnixMillis)>>) -> AnyView {
    let next = RwSignal::new(cursor);
    let busy = RwSignal::new(false);
    let path = use_location().pathname.get_untracked();
    let href = {
        let query = query.clone();
        move || {
            let asked = [("q", query.clone()), ("cursor", next.get())];
            let asked = asked.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", Url::escape(&value?))));
            format!("{path}?{}", asked.collect::<Vec<_>>().join("&"))
        }
    };
    let append = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        let Some(cursor) = next.get_untracked() else { return };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let query = query.clone();
        spawn_local(async move {
            match api::films(query, Some(cursor)).await {
                Ok(Listing { page, now }) => {
                    more.update(|films| films.extend(page.items.into_iter().map(|film| (film, now))));
                    next.set(page.next_cursor);
                }
                Err(error) => crate::components::toast::say(error.message),
            }
            busy.set(false);
        });
    };
    view! {
        <p class="mt-8 text-center" hidden=move || next.read().is_none()>
            <a
                class="btn"
                href=href
                aria-busy=move || busy.get().to_string()
                on:click=append
            >
                "Show more"
            </a>
        </p>
    }
    .into_any()
}

fn nothing(searched: bool) -> AnyView {
    let (title, text, class, href, label) = if searched {
        let text = "Try fewer words, or others. Titles, descriptions and names of people are searched.";
        ("Nothing found", text, "btn", "/", "See the newest films")
    } else {
        ("No films yet", "The first one could be yours.", "btn btn-primary", "/upload", "Upload a film")
    };
    view! {
        <Empty title text>
            <a class=class href=href>
                {label}
            </a>
        </Empty>
    }
    .into_any()
}
