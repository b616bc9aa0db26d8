//! One film: its page and its player.

pub mod api;
mod page;
mod player;

pub use page::Watch;
