//! Changing one's password and one's address.

use super::Address;
use super::api;
use super::form::{Field, Form, said, text};
use super::own::own;
use super::verify::{again, load, skeleton};
use crate::page::{Loaded, page};
use crate::server;
use leptos::html;
use leptos::prelude::*;

#[component]
pub fn ChangePassword() -> AnyView {
    let show = |_: Loaded| password_form();
    own("/account/password", page(Signal::stored(String::new()), load, skeleton, show))
}

#[component]
pub fn ChangeEmail() -> AnyView {
    let show = |address: Loaded| address.get::<Address>().map_or_else(|| ().into_any(), email_form);
    own("/account/email", page(Signal::stored(String::new()), load, skeleton, show))
}

fn password_form() -> AnyView {
    let (current, new) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let form = Form::new();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (current, new) = (text(current), text(new));
        form.send(Box::pin(async move { api::change_password(current, new).await.map(|()| None) }));
    };
    let asked = move || {
        view! {
            <div class="grid gap-5">
                {form.general()}
                {form
                    .field(
                        Field {
                            name: "current_password",
                            label: "Current password",
                            kind: "password",
                            autocomplete: "current-password",
                            hint: None,
                        },
                        current,
                    )}
                {form
                    .field(
                        Field {
                            name: "new_password",
                            label: "New password",
                            kind: "password",
                            autocomplete: "new-password",
                            hint: Some("At least 8 characters. Everywhere else you will be signed out."),
                        },
                        new,
                    )} {form.button("Change password")}
            </div>
        }
        .into_any()
    };
    let changed = "Your password is changed. You are signed out everywhere but here.";
    view! {
        <form class="max-w-md" method="post" on:submit=send>
            {move || if form.done.get() { said(changed) } else { asked() }}
        </form>
    }
    .into_any()
}

fn email_form(address: Address) -> AnyView {
    let Address { email: present, verified } = address;
    let (email, password) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let form = Form::new();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (email, password) = (text(email), text(password));
        form.send(Box::pin(async move { api::change_address(email, password).await.map(|()| None) }));
    };
    let asked = move || {
        view! {
            <div class="grid gap-5">
                {form.general()}
                {form
                    .field(
                        Field { name: "email", label: "New address", kind: "email", autocomplete: "email", hint: None },
                        email,
                    )}
                {form
                    .field(
                        Field {
                            name: "password",
                            label: "Your password",
                            kind: "password",
                            autocomplete: "current-password",
                            hint: None,
                        },
                        password,
                    )} {form.button("Change address")}
            </div>
        }
        .into_any()
    };
    let sent = if verified {
        "A mail is on its way to both addresses. The new one is yours once the links in both were opened."
    } else {
        "A mail is on its way to the new address. It is yours once the link in it was opened."
    };
    let body = move || match (server::sends_mail(), form.done.get()) {
        (false, _) => said("This site sends no mail: an address can't be changed. Ask whoever runs it."),
        (true, false) => asked(),
        (true, true) => said(sent),
    };
    view! {
        <div class="grid gap-5 max-w-md">
            <p class="break-words">
                "Your address is " <strong>{present}</strong>
                {if verified { ", and confirmed." } else { ", not confirmed yet." }}
            </p>
            {(!verified && server::sends_mail()).then(again)}
            <form method="post" on:submit=send>
                {body}
            </form>
        </div>
    }
    .into_any()
}
