use super::api;
use super::row::{Mine, film_row};
use crate::components::empty::Empty;
use crate::page::{Listing, Load, Loaded, page};
use domain::time::UnixMillis;
use domain::video::Card;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use std::time::Duration;

/// How often films on their way are asked for, all by one question.
const ASK_EVERY: Duration = Duration::from_secs(2);

fn load(_: String) -> Load {
    Box::pin(async { api::my_films(None).await.map(Loaded::new) })
}

fn skeleton() -> AnyView {
    let row = || {
        view! {
            <li class="film-row">
                <span class="poster skeleton"></span>
                <div class="row-main">
                    <span class="skeleton w-1/2">"Film"</span>
                    <span class="skeleton w-1/3">"State"</span>
                </div>
            </li>
        }
    };
    view! { <ul aria-busy="true" aria-label="Loading your films">{(0..4).map(|_| row()).collect_view()}</ul> }
        .into_any()
}

#[component]
pub fn Studio() -> AnyView {
    view! {
        <Title text="My films" />
        <div class="page page-middle">
            <h1 class="mb-6">"My films"</h1>
            {page(Signal::stored(String::new()), load, skeleton, show)}
        </div>
    }
    .into_any()
}

fn rows(films: Vec<Card>, now: UnixMillis) -> impl Iterator<Item = Mine> {
    films.into_iter().map(move |film| Mine::new(film, now))
}

fn show(mine: Loaded) -> AnyView {
    let Some(Listing { page, now }) = mine.get() else { return ().into_any() };
    let films = RwSignal::new(rows(page.items, now).collect::<Vec<_>>());
    let next = RwSignal::new(page.next_cursor);
    keep_fresh(films);
    let more = move |_| {
        let cursor = next.get_untracked();
        spawn_local(async move {
            match api::my_films(cursor).await {
                Ok(Listing { page, now }) => {
                    films.update(|films| films.extend(rows(page.items, now)));
                    next.set(page.next_cursor);
                }
                Err(error) => crate::components::toast::say(error.message),
            }
        });
    };
    let none_left = move || films.read().iter().all(|film| film.deleted.get());
    view! {
        <ul aria-label="My films">
            <For each=move || films.get() key=|film| film.id.clone() let(film)>
                {film_row(film)}
            </For>
        </ul>
        <p class="mt-8 text-center" hidden=move || next.read().is_none()>
            <button class="btn" type="button" on:click=more>
                "Show more"
            </button>
        </p>
        <Show when=none_left>
            <Empty title="You have no films yet" text="Bring one: it can be watched soon after its last byte has left.">
                <a class="btn btn-primary" href="/upload">
                    "Upload a film"
                </a>
            </Empty>
        </Show>
    }
    .into_any()
}

/// While a film is on its way, asks how the newest are doing.
fn keep_fresh(films: RwSignal<Vec<Mine>>) {
    Effect::new(move |_| {
        let ask = move || {
            let some_move =
                films.with_untracked(|films| films.iter().any(|f| !f.card.with_untracked(|c| c.state.is_final())));
            if !some_move || document().hidden() {
                return;
            }
            spawn_local(async move {
                let Ok(Listing { page, .. }) = api::my_films(None).await else { return };
                films.try_with_untracked(|films| {
                    for card in page.items {
                        if let Some(film) = films.iter().find(|f| f.id == card.id) {
                            film.refresh(card);
                        }
                    }
                });
            });
        };
        if let Ok(timer) = set_interval_with_handle(ask, ASK_EVERY) {
            on_cleanup(move || timer.clear());
        }
    });
}
