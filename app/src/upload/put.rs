//! One part's way to S3.

use domain::upload::PartUrl;
use leptos::prelude::window;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ProgressEvent, XmlHttpRequest};

/// A PUT that is under way. A `fetch` can't tell of its progress, an `XMLHttpRequest` can.
pub struct Put {
    request: XmlHttpRequest,
    ended: js_sys::Promise,
    progress: Rc<Progress>,
    _listener: Closure<dyn Fn(ProgressEvent)>,
}

struct Progress {
    sent: Cell<u64>,
    moved_at: Cell<f64>,
}

impl Put {
    /// `tell` hears of bytes that have left.
    pub fn begin(part: &PartUrl, body: &Blob, tell: impl Fn(u64) + 'static) -> Result<Self, JsValue> {
        let request = XmlHttpRequest::new()?;
        request.open_with_async("PUT", &part.url, true)?;
        for (name, value) in &part.headers {
            request.set_request_header(name, value)?;
        }
        let progress = Rc::new(Progress { sent: Cell::new(0), moved_at: Cell::new(js_sys::Date::now()) });
        let heard = Rc::clone(&progress);
        let listener = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
            heard.sent.set(event.loaded() as u64);
            tell(event.loaded() as u64);
            heard.moved_at.set(js_sys::Date::now());
        });
        request.upload()?.set_onprogress(Some(listener.as_ref().unchecked_ref()));
        let ended = js_sys::Promise::new(&mut |resolve, _| request.set_onloadend(Some(&resolve)));
        request.send_with_opt_blob(Some(body))?;
        Ok(Self { request, ended, progress, _listener: listener })
    }

    /// Bytes that have left.
    pub fn sent(&self) -> u64 {
        self.progress.sent.get()
    }

    pub fn abort(&self) {
        let _ = self.request.abort();
    }

    /// Gives it up if nothing has moved for so long.
    pub fn abort_if_silent(&self, silence: Duration) {
        if js_sys::Date::now() - self.progress.moved_at.get() > silence.as_millis() as f64 {
            self.abort();
        }
    }

    /// The HTTP status that it ends with, 0 if there is none.
    pub async fn ended(&self) -> u16 {
        let _ = JsFuture::from(self.ended.clone()).await;
        self.request.status().unwrap_or(0)
    }
}

impl Drop for Put {
    fn drop(&mut self) {
        self.request.set_onloadend(None);
        if let Ok(upload) = self.request.upload() {
            upload.set_onprogress(None);
        }
    }
}

pub fn is_online() -> bool {
    window().navigator().on_line()
}
