//! Every picture that is drawn rather than filmed. Paths on a grid of 24.

use leptos::prelude::*;

pub const SEARCH: &str = "M21 21l-4.3-4.3M11 18a7 7 0 100-14 7 7 0 000 14z";
pub const UPLOAD: &str = "M12 16V4m0 0L7 9m5-5l5 5M4 20h16";
pub const FILMS: &str = "M4 5h16v14H4zM8 5v14m8-14v14M4 12h16";
pub const THEME: &str = "M12 3a9 9 0 100 18V3z M12 3a9 9 0 010 18";
pub const BELL: &str = "M18 16V11a6 6 0 10-12 0v5l-2 2h16zM10 20.5a2.2 2.2 0 004 0";
pub const PERSON: &str = "M12 12a4 4 0 100-8 4 4 0 000 8zM4 21a8 8 0 0116 0";
pub const PEOPLE: &str = "M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM2.5 20a6.5 6.5 0 0113 0M16 4.3a3.5 3.5 0 010 6.4M18 14.2a6.5 6.5 0 013.5 5.8";
pub const SIGN_OUT: &str = "M10 4H5v16h5M15 8l4 4-4 4m4-4H9";

pub const PLAY: &str = "M8 5v14l11-7z";
pub const PAUSE: &str = "M6 5h4v14H6zM14 5h4v14h-4z";
pub const LOUD: &str = "M4 9v6h4l5 5V4L8 9zM15.5 8.5v7a4 4 0 000-7zM15.5 4v2a6.3 6.3 0 010 12v2a8.3 8.3 0 000-16z";
pub const MUTE: &str = "M4 9v6h4l5 5V4L8 9zM21.5 9.9l-1.4-1.4-2.1 2.1-2.1-2.1-1.4 1.4 2.1 2.1-2.1 2.1 1.4 1.4 2.1-2.1 2.1 2.1 1.4-1.4-2.1-2.1z";
pub const FULL: &str = "M4 4h7v2H6v5H4zM13 4h7v7h-2V6h-5zM4 13h2v5h5v2H4zM18 13h2v7h-7v-2h5z";
pub const CAPTIONS: &str =
    "M3 5h18v14H3zM5 7v10h14V7zM7 11.5h4v1.5H7zM12.5 11.5h4.5v1.5h-4.5zM7 14.5h6v1.5H7zM14.5 14.5h2.5v1.5h-2.5z";
pub const WHEEL: &str = "M10.5 3h3l.5 2.4 1.6.7 2-1.3 2.1 2.1-1.3 2 .7 1.6 2.4.5v3l-2.4.5-.7 1.6 1.3 2-2.1 2.1-2-1.3-1.6.7-.5 2.4h-3l-.5-2.4-1.6-.7-2 1.3-2.1-2.1 1.3-2-.7-1.6L3 13.9v-3l2.4-.5.7-1.6-1.3-2L6.9 4.7l2 1.3 1.6-.700zM12 9a3.2 3.2 0 100 6.4A3.2 3.2 0 0012 9z";
pub const THEATRE: &str = "M2 6h20v12H2zM4 8v8h16V8z";
pub const WINDOW: &str = "M3 5h18v7h-2V7H5v10h6v2H3zM12.5 13.5H21V19h-8.5z";
pub const SCREEN: &str = "M3 5h18v12h-4v-2h2V7H5v8h2v2H3zM12 14l5 6H7z";
pub const CLOSE: &str = "M6.4 5L12 10.6 17.6 5 19 6.4 13.4 12 19 17.6 17.6 19 12 13.4 6.4 19 5 17.6 10.6 12 5 6.4z";

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
