//! An app that makes codes.

use super::{State, api, heading};
use crate::account::form::{Field, Form, text};
use crate::components::problem::bad_notice;
use domain::factors::{Qr, Setup};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

pub fn section(state: State, proved: Memo<bool>) -> AnyView {
    let on = Memo::new(move |_| state.mine.read().factors.totp);
    let setup = RwSignal::new(None::<Setup>);
    let refused = RwSignal::new(None::<String>);
    let begin = move |_| {
        refused.set(None);
        spawn_local(async move {
            match api::set_up_totp().await {
                Ok(made) => setup.set(Some(made)),
                Err(error) if error.is("proof_required") => state.look().await,
                Err(error) => refused.set(Some(error.message)),
            }
        });
    };
    let off = move |_| {
        setup.set(None);
        state.act(Box::pin(async { api::switch_off_totp().await.map(|()| None) }), "Codes of an app are switched off.");
    };
    let here = state.mine.read_untracked().codes_here;
    let body = move || match (on.get(), setup.get()) {
        (true, _) => view! {
            <p>"Switched on."</p>
            <p hidden=move || !proved.get()>
                <button class="btn" type="button" on:click=off>
                    "Switch off"
                </button>
            </p>
        }
        .into_any(),
        (false, Some(made)) => steps(state, made),
        (false, None) if here => view! {
            <p hidden=move || !proved.get()>
                <button class="btn" type="button" on:click=begin>
                    "Set up an app"
                </button>
            </p>
        }
        .into_any(),
        (false, None) => view! {
            <p class="notice">
                "This site can't keep the secret of an app: whoever runs it has to set KINORA_SECRET_KEY first."
            </p>
        }
        .into_any(),
    };
    view! {
        <section class="card grid gap-4 mb-6">
            {heading("Codes of an app", "An app on your phone shows a new code every 30 seconds.")}
            {bad_notice(move || refused.get())}
            {body}
        </section>
    }
    .into_any()
}

/// From the secret to the first right code.
fn steps(state: State, made: Setup) -> AnyView {
    let code = NodeRef::<html::Input>::new();
    let form = Form::new();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let given = text(code);
        form.send(Box::pin(async move {
            let codes = api::switch_on_totp(given).await?;
            state.codes.set(codes);
            state.look().await;
            Ok(None)
        }));
    };
    view! {
        <form class="grid gap-4" method="post" on:submit=send>
            <p>"Scan this with your app, or type the secret into it. Then type the code that it shows."</p>
            {drawn(made.qr)}
            <p>
                <span class="text-sm text-muted">"Secret "</span>
                <code class="break-all" data-testid="secret">
                    {made.secret}
                </code>
            </p>
            <p class="text-sm">
                <a class="link" href=made.uri rel="external">
                    "Open an app on this device"
                </a>
            </p>
            {form.general()}
            {form
                .field(
                    Field { name: "code", label: "Code", kind: "text", autocomplete: "one-time-code", hint: None },
                    code,
                )}
            <p class="field-hint">"Everywhere else you will be signed out."</p>
            {form.button("Switch on")}
        </form>
    }
    .into_any()
}

/// Dark on light in any theme: not every camera reads it the other way round.
fn drawn(Qr { size, path }: Qr) -> AnyView {
    view! {
        <svg
            class="qr"
            viewBox=format!("0 0 {size} {size}")
            shape-rendering="crispEdges"
            role="img"
            aria-label="QR code of the secret"
        >
            <rect width="100%" height="100%" fill="#fff" />
            <path d=path fill="#000" />
        </svg>
    }
    .into_any()
}
