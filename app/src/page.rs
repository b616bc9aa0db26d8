//! How every page loads: one resource, one set of types, whatever the page shows. Generic code is what wasm is heavy of.

use crate::components::empty::{Failure, NotFound};
use crate::error::ApiError;
use crate::server;
use crate::upload::api::Desk;
use crate::watch::api::FilmPage;
use domain::id::VideoId;
use domain::page::Page;
use domain::time::UnixMillis;
use domain::video::Card;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};
use std::pin::Pin;

/// What a page is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Data {
    Films(Listing),
    Mine(Listing),
    Film(Box<FilmPage>),
    /// A film behind a password, for who doesn't have it.
    Locked(VideoId),
    Upload(Desk),
}

/// A page of films, and when it was made: ages are told from there, so that server and browser say the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    pub page: Page<Card>,
    pub now: UnixMillis,
}

pub type Load = Pin<Box<dyn Future<Output = Result<Data, ApiError>> + Send>>;

/// Loads by `key` and shows what came, `skeleton` until then. The page's status and head wait for it.
pub fn page(
    key: Signal<String>,
    load: fn(String) -> Load,
    skeleton: fn() -> AnyView,
    show: fn(Data) -> AnyView,
) -> AnyView {
    let key = Memo::new(move |_| key.get());
    let data = Resource::new_blocking(move || key.get(), load);
    let here = use_location().pathname;
    view! {
        <Suspense fallback=skeleton>
            {move || Suspend::new(async move {
                match data.await {
                    Ok(data) => show(data),
                    Err(error) => failure(error, here.get_untracked()),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// What is shown when loading failed. Whoever has to sign in is sent there, and back again afterwards.
fn failure(error: ApiError, here: String) -> AnyView {
    if error.is("sign_in_required") {
        let path = format!("/signin?next={here}");
        server::redirect(&path);
        Effect::new(move |_| {
            let _ = window().location().replace(&path);
        });
        return ().into_any();
    }
    if error.is("not_found") {
        return view! { <NotFound /> }.into_any();
    }
    view! { <Failure error /> }.into_any()
}
