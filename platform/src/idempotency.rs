//! Calls with an `Idempotency-Key`: who repeats one within a day gets the answer that it had, and nothing is made twice.

use crate::db::idempotency as db;
use crate::{Error, Platform, Result};
use domain::id::UserId;
use sha2::{Digest, Sha256};

const MAX_CHARS: usize = 255;

/// What is to become of a call.
#[derive(Debug)]
pub enum Call {
    /// It is to be made. What comes of it is for [`keep`], or nothing is: [`release`].
    Make(Held),
    /// It was made: status and body of its answer.
    Made(u16, Vec<u8>),
}

/// A key that a call in the making has.
#[derive(Debug)]
pub struct Held {
    user: UserId,
    key: Vec<u8>,
}

/// Looks whether `user` has made this call before. `request` is all that makes it what it is.
pub async fn begin(platform: &Platform, user: &UserId, key: &str, request: &[&[u8]]) -> Result<Call> {
    if key.is_empty() || key.len() > MAX_CHARS || !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        let why = format!("An Idempotency-Key has 1 to {MAX_CHARS} ASCII characters.");
        return Err(Error::invalid("Idempotency-Key", "idempotency_key_invalid", why));
    }
    let mut hasher = Sha256::new();
    for piece in request {
        hasher.update((piece.len() as u64).to_be_bytes());
        hasher.update(piece);
    }
    let request = hasher.finalize();
    let held = Held { user: user.clone(), key: Sha256::digest(key).to_vec() };
    // Again where the call that had the key has let it go in between.
    for _ in 0..3 {
        if db::take(&platform.db, user, &held.key, &request).await? {
            return Ok(Call::Make(held));
        }
        let Some(known) = db::known(&platform.db, user, &held.key).await? else { continue };
        if known.request_hash != request[..] {
            let why = "This Idempotency-Key was sent with another call. Make up a new one for each.";
            return Err(Error::invalid("Idempotency-Key", "idempotency_key_reused", why));
        }
        return match known.answer {
            Some((status, body)) => Ok(Call::Made(status, body)),
            None => Err(in_use()),
        };
    }
    Err(in_use())
}

fn in_use() -> Error {
    let message = "A call with this Idempotency-Key is being answered. Ask again in a moment.".to_owned();
    Error::Conflict { code: "idempotency_key_in_use", message, details: None }
}

/// Keeps an answer for who repeats the call.
pub async fn keep(platform: &Platform, held: &Held, status: u16, body: &[u8]) -> Result<()> {
    Ok(db::keep(&platform.db, &held.user, &held.key, status, body).await?)
}

/// Nothing came of the call: the key may be used again.
pub async fn release(platform: &Platform, held: &Held) -> Result<()> {
    Ok(db::release(&platform.db, &held.user, &held.key).await?)
}

pub async fn sweep(platform: &Platform) -> Result<u64> {
    Ok(db::delete_old(&platform.db).await?)
}
