//! By what one's account is opened: the password, and accounts of other sites.

use super::api;
use super::own::own;
use super::providers::{asked, form, problem_notice};
use crate::components::rows::{button, row, skeleton};
use crate::components::toast::say;
use crate::page::{Load, Loaded, page};
use domain::identity::{Identity, Ways};
use domain::time::{UnixMillis, age};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};

/// The page of one's ways in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyWays {
    pub ways: Ways,
    pub now: UnixMillis,
    /// Why somebody who comes back has no new one.
    pub problem: Option<String>,
}

fn load(asked: String) -> Load {
    Box::pin(async { api::own_ways(asked).await.map(Loaded::new) })
}

#[component]
pub fn Identities() -> AnyView {
    own("/account/identities", page(asked(), load, skeleton, show))
}

fn show(mine: Loaded) -> AnyView {
    let Some(MyWays { ways, now, problem }) = mine.get() else { return ().into_any() };
    let Ways { password, passkeys, identities, providers } = ways;
    let left = RwSignal::new(identities);
    let remove = Callback::new(move |id: String| {
        spawn_local(async move {
            match api::unlink_identity(id.clone()).await {
                Err(error) if error.is("proof_required") => {
                    say("Confirm first that it's you, on the page of your passkeys and codes.".to_owned());
                }
                Err(error) if !error.is("not_found") => say(error.message),
                _ => left.update(|left| left.retain(|identity| identity.id != id)),
            }
        });
    });
    let rows = move || {
        let identities = left.get();
        let is_only =
            !password && !passkeys && identities.iter().filter(|identity| identity.provider.is_some()).count() < 2;
        let way = |identity: Identity| {
            let is_last = is_only && identity.provider.is_some();
            way(identity, now, is_last, remove)
        };
        identities.into_iter().map(way).collect_view().into_any()
    };
    let password =
        password.then(|| row("Password".to_owned(), None, "For your name or address".to_owned(), ().into_any()));
    let passkeys =
        passkeys.then(|| row("Passkeys".to_owned(), None, "On the page beside this one".to_owned(), ().into_any()));
    let has_providers = !providers.is_empty();
    let add = providers.into_iter().map(|provider| {
        let words = format!("Add {}", provider.label);
        form(provider, words, "/account/identities".to_owned(), true)
    });
    let add = has_providers.then(|| {
        view! {
            <section class="mt-8">
                <h2 class="mb-2">"Add another way"</h2>
                <p class="text-muted mb-4">"Whoever can sign in there can then sign in here as you."</p>
                <div class="ways">{add.collect_view()}</div>
            </section>
        }
    });
    view! {
        <p class="text-muted mb-4">"By these your account can be opened. There is always one left."</p>
        {problem_notice(problem)}
        <ul class="list" aria-label="Ways to sign in">
            {password} {passkeys} {rows}
        </ul>
        {add}
    }
    .into_any()
}

fn way(identity: Identity, now: UnixMillis, is_last: bool, remove: Callback<String>) -> AnyView {
    let Identity { id, provider, name, created_at, last_used_at } = identity;
    let label = provider.map_or_else(|| "A site that isn't used here any more".to_owned(), |provider| provider.label);
    let used = match last_used_at {
        Some(at) => format!("last used {}", age(at, now)),
        None => format!("added {}", age(created_at, now)),
    };
    let action = if is_last {
        ().into_any()
    } else {
        button("Remove", format!("Remove {label}, {name}"), move || remove.run(id.clone()))
    };
    let about = if name.is_empty() { used } else { format!("{name} · {used}") };
    row(label, is_last.then_some("The only way"), about, action)
}
