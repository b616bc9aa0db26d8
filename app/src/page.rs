//! How every page loads: one resource, one set of types, whatever the page shows. Generic code is what wasm is heavy of.

use crate::components::empty::{Empty, Failure, NotFound};
use crate::error::ApiError;
use crate::server;
use domain::page::Page;
use domain::time::UnixMillis;
use domain::video::Card;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Url;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;

/// What a page is made of. The page itself knows the type: so its code comes with that page, and with no other.
#[derive(Clone)]
pub struct Loaded {
    /// As the server has written it into the page.
    text: Option<Arc<RawValue>>,
    value: Option<Arc<dyn Any + Send + Sync>>,
}

impl Loaded {
    pub fn new<T: Serialize + Send + Sync + 'static>(value: T) -> Self {
        let text = if server::in_browser() { None } else { to_raw_value(&value).ok().map(Arc::from) };
        Self { text, value: Some(Arc::new(value)) }
    }

    /// None if it is of another type.
    pub fn get<T: DeserializeOwned + Clone + 'static>(&self) -> Option<T> {
        let value = self.value.as_deref().and_then(|value| (value as &dyn Any).downcast_ref::<T>());
        value.cloned().or_else(|| serde_json::from_str(self.text.as_ref()?.get()).ok())
    }
}

impl Serialize for Loaded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.as_deref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Loaded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self { text: Some(Arc::from(text)), value: None })
    }
}

/// A page of films, and when it was made: ages are told from there, so that server and browser say the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    pub page: Page<Card>,
    pub now: UnixMillis,
}

pub type Load = Pin<Box<dyn Future<Output = Result<Loaded, ApiError>> + Send>>;

/// Loads by `key` and shows what came, `skeleton` until then. The page's status and head wait for it.
pub fn page(
    key: Signal<String>,
    load: fn(String) -> Load,
    skeleton: fn() -> AnyView,
    show: fn(Loaded) -> AnyView,
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

/// What is shown when loading failed. Whoever has to sign in is sent there, and back again afterwards; whoever has to confirm
/// an address first is sent there.
fn failure(error: ApiError, here: String) -> AnyView {
    let instead = match error.code.as_str() {
        "sign_in_required" => Some(format!("/signin?next={}", Url::escape(&here))),
        "email_unconfirmed" => Some("/verify".to_owned()),
        _ => None,
    };
    if let Some(path) = instead {
        server::redirect(&path);
        Effect::new(move |_| {
            let _ = window().location().replace(&path);
        });
        return ().into_any();
    }
    if error.is("not_found") {
        return view! { <NotFound /> }.into_any();
    }
    if error.is("forbidden") {
        return view! {
            <Empty title="This page isn't for you" text="Ask whoever runs this site if you think that it should be.">
                <a class="btn" href="/">
                    "See the newest films"
                </a>
            </Empty>
        }
        .into_any();
    }
    view! { <Failure error /> }.into_any()
}
