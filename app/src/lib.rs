//! Kinora's pages: one folder a feature, compiled for the server and for the browser alike.

mod account;
mod admin;
mod app;
mod browse;
mod components;
mod error;
mod live;
mod page;
mod query;
pub mod server;
#[cfg(feature = "ssr")]
mod shell;
mod studio;
mod tabs;
mod upload;
mod watch;

pub use app::App;
pub use error::ApiError;
#[cfg(feature = "ssr")]
pub use shell::shell;
