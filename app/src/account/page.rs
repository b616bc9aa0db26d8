use super::api;
use super::code::on_to;
use super::form::{Field, Form, next_page, secret, text};
use super::passkey;
use super::providers::ways_in;
use crate::query;
use crate::server;
use leptos::html;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::location::Url;

#[component]
pub fn SignIn() -> AnyView {
    let (login, password) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let form = Form::new();
    let asked = query::search();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (login, password) = (text(login), text(password));
        let next = next_page(query::value(&asked.read_untracked(), "next"), "/");
        form.send(Box::pin(async move { Ok(Some(on_to(api::sign_in(login, password).await?, next))) }));
    };
    let other = move || {
        query::value(&asked.read(), "next")
            .map_or_else(|| "/signup".to_owned(), |next| format!("/signup?next={}", Url::escape(&next)))
    };
    view! {
        <Title text="Sign in" />
        <div class="page page-form">
            {ways_in()} <form class="card grid gap-5" method="post" on:submit=send>
                <h1>"Sign in"</h1>
                {form.general()}
                {form
                    .field(
                        Field { name: "login", label: "Username or e-mail", kind: "text", autocomplete: "username", hint: None },
                        login,
                    )}
                {form
                    .field(
                        Field {
                            name: "password",
                            label: "Password",
                            kind: "password",
                            autocomplete: "current-password",
                            hint: None,
                        },
                        password,
                    )}
                {form.button("Sign in")}
                {passkey::sign_in(form.problem)}
                {server::sends_mail()
                    .then(|| {
                        view! {
                            <p class="text-sm">
                                <a class="link" href="/forgot">
                                    "Forgot your password?"
                                </a>
                            </p>
                        }
                    })}
                <p class="text-sm text-muted">
                    "New here? " <a class="link" href=other>
                        "Create an account"
                    </a>
                </p>
            </form>
        </div>
    }
    .into_any()
}

#[component]
pub fn SignUp() -> AnyView {
    let (username, email, password) =
        (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let form = Form::new();
    let asked = query::search();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (username, email, password) = (text(username), text(email), text(password));
        let next = next_page(query::value(&asked.read_untracked(), "next"), "/upload");
        // Of an invitation's address.
        let invitation = Some(secret()).filter(|token| !token.is_empty());
        form.send(Box::pin(async move {
            Ok(Some(api::sign_up(username, email, password, invitation).await?.unwrap_or(next)))
        }));
    };
    view! {
        <Title text="Create an account" />
        <div class="page page-form">
            {ways_in()} <form class="card grid gap-5" method="post" on:submit=send>
                <h1>"Create an account"</h1>
                {form.general()}
                {form
                    .field(
                        Field {
                            name: "username",
                            label: "Username",
                            kind: "text",
                            autocomplete: "username",
                            hint: Some("Others see it beside your films."),
                        },
                        username,
                    )}
                {form
                    .field(
                        Field { name: "email", label: "E-mail", kind: "email", autocomplete: "email", hint: None },
                        email,
                    )}
                {form
                    .field(
                        Field {
                            name: "password",
                            label: "Password",
                            kind: "password",
                            autocomplete: "new-password",
                            hint: Some("At least 8 characters."),
                        },
                        password,
                    )}
                {form.button("Create account")}
                <p class="text-sm text-muted">
                    "Have an account? " <a class="link" href="/signin">
                        "Sign in"
                    </a>
                </p>
            </form>
        </div>
    }
    .into_any()
}
