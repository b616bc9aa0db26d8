//! The mark, one sentence, one thing to do.

use crate::error::ApiError;
use crate::server;
use leptos::prelude::*;
use leptos_meta::{Meta, Title};

#[component]
pub fn Empty(#[prop(into)] title: String, #[prop(into)] text: String, children: Children) -> AnyView {
    view! {
        <div class="empty">
            <h2 dir="auto">{title}</h2>
            <p>{text}</p>
            {children()}
        </div>
    }
    .into_any()
}

#[component]
pub fn NotFound() -> AnyView {
    server::set_status(404);
    view! {
        <Title text="Not found" />
        <Meta name="robots" content="noindex" />
        <div class="page">
            <div class="empty">
                <h1>"There is nothing here"</h1>
                <p>"The film was deleted, or it is private, or the address has a slip in it."</p>
                <a class="btn" href="/">
                    "See the newest films"
                </a>
            </div>
        </div>
    }
    .into_any()
}

/// A page that couldn't be loaded.
#[component]
pub fn Failure(error: ApiError) -> AnyView {
    view! {
        <div class="page">
            <div class="empty" role="alert">
                <h1>"This page can't be shown right now"</h1>
                <p>{error.message}</p>
                <a class="btn" href="" rel="external">
                    "Try again"
                </a>
            </div>
        </div>
    }
    .into_any()
}
