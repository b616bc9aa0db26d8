//! A page of several that belong together, with the way to the others.

use leptos::prelude::*;
use leptos_meta::Title;

/// Addresses and what they are called.
pub type Sections = &'static [(&'static str, &'static str)];

pub fn section(title: &'static str, sections: Sections, here: &'static str, content: AnyView) -> AnyView {
    let link = |(path, name): &(&'static str, &'static str)| {
        let current = (*path == here).then_some("page");
        view! {
            <a class="section-link" href=*path aria-current=current>
                {*name}
            </a>
        }
    };
    let name = sections.iter().find(|(path, _)| *path == here).map_or(title, |(_, name)| name);
    view! {
        <Title text=name />
        <div class="page page-middle">
            <h1 class="mb-4">{title}</h1>
            <nav class="sections" aria-label=title>
                {sections.iter().map(link).collect_view()}
            </nav>
            {content}
        </div>
    }
    .into_any()
}
