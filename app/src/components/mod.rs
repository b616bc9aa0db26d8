//! What several features share.

pub mod empty;
pub mod film_card;
pub mod header;
pub mod icons;
pub mod log;
pub mod once;
pub mod poster;
pub mod problem;
pub mod rows;
pub mod sections;
pub mod theme;
pub mod toast;
pub mod visibility;

use leptos::prelude::*;

/// False in what the server sends and until the page is awake: forms wait for it, so that nothing typed goes astray.
pub fn awake() -> Signal<bool> {
    let awake = RwSignal::new(false);
    Effect::new(move |_| awake.set(true));
    awake.into()
}
