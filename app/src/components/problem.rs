//! What went wrong, said where it did.

use leptos::prelude::*;

/// Below the field that it is about.
pub fn field_error(text: impl Fn() -> Option<String> + Send + 'static) -> AnyView {
    said("field-error", text)
}

/// Of something as a whole.
pub fn bad_notice(text: impl Fn() -> Option<String> + Send + 'static) -> AnyView {
    said("notice notice-bad", text)
}

fn said(class: &'static str, text: impl Fn() -> Option<String> + Send + 'static) -> AnyView {
    let show = move |text| {
        view! {
            <p class=class role="alert">
                {text}
            </p>
        }
    };
    (move || text().map(show)).into_any()
}
