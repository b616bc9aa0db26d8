//! Messages on the socket: two lengths, a head by `postcard`, and a body of raw bytes.

use std::io::{self, Read, Write};

use domain::timeline;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::media::{Error, Picture, Reason, Track};

/// Bytes of a head. They hold numbers and names.
const MAX_HEAD: u32 = 1 << 20;
/// Bytes of a body. The largest is a segment of the highest rung, some 20 MB.
const MAX_BODY: u32 = 128 << 20;
/// Bytes of one read of the source.
pub const MAX_READ: u32 = 1 << 20;

/// The first and only message from the parent that isn't an answer.
#[derive(Serialize, Deserialize)]
pub struct Start<W> {
    pub work: W,
    /// Bytes of the source.
    pub size: u64,
}

/// What a child says.
#[derive(Serialize, Deserialize)]
pub enum Message {
    /// The fences stand; it waits for work.
    Ready {
        landlock: bool,
    },
    /// Wants bytes of the source. The answer is their number (u32, little-endian) and they; none is the end.
    Read {
        offset: u64,
        len: u32,
    },
    /// The body is the init segment.
    Init {
        track: Track,
        codecs: String,
    },
    /// The body is the segment.
    Segment {
        track: Track,
        index: u32,
        start: i64,
        duration: i64,
        timescale: u32,
    },
    Chunk {
        track: Track,
        number: u32,
    },
    /// The body is the file.
    Picture(Picture),
    Found(timeline::Chunk),
    Progress {
        done_ms: i64,
    },
    /// The body is the result, by `postcard`.
    Done,
    Failed(Failure),
}

/// An [`Error`] that crosses.
#[derive(Serialize, Deserialize)]
pub enum Failure {
    Unplayable(Reason),
    /// The sink or the input is gone, so the parent is.
    Stopped,
    Internal {
        what: String,
        code: i32,
    },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Unplayable(reason) => Self::Unplayable(reason),
            Error::Internal { what, source } => Self::Internal { what: what.into_owned(), code: source.into() },
            Error::Stopped | Error::Input(_) | Error::Jail(_) => Self::Stopped,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unplayable(reason) => Self::Unplayable(reason),
            Failure::Stopped => Self::Stopped,
            // Its share of memory is what the film's size deserves: another try would end the same.
            Failure::Internal { code, .. } if code == ffmpeg_next::ffi::AVERROR(libc::ENOMEM) => {
                Self::Unplayable(Reason::TooMuchMemory)
            }
            Failure::Internal { what, code } => Self::Internal { what: what.into(), source: code.into() },
        }
    }
}

/// Writes one message. Whoever shares the socket holds a lock meanwhile.
pub fn send(mut to: impl Write, head: &impl Serialize, body: &[u8]) -> io::Result<()> {
    let mut frame = postcard::to_extend(head, vec![0; 8]).map_err(garbled)?;
    let head_len = frame.len() as u32 - 8;
    frame[..4].copy_from_slice(&head_len.to_le_bytes());
    let body_len = u32::try_from(body.len()).map_err(garbled)?;
    frame[4..8].copy_from_slice(&body_len.to_le_bytes());
    to.write_all(&frame)?;
    to.write_all(body)
}

/// Reads one message. `InvalidData`: it is none.
pub fn receive<T: DeserializeOwned>(mut from: impl Read) -> io::Result<(T, Vec<u8>)> {
    let mut lengths = [0; 8];
    from.read_exact(&mut lengths)?;
    let [a, b, c, d, e, f, g, h] = lengths;
    let (head_len, body_len) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    if head_len > MAX_HEAD || body_len > MAX_BODY {
        return Err(garbled("a message of impossible length"));
    }
    let head = read_vec(&mut from, head_len)?;
    let body = read_vec(&mut from, body_len)?;
    Ok((parse(&head)?, body))
}

/// The whole of `bytes` as a `T`.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    match postcard::take_from_bytes(bytes).map_err(garbled)? {
        (value, []) => Ok(value),
        (_, _) => Err(garbled("a message with something behind it")),
    }
}

/// Takes memory as the bytes arrive, not as they are promised.
fn read_vec(from: &mut impl Read, len: u32) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(len.min(MAX_READ) as usize);
    if from.take(u64::from(len)).read_to_end(&mut bytes)? < len as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

pub fn garbled(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(head: &Message, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        send(&mut bytes, head, body).expect("memory takes everything");
        bytes
    }

    #[test]
    fn a_message_comes_out_as_it_went_in() {
        let bytes = sent(&Message::Init { track: Track::Video(3), codecs: "avc1".to_owned() }, b"body");
        let (head, body) = receive::<Message>(&*bytes).expect("a message");
        assert!(matches!(head, Message::Init { track: Track::Video(3), codecs } if codecs == "avc1"));
        assert_eq!(body, b"body");
    }

    #[test]
    fn one_cut_short_is_the_end_and_any_other_bytes_are_garbage() {
        let bytes = sent(&Message::Picture(Picture::Sheet(0)), &[7; 100]);
        let kind = |bytes: &[u8]| receive::<Message>(bytes).map(|_| ()).expect_err("no message").kind();
        assert_eq!(kind(&bytes[..50]), io::ErrorKind::UnexpectedEof);
        assert_eq!(kind(&[0xff; 100]), io::ErrorKind::InvalidData);
        assert_eq!(kind(&[1, 0, 0, 0, 0, 0, 0, 0, 0xee]), io::ErrorKind::InvalidData);
        assert_eq!(kind(&[2, 0, 0, 0, 0, 0, 0, 0, 4, 4]), io::ErrorKind::InvalidData, "something behind it");
    }
}
