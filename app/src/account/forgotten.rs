//! A forgotten password, and the new one in its place.

use super::api;
use super::form::{Field, Form, said, secret, text};
use crate::server;
use leptos::html;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn Forgot() -> AnyView {
    let login = NodeRef::<html::Input>::new();
    let form = Form::new();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let login = text(login);
        form.send(Box::pin(async move { api::forgot_password(login).await.map(|()| None) }));
    };
    let asked = move || {
        view! {
            <div class="grid gap-5">
                {form.general()}
                {form
                    .field(
                        Field {
                            name: "login",
                            label: "Username or e-mail",
                            kind: "text",
                            autocomplete: "username",
                            hint: Some("The link goes to the address that you have confirmed."),
                        },
                        login,
                    )}
                {form.button("Send a link")}
            </div>
        }
        .into_any()
    };
    let body = move || match (server::sends_mail(), form.done.get()) {
        (false, _) => said("This site sends no mail. Ask whoever runs it for help."),
        (true, false) => asked(),
        (true, true) => said(
            "If this account exists and its address is confirmed, a link is on its way there. It works for 30 minutes.",
        ),
    };
    view! {
        <Title text="Forgot your password?" />
        <div class="page page-form">
            <form class="card grid gap-5" method="post" on:submit=send>
                <h1>"Forgot your password?"</h1>
                {body}
                <p class="text-sm">
                    <a class="link" href="/signin">
                        "Back to sign in"
                    </a>
                </p>
            </form>
        </div>
    }
    .into_any()
}

/// The link in the mail leads here.
#[component]
pub fn Reset() -> AnyView {
    let password = NodeRef::<html::Input>::new();
    let form = Form::new();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let password = text(password);
        form.send(Box::pin(async move { api::reset_password(secret(), password).await.map(|()| None) }));
    };
    let asked = move || {
        view! {
            <div class="grid gap-5">
                {form.general()}
                {form
                    .field(
                        Field {
                            name: "password",
                            label: "New password",
                            kind: "password",
                            autocomplete: "new-password",
                            hint: Some("At least 8 characters."),
                        },
                        password,
                    )}
                {form.button("Change password")}
                <p class="text-sm">
                    <a class="link" href="/forgot">
                        "Ask for a new link"
                    </a>
                </p>
            </div>
        }
        .into_any()
    };
    let changed = || {
        view! {
            <div class="grid gap-5">
                {said("Your password is changed. You are signed out wherever you were signed in.")}
                <a class="btn btn-primary" href="/signin">
                    "Sign in"
                </a>
            </div>
        }
        .into_any()
    };
    view! {
        <Title text="Choose a new password" />
        <div class="page page-form">
            <form class="card grid gap-5" method="post" on:submit=send>
                <h1>"Choose a new password"</h1>
                {move || if form.done.get() { changed() } else { asked() }}
            </form>
        </div>
    }
    .into_any()
}
