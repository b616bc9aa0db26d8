//! Light or dark, by the system until somebody chooses.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// A cookie, so that the server writes the choice into the page: nothing has to run before the first paint.
pub const COOKIE: &str = "kinora_theme";
const YEAR_IN_SECONDS: u32 = 365 * 24 * 60 * 60;

fn is_dark() -> bool {
    let chosen = document().document_element().and_then(|root| root.get_attribute("data-theme"));
    match chosen.as_deref() {
        Some(theme) => theme == "dark",
        None => {
            window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|media| media.matches())
        }
    }
}

pub fn switch() {
    let theme = if is_dark() { "light" } else { "dark" };
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", theme);
    }
    let document: web_sys::HtmlDocument = document().unchecked_into();
    let _ = document.set_cookie(&format!("{COOKIE}={theme}; Path=/; Max-Age={YEAR_IN_SECONDS}; SameSite=Lax"));
}

/// Keeps a choice for the next visit, where the browser allows it.
pub fn remember(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, value);
    }
}

pub fn remembered(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}
