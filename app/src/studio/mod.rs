//! "My films": how they are doing, and changing them.

pub mod api;
mod captions;
mod download;
mod edit;
mod page;
mod poster;
mod row;
mod sharing;

pub use page::Studio;
