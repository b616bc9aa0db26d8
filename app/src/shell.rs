//! The HTML document around the app.

use crate::App;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                // Before the first paint, so that no light page flashes in a dark room.
                <script src="/theme.js" nonce=use_nonce()></script>
                <link rel="stylesheet" href="/pkg/kinora.css" />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <link rel="alternate" type="application/rss+xml" title="Kinora" href="/feed.xml" />
                <AutoReload options=options.clone() />
                {hydration(options)}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Where a film is watched, its first frame goes before buttons that do something.
fn hydration(options: LeptosOptions) -> AnyView {
    if crate::server::is_watching() {
        view! { <script type="module" src="/wake.js" nonce=use_nonce()></script> }.into_any()
    } else {
        view! { <HydrationScripts options /> }.into_any()
    }
}
