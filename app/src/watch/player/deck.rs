//! What the player is doing, and what can be done to it.

use super::engine::Handle;
use super::gestures::Tap;
use super::taste::Taste;
use domain::time::clock;
use domain::within::within;
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

/// A sound, or captions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    pub index: i32,
    pub name: String,
    /// RFC 5646; empty where it isn't known.
    pub language: String,
}

/// hls.js chooses the rung by itself; of captions: none.
pub const AUTO: i32 = -1;

/// What can be played at, in hundredths. Beyond two, most is still understood.
pub const SPEEDS: [u32; 11] = [25, 50, 75, 100, 125, 150, 175, 200, 250, 300, 400];

/// The controls go this long after the pointer came to rest, while the film plays.
const REST: Duration = Duration::from_millis(2500);
/// So long a word stays over the picture about what a key just did.
const FLASH: Duration = Duration::from_millis(900);

/// What lies over the picture, one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    None,
    Settings(Page),
    /// Where somebody clicked.
    Context,
    Keys,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    All,
    Quality,
    Speed,
    Captions,
    CaptionLook,
    Sound,
}

#[derive(Clone, Copy)]
pub struct Deck {
    pub video: NodeRef<html::Video>,
    pub frame: NodeRef<html::Div>,
    /// Where captions are drawn.
    pub captions: NodeRef<html::Div>,
    /// What opens the settings.
    pub wheel: NodeRef<html::Button>,
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
    /// The stretches that are loaded, in seconds.
    pub buffered: RwSignal<Vec<(f64, f64)>>,
    /// In hundredths.
    pub speed: RwSignal<u32>,
    pub looped: RwSignal<bool>,
    pub levels: RwSignal<Vec<Level>>,
    pub sounds: RwSignal<Vec<Track>>,
    pub texts: RwSignal<Vec<Track>>,
    /// The rung that somebody chose, or [`AUTO`].
    pub chosen: RwSignal<i32>,
    /// The rung that is shown.
    pub shown: RwSignal<i32>,
    pub sound: RwSignal<i32>,
    /// Captions that are shown, or [`AUTO`].
    pub text: RwSignal<i32>,
    pub taste: RwSignal<Taste>,
    pub sheet: RwSignal<Sheet>,
    /// What it is for nerds is shown.
    pub nerds: RwSignal<bool>,
    /// There is a screen nearby that it can be shown at.
    pub screens: RwSignal<bool>,
    pub idle: RwSignal<bool>,
    /// Seconds; where it went on by itself, as long as that is said.
    pub continued: RwSignal<Option<f64>>,
    /// What a key or a tap just did.
    pub flash: RwSignal<String>,
    pub problem: RwSignal<Option<String>>,
    pub handle: StoredValue<Option<SendWrapper<Handle>>>,
    /// Whether somebody asked for the place that it began at.
    pub asked: StoredValue<bool>,
    /// It is played at once.
    pub comes_by_click: StoredValue<bool>,
    /// It goes along in the corner, even though it stands still.
    pub taken: StoredValue<bool>,
    pub tap: StoredValue<Tap>,
    resting: StoredValue<Option<TimeoutHandle>>,
    flashing: StoredValue<Option<TimeoutHandle>>,
}

