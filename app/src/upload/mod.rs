//! Bringing films: the page, the queue that outlives it, and the sending.

pub mod api;
pub mod bell;
mod beside;
mod bytes;
mod calm;
mod files;
mod line;
mod notify;
mod page;
mod parts;
mod preview;
pub mod put;
mod queue;
mod row;
mod sender;
mod tray;
mod unfinished;
mod wake;

pub use page::Upload;
pub use queue::Queue;
pub use tray::{Tray, badge};
