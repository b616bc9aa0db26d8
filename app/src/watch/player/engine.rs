//! The bridge to `/pkg/player.js`, hls.js in our own few words. Loaded only where a film is watched.

use super::deck::{Deck, Level};
use js_sys::{Array, Object, Reflect};
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlScriptElement;

const SCRIPT: &str = "/pkg/player.js";

#[wasm_bindgen]
extern "C" {
    pub type Handle;

    #[wasm_bindgen(js_namespace = kinoraPlayer, js_name = attach, catch)]
    fn attach(video: &web_sys::HtmlVideoElement, src: &str, callbacks: &Object) -> Result<Handle, JsValue>;

    /// By index, lowest first; [`super::deck::AUTO`] leaves the choice to hls.js.
    #[wasm_bindgen(method, js_name = setLevel)]
    pub fn set_level(this: &Handle, index: i32);

    #[wasm_bindgen(method)]
    pub fn destroy(this: &Handle);
}

/// Loads the script if it isn't there yet, then attaches the film to the deck's `<video>`.
pub fn start(deck: Deck, src: String) {
    let is_loaded = Reflect::has(&js_sys::global(), &"kinoraPlayer".into()).unwrap_or(false);
    if is_loaded {
        return begin(deck, &src);
    }
    let script = document().create_element("script").ok().and_then(|e| e.dyn_into::<HtmlScriptElement>().ok());
    let (Some(script), Some(head)) = (script, document().head()) else { return };
    script.set_type("module");
    script.set_src(SCRIPT);
    script.set_onload(Some(Closure::once_into_js(move || begin(deck, &src)).unchecked_ref()));
    let lost = move || {
        deck.problem
            .set(Some("The player couldn't be loaded. Check your connection and load this page again.".to_owned()));
    };
    script.set_onerror(Some(Closure::once_into_js(lost).unchecked_ref()));
    let _ = head.append_child(&script);
}

fn level(value: &JsValue) -> Option<Level> {
    let number = |name: &str| Reflect::get(value, &name.into()).ok()?.as_f64();
    let lags = Reflect::get(value, &"lags".into()).is_ok_and(|lags| lags.is_truthy());
    Some(Level { index: number("index")? as i32, height: number("height").unwrap_or(0.0) as u32, lags })
}

fn begin(deck: Deck, src: &str) {
    // The page may have gone elsewhere while the script came.
    let Some(video) = deck.video.try_get_untracked().flatten() else { return };
    let on_levels = Closure::<dyn Fn(Array)>::new(move |levels: Array| {
        let levels: Vec<Level> = levels.iter().filter_map(|l| level(&l)).collect();
        let _ = deck.levels.try_set(levels);
    });
    let on_level = Closure::<dyn Fn(i32)>::new(move |index| {
        let _ = deck.shown.try_set(index);
    });
    // Empty when the last trouble is over.
    let on_error = Closure::<dyn Fn(String)>::new(move |text: String| {
        let _ = deck.problem.try_set((!text.is_empty()).then_some(text));
    });
    let callbacks = Object::new();
    for (name, listener) in [
        ("onLevels", on_levels.into_js_value()),
        ("onLevel", on_level.into_js_value()),
        ("onError", on_error.into_js_value()),
    ] {
        let _ = Reflect::set(&callbacks, &name.into(), &listener);
    }
    match attach(&video, src, &callbacks) {
        Ok(handle) => {
            deck.let_go();
            deck.handle.set_value(Some(SendWrapper::new(handle)));
        }
        Err(_) => deck.problem.set(Some("This film can't be played in this browser.".to_owned())),
    }
}
