//! The picture of a film, as large as it is shown.

use domain::poster::{Format, Poster};
use domain::time::clock;
use leptos::prelude::*;

/// How wide a poster is shown, for `sizes` of HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// In the grid: alone on a phone, else in columns of 280 pixels and more.
    Card,
    /// In a list.
    Row,
}

impl Shown {
    fn sizes(self) -> &'static str {
        match self {
            Shown::Card => "(max-width: 631px) calc(100vw - 32px), 360px",
            Shown::Row => "160px",
        }
    }
}

/// A poster in its frame of 16:9, with the film's length on its corner. Without a picture the frame shows the mark.
/// `eager`: it is surely seen at once.
pub fn poster(poster: Option<Poster>, duration_ms: Option<i64>, shown: Shown, eager: bool) -> AnyView {
    let loading = if eager { "eager" } else { "lazy" };
    view! {
        <span class="poster">
            {poster
                .map(|poster| {
                    view! {
                        <picture>
                            <source type="image/webp" srcset=poster.srcset(Format::Webp) sizes=shown.sizes() />
                            <img
                                src=poster.largest()
                                srcset=poster.srcset(Format::Jpeg)
                                sizes=shown.sizes()
                                alt=""
                                width="640"
                                height="360"
                                loading=loading
                                decoding="async"
                            />
                        </picture>
                    }
                })}
            // Nothing that can be watched is no time long.
            {duration_ms.map(|ms| view! { <span class="duration">{clock(ms.max(1000))}</span> })}
        </span>
    }
    .into_any()
}
