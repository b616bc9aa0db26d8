//! Passkeys: added, listed, taken away.

use super::{State, api, heading};
use crate::account::form::{Field, Form, text};
use crate::account::passkey;
use crate::components::problem::bad_notice;
use crate::components::rows::{button, row};
use domain::factors::Passkey;
use domain::time::{UnixMillis, age};
use leptos::html;
use leptos::prelude::*;

pub fn section(state: State, proved: Memo<bool>) -> AnyView {
    if !state.mine.read_untracked().passkeys_here {
        return ().into_any();
    }
    passkey::warm_up();
    let listed = move || {
        let mine = state.mine.get();
        if mine.factors.passkeys.is_empty() {
            return ().into_any();
        }
        let may = proved.get();
        let rows = mine.factors.passkeys.into_iter().map(|passkey| entry(passkey, mine.now, may, state)).collect_view();
        view! {
            <ul class="list" aria-label="Passkeys">
                {rows}
            </ul>
        }
        .into_any()
    };
    view! {
        <section class="card grid gap-4 mb-6">
            {heading(
                "Passkeys",
                "Your phone, computer or security key signs you in, after a look, a touch or a PIN. No password is needed then.",
            )}
            {bad_notice(move || state.problem.get().map(|problem| problem.message))}
            {listed}
            {move || proved.get().then(|| adding(state))}
        </section>
    }
    .into_any()
}

fn entry(passkey: Passkey, now: UnixMillis, may: bool, state: State) -> AnyView {
    let used =
        passkey.last_used_at.map_or_else(|| "not used yet".to_owned(), |at| format!("last used {}", age(at, now)));
    let about = format!("Added {} · {used}", age(passkey.created_at, now));
    let action = if may {
        let label = format!("Remove the passkey {}", passkey.name);
        let id = passkey.id.clone();
        button("Remove", label, move || {
            let id = id.clone();
            state.act(Box::pin(async { api::remove_passkey(id).await.map(|()| None) }), "The passkey was removed.");
        })
    } else {
        ().into_any()
    };
    row(passkey.name, None, about, action)
}

fn adding(state: State) -> AnyView {
    let name = NodeRef::<html::Input>::new();
    let form = Form::new();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let called = text(name);
        form.send(Box::pin(async move {
            let credential = passkey::make(&api::new_passkey().await?).await?;
            let added = api::add_passkey(called, credential).await?;
            state.codes.update(|codes| *codes = added.recovery_codes.or(codes.take()));
            if let Some(name) = name.get_untracked() {
                name.set_value("");
            }
            state.look().await;
            Ok(None)
        }));
    };
    view! {
        <form class="grid gap-4" method="post" on:submit=send>
            {form.general()}
            {form
                .field(
                    Field {
                        name: "name",
                        label: "Name of the new one",
                        kind: "text",
                        autocomplete: "off",
                        hint: Some("Something that you know it by, like the device. Everywhere else you will be signed out."),
                    },
                    name,
                )}
            {form.button("Add a passkey")}
        </form>
    }
    .into_any()
}
