//! What goes wrong, gone wrong on purpose: the real server and workers, over services of their own that are killed,
//! stopped and lied about. A film ends ready all the same, once, and nothing is left behind.

#[path = "../support/mod.rs"]
mod support;

mod footage;
mod proxy;
mod system;
mod tunnel;

mod bells;
mod captions;
mod completion;
mod dash;
mod full;
mod given_up;
mod gone;
mod kafka;
mod kills;
mod odd_films;
mod posters;
mod postgres;
mod privacy;
mod seen;
mod servers;
mod storage;
mod versions;
mod workers;
