use super::api;
use crate::components::awake;
use crate::components::problem::{bad_notice, field_error};
use crate::error::ApiError;
use crate::query;
use domain::next::within;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::location::Url;
use wasm_bindgen::JsCast;

/// One field of a form, with what was refused about it below.
struct Field {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    hint: Option<&'static str>,
}

fn field(field: Field, input: NodeRef<html::Input>, problem: RwSignal<Option<ApiError>>) -> AnyView {
    let Field { name, label, kind, autocomplete, hint } = field;
    let refused =
        move || problem.read().as_ref().filter(|p| p.field.as_deref() == Some(name)).map(|p| p.message.clone());
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                class="input"
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                required
                node_ref=input
                aria-invalid=move || refused().is_some().to_string()
                aria-describedby=format!("{name}-note")
            />
            <div id=format!("{name}-note")>
                {hint.map(|hint| view! { <p class="field-hint">{hint}</p> })}
                {field_error(refused)}
            </div>
        </div>
    }
    .into_any()
}

/// What was refused about the form as a whole.
fn general(problem: RwSignal<Option<ApiError>>) -> AnyView {
    bad_notice(move || problem.get().filter(|p| p.field.is_none()).map(|p| p.message))
}

fn text(input: NodeRef<html::Input>) -> String {
    input.get_untracked().map(|input| input.value()).unwrap_or_default()
}

/// Where to go afterwards: only to pages of this site.
fn next_page(asked: Option<String>, usual: &str) -> String {
    asked.as_deref().and_then(within).unwrap_or(usual).to_owned()
}

/// What stands behind `#` in an invitation's address.
fn invitation() -> Option<String> {
    let hash = window().location().hash().ok()?;
    hash.strip_prefix('#').filter(|token| !token.is_empty()).map(str::to_owned)
}

type Answer = std::pin::Pin<Box<dyn Future<Output = Result<(), ApiError>>>>;

/// Sends the form and loads the next page anew, so that every part of it knows who is here.
fn submit(answer: Answer, next: String, busy: RwSignal<bool>, problem: RwSignal<Option<ApiError>>) {
    if busy.get_untracked() {
        return;
    }
    busy.set(true);
    problem.set(None);
    spawn_local(async move {
        match answer.await {
            Ok(()) => {
                let _ = window().location().assign(&next);
            }
            Err(error) => {
                let refused = error.field.as_deref().and_then(|name| document().get_element_by_id(name));
                if let Some(input) = refused.and_then(|input| input.dyn_into::<web_sys::HtmlElement>().ok()) {
                    let _ = input.focus();
                }
                problem.set(Some(error));
                busy.set(false);
            }
        }
    });
}

#[component]
pub fn SignIn() -> AnyView {
    let (login, password) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let problem = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let awake = awake();
    let asked = query::search();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let answer = Box::pin(api::sign_in(text(login), text(password)));
        submit(answer, next_page(query::value(&asked.read_untracked(), "next"), "/"), busy, problem);
    };
    let other = move || {
        query::value(&asked.read(), "next")
            .map_or_else(|| "/signup".to_owned(), |next| format!("/signup?next={}", Url::escape(&next)))
    };
    view! {
        <Title text="Sign in" />
        <div class="page page-form">
            <form class="card grid gap-5" method="post" on:submit=send>
                <h1>"Sign in"</h1>
                {general(problem)}
                {field(
                    Field { name: "login", label: "Username or e-mail", kind: "text", autocomplete: "username", hint: None },
                    login,
                    problem,
                )}
                {field(
                    Field {
                        name: "password",
                        label: "Password",
                        kind: "password",
                        autocomplete: "current-password",
                        hint: None,
                    },
                    password,
                    problem,
                )}
                <button
                    class="btn btn-primary"
                    type="submit"
                    disabled=move || !awake.get()
                    aria-busy=move || busy.get().to_string()
                >
                    "Sign in"
                </button>
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
    let problem = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let awake = awake();
    let asked = query::search();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let answer = Box::pin(api::sign_up(text(username), text(email), text(password), invitation()));
        submit(answer, next_page(query::value(&asked.read_untracked(), "next"), "/upload"), busy, problem);
    };
    view! {
        <Title text="Create an account" />
        <div class="page page-form">
            <form class="card grid gap-5" method="post" on:submit=send>
                <h1>"Create an account"</h1>
                {general(problem)}
                {field(
                    Field {
                        name: "username",
                        label: "Username",
                        kind: "text",
                        autocomplete: "username",
                        hint: Some("Others see it beside your films."),
                    },
                    username,
                    problem,
                )}
                {field(
                    Field { name: "email", label: "E-mail", kind: "email", autocomplete: "email", hint: None },
                    email,
                    problem,
                )}
                {field(
                    Field {
                        name: "password",
                        label: "Password",
                        kind: "password",
                        autocomplete: "new-password",
                        hint: Some("At least 8 characters."),
                    },
                    password,
                    problem,
                )}
                <button
                    class="btn btn-primary"
                    type="submit"
                    disabled=move || !awake.get()
                    aria-busy=move || busy.get().to_string()
                >
                    "Create account"
                </button>
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
