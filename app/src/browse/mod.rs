//! Finding films: the newest, and by search.

pub mod api;
mod page;

pub use page::{Home, Search};
