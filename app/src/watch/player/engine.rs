//! The bridge to `/pkg/player.js`, hls.js in our own few words. Loaded only where a film is watched.

use super::Film;
use super::deck::{Deck, Level, Track};
use js_sys::{Array, Object, Reflect};
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlScriptElement;

pub const SCRIPT: &str = "/pkg/player.js";

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    pub type Handle;

    #[wasm_bindgen(js_namespace = kinoraPlayer, js_name = attach, catch)]
    fn attach(video: &web_sys::HtmlVideoElement, src: &str, film: &str, start: Option<f64>) -> Result<Handle, JsValue>;

    /// Tells at once what is known already.
    #[wasm_bindgen(method)]
    fn listen(this: &Handle, callbacks: &Object);

    #[wasm_bindgen(method, getter)]
    pub fn video(this: &Handle) -> web_sys::HtmlVideoElement;

    /// Whether it played until it was taken out of its page.
    #[wasm_bindgen(method, js_name = wasPlaying)]
    pub fn was_playing(this: &Handle) -> bool;

    /// Seconds that it began with.
    #[wasm_bindgen(method, getter)]
    pub fn began(this: &Handle) -> f64;

    /// By index, lowest first; [`super::deck::AUTO`] leaves the choice to hls.js.
    #[wasm_bindgen(method, js_name = setLevel)]
    pub fn set_level(this: &Handle, index: i32);

    #[wasm_bindgen(method, js_name = setSound)]
    pub fn set_sound(this: &Handle, index: i32);

    #[wasm_bindgen(method, js_name = setText)]
    pub fn set_text(this: &Handle, index: i32);

    #[wasm_bindgen(method, js_name = drawCaptions)]
    pub fn draw_captions(this: &Handle, into: &web_sys::HtmlElement);

    #[wasm_bindgen(method)]
    fn announce(this: &Handle, about: &Object);

    #[wasm_bindgen(method, js_name = canPictureInPicture)]
    pub fn can_picture_in_picture(this: &Handle) -> bool;

    #[wasm_bindgen(method, js_name = pictureInPicture)]
    pub fn picture_in_picture(this: &Handle);

    /// AirPlay.
    #[wasm_bindgen(method, js_name = chooseScreen)]
    pub fn choose_screen(this: &Handle);

    #[wasm_bindgen(method, js_name = fullScreen)]
    pub fn full_screen(this: &Handle, frame: &web_sys::HtmlElement);

    #[wasm_bindgen(method)]
    pub fn step(this: &Handle, direction: i32);

    /// `[[name, value]]`.
    #[wasm_bindgen(method)]
    pub fn stats(this: &Handle) -> Array;

    #[wasm_bindgen(method)]
    pub fn destroy(this: &Handle);
}

/// Loads the script if it isn't there yet, then attaches the film to the deck's `<video>`.
pub fn start(deck: Deck, film: Film, src: String) {
    let is_loaded = Reflect::has(&js_sys::global(), &"kinoraPlayer".into()).unwrap_or(false);
    if is_loaded {
        return begin(deck, &film, &src);
    }
    let script = document().create_element("script").ok().and_then(|e| e.dyn_into::<HtmlScriptElement>().ok());
    let (Some(script), Some(head)) = (script, document().head()) else { return };
    script.set_type("module");
    script.set_src(SCRIPT);
    script.set_onload(Some(Closure::once_into_js(move || begin(deck, &film, &src)).unchecked_ref()));
    let lost = move || {
        deck.problem
            .set(Some("The player couldn't be loaded. Check your connection and load this page again.".to_owned()));
    };
    script.set_onerror(Some(Closure::once_into_js(lost).unchecked_ref()));
    let _ = head.append_child(&script);
}

fn of(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

fn level(value: &JsValue) -> Option<Level> {
    Some(Level {
        index: of(value, "index").as_f64()? as i32,
        height: of(value, "height").as_f64().unwrap_or(0.0) as u32,
        lags: of(value, "lags").is_truthy(),
    })
}

fn track(value: &JsValue) -> Option<Track> {
    Some(Track {
        index: of(value, "index").as_f64()? as i32,
        name: of(value, "name").as_string()?,
        language: of(value, "language").as_string()?,
    })
}

fn begin(deck: Deck, film: &Film, src: &str) {
    // The page may have gone elsewhere while the script came.
    let Some(video) = deck.video.try_get_untracked().flatten() else { return };
    match attach(&video, src, film.id.as_str(), film.start.or(film.left)) {
        Ok(handle) => {
            describe(&handle, film);
            // What it was before is destroyed where it is another film: the script sees to that.
            deck.handle.set_value(Some(SendWrapper::new(handle.clone())));
            handle.listen(&callbacks(deck));
            super::begun(deck);
        }
        Err(_) => deck.problem.set(Some("This film can't be played in this browser.".to_owned())),
    }
}

/// For the system's own controls.
fn describe(handle: &Handle, film: &Film) {
    let about = Object::new();
    let mut pairs = vec![("title", film.title.clone()), ("artist", film.owner.clone())];
    pairs.extend(film.poster.get_untracked().map(|poster| ("artwork", poster.largest())));
    for (name, value) in pairs {
        let _ = Reflect::set(&about, &name.into(), &value.into());
    }
    handle.announce(&about);
}

fn callbacks(deck: Deck) -> Object {
    let on_levels = Closure::<dyn Fn(Array)>::new(move |levels: Array| {
        if !deck.levels.is_disposed() {
            deck.learn_levels(levels.iter().filter_map(|l| level(&l)).collect());
        }
    });
    let on_level = Closure::<dyn Fn(i32)>::new(move |index| {
        let _ = deck.shown.try_set(index);
    });
    let on_tracks = Closure::<dyn Fn(Array, Array)>::new(move |sounds: Array, texts: Array| {
        let read = |tracks: Array| tracks.iter().filter_map(|t| track(&t)).collect();
        if !deck.sounds.is_disposed() {
            deck.learn_tracks(read(sounds), read(texts));
        }
    });
    let on_screens = Closure::<dyn Fn(bool)>::new(move |there| {
        let _ = deck.screens.try_set(there);
    });
    // Empty when the last trouble is over.
    let on_error = Closure::<dyn Fn(String)>::new(move |text: String| {
        let _ = deck.problem.try_set((!text.is_empty()).then_some(text));
    });
    let callbacks = Object::new();
    for (name, listener) in [
        ("onLevels", on_levels.into_js_value()),
        ("onLevel", on_level.into_js_value()),
        ("onTracks", on_tracks.into_js_value()),
        ("onScreens", on_screens.into_js_value()),
        ("onError", on_error.into_js_value()),
    ] {
        let _ = Reflect::set(&callbacks, &name.into(), &listener);
    }
    callbacks
}
