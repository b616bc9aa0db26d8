use super::api::{self, Tokens};
use super::own;
use crate::components::once::once;
use crate::components::problem::bad_notice;
use crate::components::rows::{button, row, skeleton};
use crate::components::toast::say;
use crate::page::{Load, Loaded, page};
use domain::actor::Scope;
use domain::id::TokenId;
use domain::time::{UnixMillis, age, span};
use domain::token::{Name, Token};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Days that a token can be asked to last, and what that is called.
const LASTS: [(&str, &str); 5] =
    [("7", "in 7 days"), ("30", "in 30 days"), ("90", "in 90 days"), ("365", "in a year"), ("", "never")];

fn load(_: String) -> Load {
    Box::pin(async { api::my_tokens().await.map(Loaded::new) })
}

#[component]
pub fn MyTokens() -> AnyView {
    own("/account/tokens", page(Signal::stored(String::new()), load, skeleton, show))
}

fn words(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "See what you can see",
        Scope::Upload => "Upload films",
        Scope::Manage => "Change and delete what is yours",
        Scope::Admin => "Use your role over what is others'",
    }
}

fn show(mine: Loaded) -> AnyView {
    let Some(Tokens { tokens, now }) = mine.get() else { return ().into_any() };
    let tokens = RwSignal::new(tokens);
    let made = RwSignal::new(None::<String>);
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let (name, lasts) = (NodeRef::<html::Input>::new(), NodeRef::<html::Select>::new());
    let boxes = Scope::ALL.map(|scope| (scope, NodeRef::<html::Input>::new()));
    let create = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Some(name), Some(lasts)) = (name.get_untracked(), lasts.get_untracked()) else { return };
        if busy.get_untracked() {
            return;
        }
        let ticked = |input: &NodeRef<html::Input>| input.get_untracked().is_some_and(|input| input.checked());
        let scopes = boxes.iter().filter(|(_, input)| ticked(input)).map(|(scope, _)| *scope).collect();
        busy.set(true);
        problem.set(None);
        made.set(None);
        spawn_local(async move {
            match api::create_token(name.value(), scopes, lasts.value().parse().ok()).await {
                Ok(new) => {
                    name.set_value("");
                    tokens.update(|tokens| tokens.insert(0, new.token));
                    made.set(Some(new.secret));
                }
                Err(error) => problem.set(Some(error.message)),
            }
            busy.set(false);
        });
    };
    let withdraw = Callback::new(move |id: TokenId| {
        spawn_local(async move {
            match api::withdraw_token(id.clone()).await {
                Err(error) if !error.is("not_found") => say(error.message),
                _ => {
                    tokens.update(|tokens| tokens.retain(|token| token.id != id));
                    say("The token was withdrawn. Scripts that use it are out.".to_owned());
                }
            }
        });
    });
    let scope = |(scope, input): (Scope, NodeRef<html::Input>)| {
        view! {
            <label class="choice">
                <input type="checkbox" checked=scope == Scope::Read node_ref=input />
                <span>
                    {words(scope)} " " <code class="text-muted">{scope.as_str()}</code>
                </span>
            </label>
        }
    };
    view! {
        <form class="card grid gap-4 mb-8" method="post" on:submit=create>
            <h2>"New access token"</h2>
            <p class="field-hint">"For a script or an app that does something for you, without your password."</p>
            <div class="flex flex-wrap items-end gap-3">
                <div class="field grow">
                    <label for="token-name">"What it is for"</label>
                    <input
                        class="input"
                        id="token-name"
                        type="text"
                        dir="auto"
                        required
                        maxlength=Name::MAX_CHARS.to_string()
                        node_ref=name
                    />
                </div>
                <div class="field">
                    <label for="token-lasts">"Expires"</label>
                    <select class="input" id="token-lasts" node_ref=lasts>
                        {LASTS
                            .map(|(days, words)| {
                                view! {
                                    <option value=days selected=days == "90">
                                        {words}
                                    </option>
                                }
                            })
                            .collect_view()}
                    </select>
                </div>
            </div>
            <fieldset class="choices">
                <legend>"What it may do"</legend>
                {boxes.map(scope).collect_view()}
            </fieldset>
            {bad_notice(move || problem.get())}
            <p>
                <button class="btn btn-primary" type="submit" aria-busy=move || busy.get().to_string()>
                    "Create token"
                </button>
            </p>
            <div aria-live="polite">
                {move || made.get().map(|secret| once("Copy this token now: it is shown only once", secret))}
            </div>
        </form>
        <ul class="list" aria-label="Access tokens">
            {move || tokens.get().into_iter().map(|token| line(token, now, withdraw)).collect_view()}
        </ul>
    }
    .into_any()
}

fn line(token: Token, now: UnixMillis, withdraw: Callback<TokenId>) -> AnyView {
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let used = token.last_used_at.map_or("never used".to_owned(), |at| format!("last used {}", age(at, now)));
    let ends = match token.expires_at {
        None => "doesn't expire".to_owned(),
        Some(_) if token.expired => "expired".to_owned(),
        Some(at) => format!("expires in {}", span(at.0 - now.max(token.created_at).0)),
    };
    let about = format!("{} · {used} · {ends}", scopes.join(", "));
    let verb = if token.expired { "Remove" } else { "Withdraw" };
    let label = format!("{verb} the token {}", token.name);
    row(
        token.name,
        token.expired.then_some("Expired"),
        about,
        button(verb, label, move || withdraw.run(token.id.clone())),
    )
}
