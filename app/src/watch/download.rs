//! The way to the original, for whoever may have it.

use domain::video::{State, Video};
use leptos::prelude::*;

pub fn download(video: &Video) -> Option<AnyView> {
    let is_there = video.state != State::Uploading && (video.mine || video.downloadable);
    let way = format!("/api/v1/videos/{}/original", video.id);
    let link = view! {
        <a class="btn" href=way download="">
            "Download"
        </a>
    };
    is_there.then(|| link.into_any())
}
