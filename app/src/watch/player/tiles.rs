//! The storyboard: what is in the film where, in small pictures. It comes when somebody looks for a place.

use domain::webvtt::{Tile, tiles};
use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;

#[derive(Clone, Copy)]
pub struct Storyboard {
    path: Signal<Option<String>>,
    asked: StoredValue<Option<String>>,
    tiles: RwSignal<Vec<Tile>>,
}

impl Storyboard {
    pub fn new(path: Signal<Option<String>>) -> Self {
        Self { path, asked: StoredValue::new(None), tiles: RwSignal::new(Vec::new()) }
    }

    /// Somebody comes near.
    pub fn load(self) {
        let path = self.path.get_untracked();
        if path.is_none() || self.asked.get_value() == path {
            return;
        }
        self.asked.set_value(path.clone());
        spawn_local(async move {
            let Some(path) = path else { return };
            let Ok(answer) = Request::get(&path).send().await else { return self.asked.set_value(None) };
            if let (true, Ok(text)) = (answer.ok(), answer.text().await) {
                let _ = self.tiles.try_set(tiles(&text));
            }
        });
    }

    /// The picture of that second.
    pub fn tile(self, seconds: f64) -> Option<Tile> {
        let ms = (seconds * 1000.0) as i64;
        self.tiles.with(|tiles| tiles.iter().rev().find(|tile| tile.start_ms <= ms).cloned())
    }
}
