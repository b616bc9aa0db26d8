//! What the player is doing, and what can be done to it.

use super::engine::Handle;
use domain::time::clock;
use leptos::html;
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use std::time::Duration;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlVideoElement;

/// A rung as the player knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    pub index: i32,
    /// Pixels of the shorter side.
    pub height: u32,
    /// It is still made, and not far enough yet.
    pub lags: bool,
}

/// hls.js chooses the rung by itself.
pub const AUTO: i32 = -1;

/// The controls go this long after the pointer came to rest, while the film plays.
const REST: Duration = Duration::from_millis(2500);

#[derive(Clone, Copy)]
pub struct Deck {
    pub video: NodeRef<html::Video>,
    pub frame: NodeRef<html::Div>,
    pub seek: NodeRef<html::Input>,
    /// Of a film without a picture.
    pub wave: NodeRef<html::Div>,
    pub playing: RwSignal<bool>,
    /// It has played since the page was opened.
    pub begun: RwSignal<bool>,
    pub waiting: RwSignal<bool>,
    pub muted: RwSignal<bool>,
    pub volume: RwSignal<f64>,
    /// Seconds.
    pub time: RwSignal<f64>,
    /// Seconds; 0 while unknown.
    pub duration: RwSignal<f64>,
    pub levels: RwSignal<Vec<Level>>,
    /// The rung that somebody chose, or [`AUTO`].
    pub chosen: RwSignal<i32>,
    /// The rung that is shown.
    pub shown: RwSignal<i32>,
    pub menu: RwSignal<bool>,
    pub idle: RwSignal<bool>,
    pub problem: RwSignal<Option<String>>,
    pub handle: StoredValue<Option<SendWrapper<Handle>>>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Deck {
    pub fn new() -> Self {
        Self {
            video: NodeRef::new(),
            frame: NodeRef::new(),
            seek: NodeRef::new(),
            wave: NodeRef::new(),
            playing: RwSignal::new(false),
            begun: RwSignal::new(false),
            waiting: RwSignal::new(false),
            muted: RwSignal::new(false),
            volume: RwSignal::new(1.0),
            time: RwSignal::new(0.0),
            duration: RwSignal::new(0.0),
            levels: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(AUTO),
            shown: RwSignal::new(AUTO),
            menu: RwSignal::new(false),
            idle: RwSignal::new(false),
            problem: RwSignal::new(None),
            handle: StoredValue::new(None),
            timer: StoredValue::new(None),
        }
    }

    fn on_video(self, act: impl FnOnce(&HtmlVideoElement)) {
        if let Some(video) = self.video.try_get_untracked().flatten() {
            act(&video);
        }
    }

    pub fn toggle(self) {
        self.stir();
        self.on_video(|video| {
            if !video.paused() {
                let _ = video.pause();
            } else if let Ok(started) = video.play() {
                leptos::task::spawn_local(async move {
                    // Refused, or overtaken by a pause: the button shows what is.
                    let _ = JsFuture::from(started).await;
                });
            }
        });
    }

    /// Seconds from the beginning.
    pub fn seek_to(self, time: f64) {
        self.stir();
        self.on_video(|video| {
            let end = video.duration();
            let end = if end.is_finite() { end } else { f64::MAX };
            video.set_current_time(time.clamp(0.0, end));
        });
        self.read_time();
    }

    pub fn seek_by(self, seconds: f64) {
        let time = self.video.get_untracked().map_or(0.0, |video| video.current_time());
        self.seek_to(time + seconds);
    }

    pub fn toggle_mute(self) {
        self.stir();
        self.on_video(|video| video.set_muted(!video.muted()));
    }

    /// 0 to 1. Whoever makes it louder wants to hear it.
    pub fn set_volume(self, volume: f64) {
        self.stir();
        self.on_video(|video| {
            video.set_volume(volume.clamp(0.0, 1.0));
            video.set_muted(volume <= 0.0);
        });
    }

    pub fn full_screen(self) {
        if document().fullscreen_element().is_some() {
            document().exit_fullscreen();
        } else if let Some(frame) = self.frame.get_untracked() {
            let _ = frame.request_fullscreen();
        }
    }

    /// Whether there is no picture, and so no size of it to choose.
    pub fn is_sound(self) -> bool {
        let levels = self.levels.read();
        !levels.is_empty() && levels.iter().all(|level| level.height == 0)
    }

    pub fn choose(self, level: i32) {
        self.chosen.set(level);
        self.menu.set(false);
        self.handle.with_value(|handle| {
            if let Some(handle) = handle {
                handle.set_level(level);
            }
        });
    }

    pub fn read_time(self) {
        self.on_video(|video| {
            let (time, duration) = (video.current_time(), video.duration());
            let duration = if duration.is_finite() { duration } else { 0.0 };
            self.time.set(time);
            if self.duration.get_untracked() != duration {
                self.duration.set(duration);
            }
            // As properties, not as an attribute: a policy against inline styles lets these pass.
            if let (Some(seek), true) = (self.seek.get_untracked(), duration > 0.0) {
                let style = web_sys::HtmlElement::style(&seek);
                let _ = style.set_property("--played", &share(time, duration));
                let _ = style.set_property("--buffered", &share(buffered_until(video, time), duration));
                if let Some(wave) = self.wave.get_untracked() {
                    let _ = web_sys::HtmlElement::style(&wave).set_property("--played", &share(time, duration));
                }
            }
        });
    }

    pub fn read_volume(self) {
        self.on_video(|video| {
            self.muted.set(video.muted());
            self.volume.set(video.volume());
        });
    }

    /// Somebody is here: the controls show, and go again after a while.
    pub fn stir(self) {
        if self.idle.get_untracked() {
            self.idle.set(false);
        }
        let timer = set_timeout_with_handle(move || self.rest(), REST).ok();
        let _ = self.timer.try_update_value(|old| {
            if let Some(old) = std::mem::replace(old, timer) {
                old.clear();
            }
        });
    }

    pub fn rest(self) {
        let away = self.playing.try_get_untracked() == Some(true) && self.menu.try_get_untracked() == Some(false);
        if away {
            self.idle.set(true);
        }
    }

    /// The page goes elsewhere.
    pub fn let_go(self) {
        let handle = self.handle.try_update_value(Option::take).flatten();
        if let Some(handle) = handle {
            handle.destroy();
        }
    }

    /// "0:07 / 12:03", or only the time while the length isn't known.
    pub fn time_text(self) -> String {
        let now = clock((self.time.get() * 1000.0) as i64);
        let duration = self.duration.get();
        if duration > 0.0 { format!("{now} / {}", clock((duration * 1000.0) as i64)) } else { now }
    }
}

/// As CSS has it, to a tenth of a percent.
fn share(part: f64, whole: f64) -> String {
    let tenths = (part / whole * 1000.0).clamp(0.0, 1000.0) as u32;
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// The end of the stretch around `time` that is loaded, in seconds.
fn buffered_until(video: &HtmlVideoElement, time: f64) -> f64 {
    let ranges = video.buffered();
    (0..ranges.length())
        .filter_map(|i| Some((ranges.start(i).ok()?, ranges.end(i).ok()?)))
        .find(|(start, end)| *start <= time + 0.25 && *end >= time)
        .map_or(time, |(_, end)| end)
}
