//! "My films": how they are doing, and changing them.

pub mod api;
mod download;
mod edit;
mod page;
mod poster;
mod row;

pub use page::Studio;
