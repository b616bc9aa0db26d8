//! Bringing films: the page, the queue that outlives it, and the sending.

pub mod api;
mod page;
pub mod put;
mod queue;
mod row;
mod sender;

pub use page::Upload;
pub use queue::Queue;
