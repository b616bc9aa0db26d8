//! A short word at the bottom of the page, with at most one thing to do about it.

use leptos::prelude::*;
use std::time::Duration;

#[derive(Clone)]
struct Toast {
    number: u32,
    text: String,
    action: Option<(&'static str, Callback<()>)>,
}

#[derive(Clone, Copy)]
struct Current(RwSignal<Option<Toast>>);

/// Long enough to read it and to reach for the button.
const STAYS: Duration = Duration::from_secs(12);

pub fn provide_toasts() {
    provide_context(Current(RwSignal::new(None)));
}

thread_local! {
    // For code that runs outside of any component: a page has one, and there is one page.
    static PAGE: std::cell::Cell<Option<Current>> = const { std::cell::Cell::new(None) };
}

fn show(text: String, action: Option<(&'static str, Callback<()>)>) {
    let Some(Current(current)) = PAGE.with(std::cell::Cell::get) else { return };
    let number = current.with_untracked(|t| t.as_ref().map_or(1, |t| t.number.wrapping_add(1)));
    current.set(Some(Toast { number, text, action }));
    set_timeout(
        move || {
            if current.with_untracked(|t| t.as_ref().is_some_and(|t| t.number == number)) {
                current.set(None);
            }
        },
        STAYS,
    );
}

pub fn say(text: String) {
    show(text, None);
}

pub fn offer(text: String, label: &'static str, action: Callback<()>) {
    show(text, Some((label, action)));
}

#[component]
pub fn Toasts() -> AnyView {
    let context = expect_context::<Current>();
    Effect::new(move |_| PAGE.with(|page| page.set(Some(context))));
    let current = context.0;
    view! {
        <div role="status" aria-live="polite">
            {move || {
                current
                    .get()
                    .map(|toast| {
                        view! {
                            <div class="toast" data-testid="toast">
                                <span class="min-w-0 break-words" dir="auto">
                                    {toast.text}
                                </span>
                                {toast
                                    .action
                                    .map(|(label, action)| {
                                        let act = move |_| {
                                            current.set(None);
                                            action.run(());
                                        };
                                        view! {
                                            <button class="btn" type="button" on:click=act>
                                                {label}
                                            </button>
                                        }
                                    })}
                            </div>
                        }
                    })
            }}
        </div>
    }
    .into_any()
}
