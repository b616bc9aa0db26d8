//! Kinora's pages: one folder a feature, compiled for the server and for the browser alike.

mod account;
mod app;
mod browse;
mod components;
mod error;
mod live;
mod page;
pub mod server;
mod shell;
mod studio;
mod upload;
mod watch;

pub use app::App;
pub use error::ApiError;
pub use shell::shell;
