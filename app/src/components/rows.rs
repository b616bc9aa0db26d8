//! Lists of things that have a name, a line about them, and something to do with them.

use leptos::prelude::*;

/// One of them. `badge` says what sets it apart.
pub fn row(name: String, badge: Option<&'static str>, about: String, action: AnyView) -> AnyView {
    view! {
        <li class="list-row">
            <div class="min-w-0">
                <p class="break-words">
                    <span dir="auto">{name}</span>
                    {badge.map(|badge| view! { <span class="badge ms-2">{badge}</span> })}
                </p>
                <p class="text-sm text-muted break-words">{about}</p>
            </div>
            {action}
        </li>
    }
    .into_any()
}

/// A quiet button at a row's end. `label` says it all to who doesn't see the row.
pub fn button(verb: &'static str, label: String, press: impl Fn() + 'static) -> AnyView {
    view! {
        <button class="btn btn-quiet" type="button" aria-label=label on:click=move |_| press()>
            {verb}
        </button>
    }
    .into_any()
}

/// In place of a list that is on its way.
pub fn skeleton() -> AnyView {
    let row = || {
        view! {
            <li class="list-row">
                <div class="grow">
                    <p class="skeleton w-1/3">"Name"</p>
                    <p class="skeleton w-1/2 text-sm">"About it"</p>
                </div>
            </li>
        }
    };
    view! { <ul class="list" aria-busy="true" aria-label="Loading">{(0..3).map(|_| row()).collect_view()}</ul> }
        .into_any()
}