impl Deck {
    pub fn new() -> Self {
        Self {
            video: NodeRef::new(),
            frame: NodeRef::new(),
            captions: NodeRef::new(),
            wheel: NodeRef::new(),
            playing: RwSignal::new(false),
            begun: RwSignal::new(false),
            waiting: RwSignal::new(false),
            muted: RwSignal::new(false),
            volume: RwSignal::new(1.0),
            time: RwSignal::new(0.0),
            duration: RwSignal::new(0.0),
            buffered: RwSignal::new(Vec::new()),
            speed: RwSignal::new(100),
            looped: RwSignal::new(false),
            levels: RwSignal::new(Vec::new()),
            sounds: RwSignal::new(Vec::new()),
            texts: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(AUTO),
            shown: RwSignal::new(AUTO),
            sound: RwSignal::new(0),
            text: RwSignal::new(AUTO),
            taste: RwSignal::new(Taste::default()),
            sheet: RwSignal::new(Sheet::None),
            nerds: RwSignal::new(false),
            screens: RwSignal::new(false),
            idle: RwSignal::new(false),
            continued: RwSignal::new(None),
            flash: RwSignal::new(String::new()),
            problem: RwSignal::new(None),
            handle: StoredValue::new(None),
            asked: StoredValue::new(false),
            comes_by_click: StoredValue::new(false),
            taken: StoredValue::new(false),
            tap: StoredValue::new(Tap::default()),
            resting: StoredValue::new(None),
            flashing: StoredValue::new(None),
        }
    }

    pub fn on_video(self, act: impl FnOnce(&HtmlVideoElement)) {
        if let Some(video) = self.video.try_get_untracked().flatten() {
            act(&video);
        }
    }

    pub fn on_handle(self, act: impl FnOnce(&Handle)) {
        let _ = self.handle.try_with_value(|handle| {
            if let Some(handle) = handle {
                act(handle);
            }
        });
    }

    pub fn play(self) {
        self.on_video(|video| {
            if let Ok(started) = video.play() {
                leptos::task::spawn_local(async move {
                    // Refused, or overtaken by a pause: the button shows what is.
                    let _ = JsFuture::from(started).await;
                });
            }
        });
    }

    pub fn toggle(self) {
        self.stir();
        let is_paused = self.video.get_untracked().is_none_or(|video| video.paused());
        if is_paused {
            self.play();
        } else {
            self.on_video(|video| {
                let _ = video.pause();
            });
        }
    }

    /// Seconds from the beginning.
    pub fn seek_to(self, time: f64) {
        self.stir();
        self.on_video(|video| {
            let end = video.duration();
            let end = if end.is_finite() { end } else { f64::MAX };
            video.set_current_time(within(0.0, time, end));
        });
        self.read_time();
    }

    pub fn seek_by(self, seconds: f64) {
        let time = self.video.get_untracked().map_or(0.0, |video| video.current_time());
        self.seek_to(time + seconds);
        let way = if seconds < 0.0 { '−' } else { '+' };
        self.say(format!("{way}{} s", seconds.abs() as u32));
    }

    /// To a tenth of the film, 0 to 10.
    pub fn seek_to_tenth(self, tenth: u32) {
        self.seek_to(self.duration.get_untracked() * f64::from(tenth) / 10.0);
    }

    /// One frame on or back, where it stands still.
    pub fn step(self, direction: i32) {
        self.stir();
        if !self.playing.get_untracked() {
            self.on_handle(|handle| handle.step(direction));
        }
    }

    pub fn toggle_mute(self) {
        self.stir();
        self.on_video(|video| video.set_muted(!video.muted()));
        let muted = self.video.get_untracked().is_some_and(|video| video.muted());
        self.say(if muted { "Muted" } else { "Sound on" }.to_owned());
        self.taste.update(|taste| taste.muted = muted);
    }

    /// 0 to 1. Whoever makes it louder wants to hear it.
    pub fn set_volume(self, volume: f64) {
        self.stir();
        let volume = within(0.0, volume, 1.0);
        self.on_video(|video| {
            video.set_volume(volume);
            video.set_muted(volume <= 0.0);
        });
        self.say(format!("Volume {} %", (volume * 100.0).round() as u32));
        self.taste.update(|taste| (taste.volume, taste.muted) = (volume, volume <= 0.0));
    }

    /// In hundredths.
    pub fn set_speed(self, speed: u32) {
        self.on_video(|video| {
            // The one that another film begins with, too.
            video.set_default_playback_rate(f64::from(speed) / 100.0);
            video.set_playback_rate(f64::from(speed) / 100.0);
        });
        self.speed.set(speed);
        self.taste.update(|taste| taste.speed = speed);
    }

