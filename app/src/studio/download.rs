//! Whether others may have the original.

use leptos::html;
use leptos::prelude::*;

pub fn allowed(input: NodeRef<html::Input>, allowed: bool) -> AnyView {
    view! {
        <label class="choice justify-self-start">
            <input type="checkbox" node_ref=input checked=allowed />
            <span>"Whoever can see it can download the original"</span>
        </label>
    }
    .into_any()
}
