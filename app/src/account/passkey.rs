//! Passkeys, as far as the browser has to do with them: `public/passkeys.js`, which comes with the pages that offer them.

use super::api;
use super::form::next_page;
use crate::components::awake;
use crate::error::ApiError;
use crate::query;
use js_sys::Reflect;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlScriptElement;

const SCRIPT: &str = "/passkeys.js";
const GLOBAL: &str = "kinoraPasskeys";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = kinoraPasskeys, js_name = make, catch)]
    async fn make_with(options: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = kinoraPasskeys, js_name = sign, catch)]
    async fn sign_with(options: &str) -> Result<JsValue, JsValue>;
}

/// Fetches the script, so that it is there when somebody presses.
pub fn warm_up() {
    Effect::new(|_| spawn_local(async { drop(load().await) }));
}

async fn load() -> Result<(), ApiError> {
    let is_loaded = || Reflect::has(&js_sys::global(), &GLOBAL.into()).unwrap_or(false);
    if is_loaded() {
        return Ok(());
    }
    let ready = js_sys::Promise::new(&mut |resolve, reject| {
        let script = document().create_element("script").ok().and_then(|e| e.dyn_into::<HtmlScriptElement>().ok());
        let (Some(script), Some(head)) = (script, document().head()) else { return };
        script.set_src(SCRIPT);
        let settle = move |by: js_sys::Function| Closure::once_into_js(move || drop(by.call0(&JsValue::NULL)));
        script.set_onload(Some(settle(resolve).unchecked_ref()));
        script.set_onerror(Some(settle(reject).unchecked_ref()));
        let _ = head.append_child(&script);
    });
    JsFuture::from(ready)
        .await
        .map(drop)
        .map_err(|_| problem("Passkeys couldn't be loaded. Check your connection and try again."))
}

fn problem(message: &str) -> ApiError {
    ApiError { code: "passkey".to_owned(), message: message.to_owned(), field: None, details: None }
}

/// Why the browser has nothing to say: it tells by a name (Web Authentication, 5.1).
fn answer(said: Result<JsValue, JsValue>) -> Result<String, ApiError> {
    let why = match said {
        Ok(answer) => return answer.as_string().ok_or_else(|| problem("Your browser didn't answer. Try again.")),
        Err(why) => Reflect::get(&why, &"name".into()).ok().and_then(|name| name.as_string()).unwrap_or_default(),
    };
    Err(problem(match why.as_str() {
        "NotAllowedError" => "No passkey was used: it was cancelled, or took too long.",
        "InvalidStateError" => "There is a passkey of this account on this device already.",
        "NotSupportedError" => "Your browser or device can't do passkeys.",
        _ => "Your browser couldn't do that with a passkey. Try another one, or another browser.",
    }))
}

/// A new passkey.
pub async fn make(options: &str) -> Result<String, ApiError> {
    load().await?;
    answer(make_with(options).await)
}

/// Whichever passkey of this site somebody chooses.
pub async fn sign() -> Result<String, ApiError> {
    load().await?;
    let options = api::passkey_options().await?;
    answer(sign_with(&options).await)
}

/// The other way to sign in.
pub fn sign_in(refused: RwSignal<Option<ApiError>>) -> AnyView {
    warm_up();
    let asked = query::search();
    let awake = awake();
    let busy = RwSignal::new(false);
    let press = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        refused.set(None);
        let next = next_page(query::value(&asked.read_untracked(), "next"), "/");
        spawn_local(async move {
            let entered = async { api::enter_by_passkey(sign().await?).await };
            match entered.await {
                Ok(first) => drop(window().location().assign(&first.unwrap_or(next))),
                Err(error) => {
                    refused.set(Some(ApiError { field: None, ..error }));
                    busy.set(false);
                }
            }
        });
    };
    view! {
        <button
            class="btn"
            type="button"
            disabled=move || !awake.get()
            aria-busy=move || busy.get().to_string()
            on:click=press
        >
            "Use a passkey"
        </button>
    }
    .into_any()
}