    /// To the next speed that can be chosen, up or down.
    pub fn change_speed(self, up: bool) {
        self.stir();
        let now = self.speed.get_untracked();
        let next = if up {
            SPEEDS.into_iter().find(|speed| *speed > now)
        } else {
            SPEEDS.into_iter().rev().find(|speed| *speed < now)
        };
        if let Some(speed) = next {
            self.set_speed(speed);
        }
        self.say(speed_text(self.speed.get_untracked()));
    }

    pub fn full_screen(self) {
        if let Some(frame) = self.frame.get_untracked() {
            self.on_handle(|handle| handle.full_screen(&frame));
        }
    }

    pub fn toggle_loop(self) {
        let looped = !self.looped.get_untracked();
        self.on_video(|video| video.set_loop(looped));
        self.looped.set(looped);
        self.say(if looped { "Plays again and again" } else { "Ends at its end" }.to_owned());
    }

    pub fn toggle_theatre(self) {
        self.taste.update(|taste| taste.theatre = !taste.theatre);
    }

    /// Whether there is no picture, and so no size of it to choose.
    pub fn is_sound(self) -> bool {
        let levels = self.levels.read();
        !levels.is_empty() && levels.iter().all(|level| level.height == 0)
    }

    pub fn choose_level(self, level: i32) {
        self.set_level(level);
        let height = self.levels.with_untracked(|all| all.iter().find(|l| l.index == level).map(|l| l.height));
        self.taste.update(|taste| taste.height = height);
    }

    fn set_level(self, level: i32) {
        self.chosen.set(level);
        self.on_handle(|handle| handle.set_level(level));
    }

    pub fn choose_sound(self, sound: i32) {
        self.set_sound(sound);
        let language = language_of(&self.sounds.read_untracked(), sound);
        self.taste.update(|taste| taste.sound = language);
    }

    fn set_sound(self, sound: i32) {
        self.sound.set(sound);
        self.on_handle(|handle| handle.set_sound(sound));
    }

    pub fn choose_text(self, text: i32) {
        self.set_text(text);
        let language = language_of(&self.texts.read_untracked(), text);
        self.taste.update(|taste| {
            taste.text_on = text != AUTO;
            if language.is_some() {
                taste.text = language;
            }
        });
    }

    fn set_text(self, text: i32) {
        self.text.set(text);
        self.on_handle(|handle| handle.set_text(text));
    }

    /// Captions on, in the language of last time if there are any, or off.
    pub fn toggle_text(self) {
        self.stir();
        if self.texts.read_untracked().is_empty() {
            self.say("This film has no captions".to_owned());
            return;
        }
        let next = if self.text.get_untracked() == AUTO { self.usual_text() } else { AUTO };
        self.choose_text(next);
        let name = self.texts.with_untracked(|all| all.iter().find(|t| t.index == next).map(|t| t.name.clone()));
        self.say(name.map_or_else(|| "Captions off".to_owned(), |name| format!("Captions: {name}")));
    }

    fn usual_text(self) -> i32 {
        let taste = self.taste.read_untracked();
        let texts = self.texts.read_untracked();
        let usual = texts.iter().find(|track| taste.text.as_ref() == Some(&track.language));
        usual.or(texts.first()).map_or(AUTO, |track| track.index)
    }

    /// The rungs are known, or others than before. What was chosen last time is chosen again.
    pub fn learn_levels(self, levels: Vec<Level>) {
        let is_first = self.levels.with_untracked(Vec::is_empty) && !levels.is_empty();
        let wished = self.taste.with_untracked(|taste| taste.height);
        let level = levels.iter().find(|level| wished == Some(level.height) && !level.lags).map(|level| level.index);
        self.levels.set(levels);
        if let (true, Some(level)) = (is_first, level) {
            self.set_level(level);
        }
    }

