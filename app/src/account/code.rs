//! The second step of signing in.

use super::form::{Field, Form, next_page, text};
use super::{CODE_PAGE, api, passkey};
use crate::query;
use leptos::html;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::location::Url;

/// Where somebody goes who wanted to get to `next`: first to where the server says. The second step goes on from there.
pub fn on_to(first: Option<String>, next: String) -> String {
    match first {
        Some(step) if step == CODE_PAGE => {
            format!("{step}?next={}", Url::escape(&next))
        }
        Some(first) => first,
        None => next,
    }
}

#[component]
pub fn SignInCode() -> AnyView {
    let code = NodeRef::<html::Input>::new();
    let form = Form::new();
    let asked = query::search();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let code = text(code);
        let next = next_page(query::value(&asked.read_untracked(), "next"), "/");
        form.send(Box::pin(async move { Ok(Some(api::give_code(code).await?.unwrap_or(next))) }));
    };
    view! {
        <Title text="One more step" />
        <div class="page page-form">
            <form class="card grid gap-5" method="post" on:submit=send>
                <h1>"One more step"</h1>
                {form.general()}
                {form
                    .field(
                        Field {
                            name: "code",
                            label: "Code",
                            kind: "text",
                            autocomplete: "one-time-code",
                            hint: Some("The six digits that your app shows, or one of your recovery codes."),
                        },
                        code,
                    )}
                {form.button("Sign in")}
                {passkey::sign_in(form.problem)}
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
