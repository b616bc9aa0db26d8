//! What somebody signs in with besides a password.

mod api;
mod passkeys;
mod prove;
mod totp;

use super::own;
use crate::components::rows::skeleton;
use crate::components::toast::say;
use crate::error::ApiError;
use crate::page::{Load, Loaded, page};
use api::Mine;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

fn load(_: String) -> Load {
    Box::pin(async { api::my_factors().await.map(Loaded::new) })
}

#[component]
pub fn MyFactors() -> AnyView {
    own("/account/factors", page(Signal::stored(String::new()), load, skeleton, show))
}

/// How it stands, and what is told only now.
#[derive(Clone, Copy)]
struct State {
    mine: RwSignal<Mine>,
    /// Recovery codes that were made just now.
    codes: RwSignal<Option<Vec<String>>>,
    problem: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
}

type Work = std::pin::Pin<Box<dyn Future<Output = Result<Option<Vec<String>>, ApiError>>>>;

impl State {
    /// Does something, and shows how it stands then.
    fn act(self, work: Work, done: &'static str) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        spawn_local(async move {
            match work.await {
                Ok(codes) => {
                    if codes.is_some() {
                        self.codes.set(codes);
                    }
                    say(done.to_owned());
                    self.look().await;
                }
                Err(error) if error.is("proof_required") => self.look().await,
                Err(error) => self.problem.set(Some(error)),
            }
            self.busy.set(false);
        });
    }

    async fn look(self) {
        match api::my_factors().await {
            Ok(mine) => self.mine.set(mine),
            Err(error) => self.problem.set(Some(error)),
        }
    }
}

fn show(mine: Loaded) -> AnyView {
    let Some(mine) = mine.get::<Mine>() else { return ().into_any() };
    let state = State {
        mine: RwSignal::new(mine),
        codes: RwSignal::new(None),
        problem: RwSignal::new(None),
        busy: RwSignal::new(false),
    };
    // Forms stay as they are while something else changes.
    let proved = Memo::new(move |_| state.mine.read().proved);
    let any = Memo::new(move |_| state.mine.read().factors.any());
    view! {
        <p class="text-muted mb-6">
            {move || {
                if any.get() {
                    "Your password alone doesn't sign you in: you are asked for a code, or use a passkey."
                } else {
                    "Add a passkey or an app that makes codes, and whoever guesses your password still can't sign in."
                }
            }}
        </p>
        {move || (!proved.get()).then(|| prove::card(state))}
        {move || state.codes.get().map(|codes| told(codes, state))}
        {passkeys::section(state, proved)}
        {totp::section(state, proved)}
        {move || any.get().then(|| recovery(state, proved))}
    }
    .into_any()
}

fn heading(title: &'static str, text: &'static str) -> AnyView {
    view! {
        <h2>{title}</h2>
        <p class="field-hint">{text}</p>
    }
    .into_any()
}

fn recovery(state: State, proved: Memo<bool>) -> AnyView {
    let left = move || match state.mine.read().factors.recovery_codes_left {
        0 => "None is left.".to_owned(),
        1 => "One is left.".to_owned(),
        left => format!("{left} are left."),
    };
    let renew = move |_| {
        state.act(
            Box::pin(async { api::renew_recovery().await.map(Some) }),
            "Your old recovery codes don't work any more.",
        );
    };
    view! {
        <section class="card grid gap-4 mb-6">
            {heading("Recovery codes", "Each signs you in once, beside your password, when nothing else is at hand.")}
            <p>{left}</p>
            <p hidden=move || !proved.get()>
                <button class="btn" type="button" on:click=renew>
                    "Make new ones"
                </button>
            </p>
        </section>
    }
    .into_any()
}

/// Recovery codes, once.
fn told(codes: Vec<String>, state: State) -> AnyView {
    let text = codes.join("\n");
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move {
            let copied = window().is_secure_context()
                && JsFuture::from(window().navigator().clipboard().write_text(&text)).await.is_ok();
            say(if copied { "Copied." } else { "Your browser doesn't let this page copy: write them down." }.to_owned());
        });
    };
    view! {
        <section class="card grid gap-4 mb-6" aria-label="Your recovery codes">
            {heading("Your recovery codes", "You see them only now. Print them, or keep them with your passwords.")}
            <ul class="grid sm:grid-cols-2 gap-2" data-testid="recovery-codes">
                {codes.into_iter().map(|code| view! { <li><code class="break-all">{code}</code></li> }).collect_view()}
            </ul>
            <p class="flex flex-wrap gap-3">
                <button class="btn" type="button" on:click=copy>
                    "Copy all"
                </button>
                <button class="btn btn-quiet" type="button" on:click=move |_| state.codes.set(None)>
                    "I've kept them"
                </button>
            </p>
        </section>
    }
    .into_any()
}
