//! The services of one machine: PostgreSQL, Apache Kafka and versitygw, started on loopback and supervised, for
//! `make run` and for the tests. No part of what an operator deploys.
//!
//! ```no_run
//! let stack = dev::Stack::temporary(dev::Services::ALL)?;
//! println!("{}", stack.database_url());
//! stack.kafka().kill()?; // as a machine would
//! stack.kafka().start()?;
//! # anyhow::Ok(())
//! ```
//!
//! A [`Stack`] ends what it started when it is dropped; what a `kill -9` of its process leaves behind is ended by the
//! kernel (`PR_SET_PDEATHSIG`), and by the next start on the same folder.

mod app;
pub mod cli;
mod data_dir;
mod kafka;
mod leaks;
mod leftover;
mod ports;
mod postgres;
mod probe;
mod process;
mod s3;
mod secrets;
mod spawner;
mod stack;
mod tools;

pub use app::{App, AppOptions, bin_dir};
pub use data_dir::{remove as remove_data_dir, sweep_abandoned};
pub use kafka::Kafka;
pub use ports::{Ports, StackPorts, free as free_ports};
pub use postgres::Postgres;
pub use process::Process;
pub use s3::S3;
pub use stack::{Services, Stack, StackOptions};
pub use tools::{cache_dir, nginx};
