//! Every picture that is drawn rather than filmed. Paths on a grid of 24.

use leptos::prelude::*;

pub const SEARCH: &str = "M21 21l-4.3-4.3M11 18a7 7 0 100-14 7 7 0 000 14z";
pub const UPLOAD: &str = "M12 16V4m0 0L7 9m5-5l5 5M4 20h16";
pub const FILMS: &str = "M4 5h16v14H4zM8 5v14m8-14v14M4 12h16";
pub const THEME: &str = "M12 3a9 9 0 100 18V3z M12 3a9 9 0 010 18";
pub const BELL: &str = "M18 16V11a6 6 0 10-12 0v5l-2 2h16zM10 20.5a2.2 2.2 0 004 0";
pub const SIGN_OUT: &str = "M10 4H5v16h5M15 8l4 4-4 4m4-4H9";

pub const PLAY: &str = "M8 5v14l11-7z";
pub const PAUSE: &str = "M6 5h4v14H6zM14 5h4v14h-4z";
pub const LOUD: &str = "M4 9v6h4l5 5V4L8 9zM15.5 8.5v7a4 4 0 000-7zM15.5 4v2a6.3 6.3 0 010 12v2a8.3 8.3 0 000-16z";
pub const MUTE: &str = "M4 9v6h4l5 5V4L8 9zM21.5 9.9l-1.4-1.4-2.1 2.1-2.1-2.1-1.4 1.4 2.1 2.1-2.1 2.1 1.4 1.4 2.1-2.1 2.1 2.1 1.4-1.4-2.1-2.1z";
pub const FULL: &str = "M4 4h7v2H6v5H4zM13 4h7v7h-2V6h-5zM4 13h2v5h5v2H4zM18 13h2v7h-7v-2h5z";

/// Drawn with a pen.
pub fn icon(path: &'static str) -> AnyView {
    view! {
        <svg
            width="20"
            height="20"
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d=path />
        </svg>
    }
    .into_any()
}

/// Cut out, for the player.
pub fn solid(path: impl Fn() -> &'static str + Send + Sync + 'static) -> AnyView {
    view! {
        <svg width="24" height="24" viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">
            <path d=path />
        </svg>
    }
    .into_any()
}
