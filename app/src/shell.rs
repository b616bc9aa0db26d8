//! The HTML document around the app.

use crate::App;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=crate::server::theme() data-mail=crate::server::sends_mail().then_some("yes")>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
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

/// Where the HTML is enough for a while, the code comes when it is needed.
fn hydration(options: LeptosOptions) -> AnyView {
    match crate::server::resting_page() {
        Some(page) => {
            view! { <script type="module" src="/wake.js" data-page=page nonce=use_nonce()></script> }.into_any()
        }
        None => view! { <HydrationScripts options /> }.into_any(),
    }
}
