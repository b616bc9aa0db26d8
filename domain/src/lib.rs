//! Kinora's pure types and rules, compiled for the server, the worker and the browser alike.
//!
//! Nothing here does I/O, reads a clock or rolls dice: what depends on those takes them as arguments.

pub mod access;
pub mod account;
pub mod actor;
pub mod audit;
pub mod calendar;
pub mod captions;
pub mod codec;
pub mod dash;
pub mod download;
pub mod embed;
pub mod event;
pub mod factors;
pub mod fingerprint;
pub mod id;
pub mod identity;
pub mod invitation;
pub mod key;
pub mod ladder;
pub mod lanes;
pub mod language;
pub mod next;
pub mod outside;
pub mod page;
pub mod person;
pub mod plan;
pub mod playlist;
pub mod poster;
pub mod quota;
pub mod search;
pub mod session;
pub mod sharing;
pub mod sniff;
pub mod storyboard;
pub mod task;
pub mod text;
pub mod time;
pub mod timeline;
pub mod token;
pub mod upload;
pub mod video;
pub mod watching;
pub mod waveform;
pub mod webvtt;
pub mod within;
