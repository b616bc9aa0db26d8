//! What forms about accounts share: fields, what was refused about them, and how they are sent.

use crate::components::awake;
use crate::components::problem::{bad_notice, field_error};
use crate::error::ApiError;
use domain::next::within;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

/// One field, with what was refused about it below.
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub hint: Option<&'static str>,
}

/// Where a form that was sent leads: elsewhere, or nowhere.
pub type Answer = std::pin::Pin<Box<dyn Future<Output = Result<Option<String>, ApiError>>>>;

/// How it goes with a form.
#[derive(Clone, Copy)]
pub struct Form {
    pub problem: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
    /// It was sent, and its page stays.
    pub done: RwSignal<bool>,
    awake: Signal<bool>,
}

impl Form {
    pub fn new() -> Self {
        Self { problem: RwSignal::new(None), busy: RwSignal::new(false), done: RwSignal::new(false), awake: awake() }
    }

    pub fn field(self, field: Field, input: NodeRef<html::Input>) -> AnyView {
        let Field { name, label, kind, autocomplete, hint } = field;
        let problem = self.problem;
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

    /// What was refused about the form as a whole, or about something that nobody typed.
    pub fn general(self) -> AnyView {
        let problem = self.problem;
        bad_notice(move || {
            let typed = |p: &ApiError| p.field.as_deref().is_some_and(|field| field != "token");
            problem.get().filter(|p| !typed(p)).map(|p| p.message)
        })
    }

    pub fn button(self, verb: &'static str) -> AnyView {
        let Self { awake, busy, .. } = self;
        view! {
            <button
                class="btn btn-primary"
                type="submit"
                disabled=move || !awake.get()
                aria-busy=move || busy.get().to_string()
            >
                {verb}
            </button>
        }
        .into_any()
    }

    /// Sends it. The page that it leads to is loaded anew, so that every part of it knows who is here.
    pub fn send(self, answer: Answer) {
        let Self { problem, busy, done, .. } = self;
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match answer.await {
                Ok(Some(next)) => drop(window().location().assign(&next)),
                Ok(None) => {
                    busy.set(false);
                    done.set(true);
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
}

pub fn text(input: NodeRef<html::Input>) -> String {
    input.get_untracked().map(|input| input.value()).unwrap_or_default()
}

/// What stands behind `#` in the address: the secret of a link in a mail, or of an invitation. No server is told of it until somebody sends it.
pub fn secret() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

/// In place of a form that was sent.
pub fn said(text: impl Into<String>) -> AnyView {
    let text: String = text.into();
    view! {
        <p class="notice" role="status">
            {text}
        </p>
    }
    .into_any()
}

/// Where to go afterwards: only to pages of this site.
pub fn next_page(asked: Option<String>, usual: &str) -> String {
    asked.as_deref().and_then(within).unwrap_or(usual).to_owned()
}
