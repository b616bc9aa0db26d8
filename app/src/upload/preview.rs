//! What the browser itself can tell of a film before a byte of it leaves: how long, how large, and a picture of it.

use super::calm::{Turns, turn};
use super::{bell, bytes};
use domain::codec::{self, Mp4Box};
use domain::sniff;
use domain::time::clock;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{CanvasRenderingContext2d, File, HtmlCanvasElement, HtmlVideoElement, Url};

/// How long a browser may think about a file.
const PATIENCE: Duration = Duration::from_secs(8);
/// So many boxes of an MP4 are looked at, and so many bytes of another file.
const BOXES: usize = 200;
const HEAD: usize = 64 << 10;
/// Where the picture is taken, a share of the film: the beginning is often black.
const PICTURE_AT: f64 = 0.1;

thread_local! {
    /// One film at a time is looked into: a folder of hundreds must not bring down the page.
    static LOOKING: Turns = const { RefCell::new(None) };
}

/// Looks into `file`, draws a picture of it on `canvas`, and tells what it is in words: "6:02 · 1920 × 1080 · H.264, AAC".
/// Of what this browser can't play only the latter, if anything. Nothing if by its turn nobody `wants` it any more.
pub async fn look(file: &File, canvas: &HtmlCanvasElement, wants: impl Fn() -> bool) -> String {
    let _turn = turn(&LOOKING).await;
    if !wants() {
        return String::new();
    }
    let mut told = look_into(file, canvas).await.unwrap_or_default();
    let codecs = codecs(file).await.unwrap_or_default();
    if !codecs.is_empty() {
        told.push(codecs.join(", "));
    }
    told.join(" · ")
}

async fn look_into(file: &File, canvas: &HtmlCanvasElement) -> Option<Vec<String>> {
    let url = Url::create_object_url_with_blob(file).ok()?;
    let video: HtmlVideoElement = document().create_element("video").ok()?.dyn_into().ok()?;
    video.set_muted(true);
    video.set_preload("auto");
    video.set_src(&url);
    let told = draw(&video, canvas).await;
    // Lets go of the decoder and of the file.
    video.set_src("");
    video.load();
    let _ = Url::revoke_object_url(&url);
    told
}

async fn draw(video: &HtmlVideoElement, canvas: &HtmlCanvasElement) -> Option<Vec<String>> {
    heard(video, "loadeddata").await?;
    let (width, height, seconds) = (video.video_width(), video.video_height(), video.duration());
    let mut told = Vec::new();
    if seconds.is_finite() {
        told.push(clock((seconds * 1000.0) as i64));
    }
    if width > 0 && height > 0 {
        told.push(format!("{width} × {height}"));
        if seconds.is_finite() {
            video.set_current_time(seconds * PICTURE_AT);
            heard(video, "seeked").await;
        }
        // As much of the picture as fills the canvas.
        let (w, h) = (f64::from(canvas.width()), f64::from(canvas.height()));
        let scale = (w / f64::from(width)).max(h / f64::from(height));
        let (dw, dh) = (f64::from(width) * scale, f64::from(height) * scale);
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let drawn =
            context.draw_image_with_html_video_element_and_dw_and_dh(video, (w - dw) / 2.0, (h - dh) / 2.0, dw, dh);
        if drawn.is_ok() {
            let _ = canvas.set_attribute("data-drawn", "");
        }
    }
    Some(told)
}

/// By a few bytes here and there, wherever the film's description lies.
async fn codecs(file: &File) -> Option<Vec<&'static str>> {
    let head = bytes::head(file, HEAD).await.ok()?;
    match sniff::container(&head)? {
        "mp4" => {}
        "matroska" => return Some(codec::of_matroska(&head)),
        _ => return None,
    }
    let (mut found, mut todo) = (Vec::new(), vec![(0, file.size() as u64)]);
    for _ in 0..BOXES {
        let Some((at, within)) = todo.pop() else { break };
        if at >= within {
            continue;
        }
        let Some(next) = Mp4Box::read(&read(file, at, codec::BOX_HEAD).await?, at, within) else { continue };
        todo.push((next.end, within));
        if next.leads_on() {
            todo.push((next.start, next.end));
        } else if next.describes() {
            let name = read(file, next.start + codec::ENTRY_NAME, 4).await?;
            found.extend(name.first_chunk().copied().and_then(codec::of_entry).filter(|name| !found.contains(name)));
        }
    }
    Some(found)
}

async fn read(file: &File, at: u64, len: u64) -> Option<Vec<u8>> {
    bytes::head(&bytes::slice(file, at, at + len).ok()?, len as usize).await.ok()
}

/// Waits for an event of the film. None if it can't be played, or takes too long.
async fn heard(video: &HtmlVideoElement, name: &str) -> Option<()> {
    let (happened, failed) = (std::rc::Rc::new(Cell::new(false)), std::rc::Rc::new(Cell::new(false)));
    let listen = |name: &str, flag: &std::rc::Rc<Cell<bool>>| {
        let flag = std::rc::Rc::clone(flag);
        let listener = Closure::<dyn Fn()>::new(move || {
            flag.set(true);
            bell::ring();
        });
        let _ = video.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        listener
    };
    let listeners = [(name, listen(name, &happened)), ("error", listen("error", &failed))];
    bell::rest(PATIENCE, || happened.get() || failed.get()).await;
    for (name, listener) in &listeners {
        let _ = video.remove_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
    }
    happened.get().then_some(())
}