    /// The same of sounds and captions.
    pub fn learn_tracks(self, sounds: Vec<Track>, texts: Vec<Track>) {
        let new_sounds = self.sounds.with_untracked(|known| *known != sounds);
        let new_texts = self.texts.with_untracked(|known| *known != texts);
        self.sounds.set(sounds);
        self.texts.set(texts);
        let taste = self.taste.get_untracked();
        if new_sounds && let Some(language) = taste.sound {
            let known = |all: &Vec<Track>| all.iter().find(|track| track.language == language).map(|track| track.index);
            if let Some(sound) = self.sounds.with_untracked(known) {
                self.set_sound(sound);
            }
        }
        if new_texts && taste.text_on {
            self.set_text(self.usual_text());
        }
    }

    pub fn read_time(self) {
        self.on_video(|video| {
            let (time, duration) = (video.current_time(), video.duration());
            let duration = if duration.is_finite() { duration } else { 0.0 };
            self.time.set(time);
            if self.duration.get_untracked() != duration {
                self.duration.set(duration);
            }
        });
    }

    pub fn read_buffered(self) {
        self.on_video(|video| {
            let ranges = video.buffered();
            let range = |i| Some((ranges.start(i).ok()?, ranges.end(i).ok()?));
            self.buffered.set((0..ranges.length()).filter_map(range).collect());
        });
    }

    pub fn read_volume(self) {
        self.on_video(|video| {
            self.muted.set(video.muted());
            self.volume.set(video.volume());
        });
    }

    /// Says for a moment what has just been done, over the picture and to a screen reader.
    pub fn say(self, words: String) {
        self.flash.set(words);
        let timer = set_timeout_with_handle(
            move || {
                let _ = self.flash.try_set(String::new());
            },
            FLASH,
        );
        replace(self.flashing, timer.ok());
    }

    /// Somebody is here: the controls show, and go again after a while.
    pub fn stir(self) {
        if self.idle.get_untracked() {
            self.idle.set(false);
        }
        replace(self.resting, set_timeout_with_handle(move || self.rest(), REST).ok());
    }

    pub fn rest(self) {
        let away =
            self.playing.try_get_untracked() == Some(true) && self.sheet.try_get_untracked() == Some(Sheet::None);
        if away {
            self.idle.set(true);
        }
    }

    /// Does it only while the page is there: a `<video>` may be taken along from it.
    pub fn alive(self, act: impl FnOnce()) {
        if !self.playing.is_disposed() {
            act();
        }
    }

    /// The page goes elsewhere.
    pub fn let_go(self) -> Option<SendWrapper<Handle>> {
        self.handle.try_update_value(Option::take).flatten()
    }

    /// "0:07 / 12:03", or only the time while the length isn't known.
    pub fn time_text(self) -> String {
        let now = clock((self.time.get() * 1000.0) as i64);
        let duration = self.duration.get();
        if duration > 0.0 { format!("{now} / {}", clock((duration * 1000.0) as i64)) } else { now }
    }
}

fn language_of(tracks: &[Track], index: i32) -> Option<String> {
    tracks.iter().find(|track| track.index == index).map(|track| track.language.clone())
}

fn replace(timer: StoredValue<Option<TimeoutHandle>>, new: Option<TimeoutHandle>) {
    let _ = timer.try_update_value(|old| {
        if let Some(old) = std::mem::replace(old, new) {
            old.clear();
        }
    });
}

/// Of hundredths: "Normal", "1.5×", "0.25×".
pub fn speed_text(speed: u32) -> String {
    let (whole, rest) = (speed / 100, speed % 100);
    match (speed, rest % 10) {
        (100, _) => "Normal".to_owned(),
        (_, _) if rest == 0 => format!("{whole}×"),
        (_, 0) => format!("{whole}.{}×", rest / 10),
        _ => format!("{whole}.{rest:02}×"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_written_as_short_as_they_are() {
        let written = SPEEDS.map(speed_text);
        assert_eq!(written.join(" "), "0.25× 0.5× 0.75× Normal 1.25× 1.5× 1.75× 2× 2.5× 3× 4×");
    }
}
