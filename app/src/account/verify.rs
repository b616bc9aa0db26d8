//! Addresses that are to be confirmed: the page that says so, and the page that the link in a mail leads to.

use super::Address;
use super::api;
use super::form::{Form, said, secret};
use crate::page::{Load, Loaded, page};
use crate::server;
use domain::account::Confirmed;
use leptos::prelude::*;
use leptos_meta::Title;

/// How a page of somebody's own address loads.
pub fn load(_: String) -> Load {
    Box::pin(async { api::my_address().await.map(Loaded::new) })
}

pub fn skeleton() -> AnyView {
    view! {
        <div class="card grid gap-5" aria-busy="true">
            <span class="skeleton w-1/2">"Title"</span>
            <span class="skeleton w-full">"Text"</span>
        </div>
    }
    .into_any()
}

/// Whoever is held back until the address is confirmed is led here.
#[component]
pub fn Verify() -> AnyView {
    view! {
        <Title text="Confirm your address" />
        <div class="page page-form">{page(Signal::stored(String::new()), load, skeleton, show)}</div>
    }
    .into_any()
}

fn show(address: Loaded) -> AnyView {
    let Some(address) = address.get::<Address>() else { return ().into_any() };
    if address.verified {
        return view! {
            <div class="card grid gap-5">
                <h1>"Your address is confirmed"</h1>
                <p class="break-words">{address.email}</p>
                <a class="btn btn-primary" href="/">
                    "See the newest films"
                </a>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="card grid gap-5">
            <h1>"Confirm your address"</h1>
            <p class="break-words">
                "We've sent a link to " <strong>{address.email}</strong>
                ". Open it, and everything here is yours to use. It works for 24 hours."
            </p>
            {again()}
            <p class="text-sm text-muted">
                "Not your address? " <a class="link" href="/account/email">
                    "Change it"
                </a>
            </p>
        </div>
    }
    .into_any()
}

/// Asks for the link once more.
pub fn again() -> AnyView {
    if !server::sends_mail() {
        return said("This site sends no mail: an address can't be confirmed. Ask whoever runs it.");
    }
    let form = Form::new();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        form.send(Box::pin(async { api::send_link_again().await.map(|()| None) }));
    };
    view! {
        <form class="grid gap-5" method="post" on:submit=send>
            {form.general()}
            {move || form.done.get().then(|| said("Sent. Look among unwanted mail, too; an earlier link doesn't work any more."))}
            {form.button("Send again")}
        </form>
    }
    .into_any()
}

/// The link in a mail leads here. Only the button says yes: programs that look into mails open links, too.
#[component]
pub fn Confirm() -> AnyView {
    let form = Form::new();
    let confirmed = RwSignal::new(None::<Confirmed>);
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        form.send(Box::pin(async move {
            confirmed.set(Some(api::confirm_address(secret()).await?));
            Ok(None)
        }));
    };
    let body = move || match confirmed.get() {
        Some(confirmed) => done(&confirmed),
        None => view! {
            <div class="grid gap-5">
                {form.general()} <p>"Is the mail that led you here about your account?"</p>
                {form.button("Yes, this is my address")}
            </div>
        }
        .into_any(),
    };
    view! {
        <Title text="Confirm your address" />
        <div class="page page-form">
            <form class="card grid gap-5" method="post" on:submit=send>
                <h1>"Confirm your address"</h1>
                {body}
            </form>
        </div>
    }
    .into_any()
}

fn done(confirmed: &Confirmed) -> AnyView {
    let text = match confirmed {
        Confirmed::Verified { email } => format!("{email} is confirmed. You can sign in by it, too."),
        Confirmed::Half { email } => {
            format!("Thank you. {email} becomes your address once the link in the other mail is opened, too.")
        }
        Confirmed::Changed { email } => format!("Your address is {email} from now on."),
    };
    view! {
        <div class="grid gap-5">
            {said(text)} <a class="btn btn-primary" href="/" rel="external">
                "See the newest films"
            </a>
        </div>
    }
    .into_any()
}
