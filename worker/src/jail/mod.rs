//! A jail for code that meets hostile files: a child process without network, files or credentials.
//!
//! It knows no kinds of work: whatever is [`Work`] is carried into a child, done there, and its results carried out.
//! Bytes of the source go in and results come out over one socket, the child's standard input:
//!
//! ```text
//! parent                                     child
//! Jail::run ── Start(work) ────────────────> W::perform, on its main thread
//!           <───────────── Read(place, len) ── Input, on any thread
//!           ── bytes ──────────────────────>
//!           <─ Init, Segment, Picture, Progress ── Sink
//!           <────────────────── Done, Failed ──
//! ```
//!
//! The parent speaks only when it is asked, so neither side needs more than one reader. It believes nothing: what is
//! no message, too large or too late ends the child. A [`Jail`] keeps a few children that have raised their
//! fences and wait for work, because linking libav takes longer than we want to wait for.
//!
//! A program that has a `Jail` must call [`child::main`] first thing if [`child::is_this`].

pub mod child;
mod clock;
mod fault;
pub mod fences;
mod landlock;
mod limits;
mod parent;
mod pool;
mod process;
mod seccomp;
mod wire;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::media::{Error, Input, Sink};

pub use fault::Fault;
pub use limits::{LONGEST_FILM, Limits, Load};
pub use pool::{Config, Jail};

/// Something that can be done in a child. It and its result cross the socket by `postcard`, which can't skip fields
/// or guess types: no `skip_serializing_if`, `untagged` or `flatten` in them.
pub trait Work: Serialize + DeserializeOwned {
    type Done: Serialize + DeserializeOwned;

    fn perform(&self, input: Box<dyn Input>, sink: &mut dyn Sink) -> Result<Self::Done, Error>;
}
