//! Asks whoever is signed in to show that it's still them.

use super::{State, api};
use crate::account::form::{Field, Form, text};
use crate::account::passkey;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

pub fn card(state: State) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let form = Form::new();
    let has_codes = state.mine.read_untracked().factors.any();
    let has_passkeys = !state.mine.read_untracked().factors.passkeys.is_empty();
    let by_code = RwSignal::new(false);
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let given = text(input);
        let by_code = by_code.get_untracked();
        form.send(Box::pin(async move {
            if by_code {
                api::prove_by_code(given).await?
            } else {
                api::prove_by_password(given).await?
            }
            state.look().await;
            Ok(None)
        }));
    };
    let by_passkey = move |_| {
        form.problem.set(None);
        spawn_local(async move {
            let proved = async { api::prove_by_passkey(passkey::sign().await?).await };
            match proved.await {
                Ok(()) => state.look().await,
                Err(error) => form.problem.set(Some(crate::error::ApiError { field: None, ..error })),
            }
        });
    };
    let field = move || {
        let asked = if by_code.get() {
            Field {
                name: "code",
                label: "Code",
                kind: "text",
                autocomplete: "one-time-code",
                hint: Some("The six digits that your app shows, or one of your recovery codes."),
            }
        } else {
            Field {
                name: "password",
                label: "Your password",
                kind: "password",
                autocomplete: "current-password",
                hint: None,
            }
        };
        form.field(asked, input)
    };
    view! {
        <form class="card grid gap-4 mb-6" method="post" on:submit=send>
            <h2>"Confirm that it's you"</h2>
            <p class="field-hint">"Then you can change what signs you in, for ten minutes."</p>
            {form.general()}
            {field}
            <p class="flex flex-wrap gap-3">
                {form.button("Confirm")}
                {has_passkeys
                    .then(|| {
                        view! {
                            <button class="btn" type="button" on:click=by_passkey>
                                "Use a passkey"
                            </button>
                        }
                    })}
                {has_codes
                    .then(|| {
                        view! {
                            <button class="btn btn-quiet" type="button" on:click=move |_| by_code.update(|by| *by = !*by)>
                                {move || if by_code.get() { "Use your password" } else { "Use a code" }}
                            </button>
                        }
                    })}
            </p>
        </form>
    }
    .into_any()
}
