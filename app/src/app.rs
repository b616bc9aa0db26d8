//! The router, and what every page shares.

use crate::account::{Account, SignIn, SignUp};
use crate::browse::{Home, Search};
use crate::components::empty::NotFound;
use crate::components::header::Header;
use crate::components::toast::{Toasts, provide_toasts};
use crate::studio::Studio;
use crate::upload::{Queue, Tray, Upload, badge};
use crate::watch::Watch;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_toasts();
    provide_context(Account::new());
    // Above the router, so that films go on being sent while somebody looks around.
    let queue = Queue::new();
    provide_context(queue);
    let title = move |title: String| {
        let name = if title.is_empty() { "Kinora".to_owned() } else { title + " · Kinora" };
        badge(queue) + &name
    };

    view! {
        <Title formatter=title />
        <Router>
            <a class="skip-link" href="#main" rel="external">
                "Skip to the content"
            </a>
            <Header />
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=Home />
                    <Route path=path!("/search") view=Search />
                    <Route path=path!("/watch/:id") view=Watch />
                    <Route path=path!("/upload") view=Upload />
                    <Route path=path!("/studio") view=Studio />
                    <Route path=path!("/signin") view=SignIn />
                    <Route path=path!("/signup") view=SignUp />
                </FlatRoutes>
            </main>
            <Tray />
            <Toasts />
        </Router>
    }
    .into_any()
}
