//! One part's way to S3, and waiting.

use domain::upload::PartUrl;
use leptos::prelude::window;
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ProgressEvent, XmlHttpRequest};

/// A part on a line so slow that it takes longer than this is tried again, in ms.
const TIMEOUT_MS: u32 = 15 * 60 * 1000;

/// PUTs `body`; answers the HTTP status, 0 if there was none. `sent` hears of bytes that left, and stops it by `false`.
/// A `fetch` can't tell of its progress, an `XMLHttpRequest` can.
pub async fn put(part: &PartUrl, body: &Blob, sent: Rc<dyn Fn(u64) -> bool>) -> Result<u16, JsValue> {
    let request = XmlHttpRequest::new()?;
    request.open_with_async("PUT", &part.url, true)?;
    request.set_timeout(TIMEOUT_MS);
    for (name, value) in &part.headers {
        // These two are the browser's own.
        if !name.eq_ignore_ascii_case("content-length") && !name.eq_ignore_ascii_case("host") {
            request.set_request_header(name, value)?;
        }
    }
    let progress = {
        let request = request.clone();
        Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
            if !sent(event.loaded() as u64) {
                let _ = request.abort();
            }
        })
    };
    request.upload()?.set_onprogress(Some(progress.as_ref().unchecked_ref()));
    let ended = js_sys::Promise::new(&mut |resolve, _| {
        request.set_onloadend(Some(&resolve));
    });
    request.send_with_opt_blob(Some(body))?;
    JsFuture::from(ended).await?;
    request.set_onloadend(None);
    request.status()
}

pub async fn sleep(ms: i32) {
    let slept = js_sys::Promise::new(&mut |resolve, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
    });
    let _ = JsFuture::from(slept).await;
}

pub fn is_online() -> bool {
    window().navigator().on_line()
}

/// Comes back at once when the line is there.
pub async fn online() {
    while !is_online() {
        sleep(1000).await;
    }
}
