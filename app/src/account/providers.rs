//! Buttons that lead to other sites' accounts. Each is a form, so that they work before anything else on the page does.

use super::api;
use crate::page::{Load, Loaded, page};
use crate::query;
use domain::identity::Provider;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What stands above a form for signing in or up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaysIn {
    pub providers: Vec<Provider>,
    /// Why somebody who comes back wasn't let in.
    pub problem: Option<String>,
}

/// What an address says of an attempt that failed, and with which provider.
pub fn asked() -> Signal<String> {
    let search = query::search();
    Signal::derive(move || {
        let said = |name| query::value(&search.read(), name).unwrap_or_default();
        format!("{} {}", said("problem"), said("provider"))
    })
}

fn load(asked: String) -> Load {
    Box::pin(async { api::open_ways(asked).await.map(Loaded::new) })
}

fn nothing() -> AnyView {
    ().into_any()
}

/// Nothing where there is no provider.
pub fn ways_in() -> AnyView {
    page(asked(), load, nothing, show)
}

fn show(ways: Loaded) -> AnyView {
    let Some(WaysIn { providers, problem }) = ways.get() else { return ().into_any() };
    let next = query::value(&query::search().read_untracked(), "next").unwrap_or_default();
    let has_providers = !providers.is_empty();
    let buttons = providers.into_iter().map(|provider| {
        let words = format!("Continue with {}", provider.label);
        form(provider, words, next.clone(), false)
    });
    view! {
        <div class="mb-6 grid gap-3" data-testid="ways-in">
            {problem_notice(problem)} {buttons.collect_view()}
            {has_providers
                .then(|| {
                    view! {
                        <p class="ways-or">
                            <span>"or"</span>
                        </p>
                    }
                })}
        </div>
    }
    .into_any()
}

pub fn problem_notice(problem: Option<String>) -> AnyView {
    let notice = |problem| {
        view! {
            <p class="notice notice-bad" role="alert">
                {problem}
            </p>
        }
    };
    problem.map(notice).into_any()
}

/// Leads to a provider: to sign in, or to add an account there to the one here.
pub fn form(provider: Provider, words: String, next: String, link: bool) -> AnyView {
    let Provider { key, icon, .. } = provider;
    view! {
        <form method="post" action=format!("/auth/{key}") class="grid">
            <input type="hidden" name="next" value=next />
            {link.then(|| view! { <input type="hidden" name="link" value="1" /> })}
            <button class="btn way" type="submit">
                <img class="way-picture" src=icon alt="" width="20" height="20" />
                <span dir="auto">{words}</span>
            </button>
        </form>
    }
    .into_any()
}
