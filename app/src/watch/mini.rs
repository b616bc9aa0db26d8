//! A film that goes on in a corner while somebody looks around: the same `<video>`, taken along from its page.

use super::player::Handle;
use crate::components::header::is_command;
use crate::components::icons::{CLOSE, PAUSE, PLAY, solid};
use domain::id::VideoId;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use send_wrapper::SendWrapper;

#[derive(Clone)]
struct Small {
    id: VideoId,
    title: String,
    handle: SendWrapper<Handle>,
}

/// Stands above the router, in every page's context.
#[derive(Clone, Copy)]
pub struct Mini(RwSignal<Option<Small>>);

impl Mini {
    pub fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Takes a film along that its page lets go of.
    pub fn take(self, id: VideoId, title: String, handle: SendWrapper<Handle>) {
        self.end();
        self.0.set(Some(Small { id, title, handle }));
    }

    /// Gives the corner free for a page's own player: the second that the film `id` is at, if it is this one.
    pub fn give(self, id: &VideoId) -> Option<f64> {
        let time = self.0.with_untracked(|small| {
            small.as_ref().filter(|small| small.id == *id).map(|small| small.handle.video().current_time())
        });
        self.end();
        time
    }

    fn end(self) {
        if let Some(small) = self.0.try_update(Option::take).flatten() {
            small.handle.destroy();
        }
    }
}

#[component]
pub fn MiniPlayer() -> AnyView {
    let mini = expect_context::<Mini>();
    (move || mini.0.get().map(|small| corner(mini, small))).into_any()
}

fn corner(mini: Mini, small: Small) -> AnyView {
    let place = NodeRef::<html::Div>::new();
    let playing = RwSignal::new(true);
    let page = format!("/watch/{}", small.id);
    let handle = small.handle;
    let read = {
        let handle = handle.clone();
        move || playing.set(!handle.video().paused())
    };
    Effect::new({
        let (handle, read) = (handle.clone(), read.clone());
        move |_| {
            let Some(place) = place.get() else { return };
            let video = handle.video();
            let was_playing = handle.was_playing();
            let _ = place.prepend_with_node_1(&video);
            // What is taken out of a page stops.
            if was_playing {
                let _ = video.play();
            }
            read();
        }
    });
    let navigate = use_navigate();
    Effect::new({
        let page = page.clone();
        move |_| {
            let (page, navigate) = (page.clone(), navigate.clone());
            let keys = window_event_listener(ev::keydown, move |event| {
                if is_command(&event) && event.key().eq_ignore_ascii_case("i") {
                    navigate(&page, NavigateOptions::default());
                }
            });
            on_cleanup(move || keys.remove());
        }
    });
    let toggle = move |_| {
        let video = handle.video();
        if video.paused() {
            let _ = video.play();
        } else {
            let _ = video.pause();
        }
        playing.set(!video.paused());
    };
    view! {
        <aside class="mini" data-testid="mini" aria-label="Small player">
            <div class="mini-screen" node_ref=place>
                <a class="mini-back" href=page aria-label=format!("Back to {}", small.title)></a>
            </div>
            <button
                class="player-button"
                type="button"
                aria-label=move || if playing.get() { "Pause" } else { "Play" }
                on:click=toggle
            >
                {solid(move || if playing.get() { PAUSE } else { PLAY })}
            </button>
            <p class="mini-title" dir="auto">
                {small.title}
            </p>
            <button class="player-button" type="button" aria-label="Close the small player" on:click=move |_| mini.end()>
                {solid(|| CLOSE)}
            </button>
        </aside>
    }
    .into_any()
}
