//! One film: its page and its player.

pub mod api;
mod download;
mod locked;
mod mini;
mod page;
mod player;

pub use mini::{Mini, MiniPlayer};
pub use page::Watch;
