//! A film in a grid.

use super::poster::{self, Shown};
use domain::time::{UnixMillis, age};
use domain::video::Card;
use domain::watching::views_in_short;
use leptos::prelude::*;

/// `eager`: its poster is surely seen at once.
pub fn film_card(film: &Card, now: UnixMillis, eager: bool) -> AnyView {
    let Card { id, title, owner, poster, duration_ms, created_at, published_at, views, .. } = film.clone();
    let age = age(published_at.unwrap_or(created_at), now);
    view! {
        <li class="film-card" data-testid="film-card">
            <a class="grid gap-2.5" href=format!("/watch/{id}")>
                {poster::poster(poster, duration_ms, Shown::Card, eager)}
                <span>
                    <span class="film-title" dir="auto">
                        {title}
                    </span>
                    <span class="film-meta">
                        <span>{owner}</span>
                        <span>{views_in_short(views)}</span>
                        <span>{age}</span>
                    </span>
                </span>
            </a>
        </li>
    }
    .into_any()
}

pub fn grid_skeleton() -> AnyView {
    let cards: Vec<_> = (0..8)
        .map(|_| {
            view! {
                <li class="film-card">
                    <span class="poster skeleton"></span>
                    <span>
                        <span class="film-title skeleton w-3/4">"Film"</span>
                        <span class="film-meta skeleton mt-[3px] block w-1/2">"Owner"</span>
                    </span>
                </li>
            }
        })
        .collect();
    view! {
        <ul class="film-grid" aria-busy="true" aria-label="Loading films">
            {cards}
        </ul>
    }
    .into_any()
}
