//! "My films": how they are doing, and changing them.

pub mod api;
mod captions;
mod edit;
mod page;
mod poster;
mod row;

pub use page::Studio;
