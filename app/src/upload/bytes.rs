//! A file's bytes as they are read here: its first ones, and digests.

use super::beside;
use domain::fingerprint::{Fingerprint, samples};
use js_sys::{Array, Uint8Array};
use leptos::prelude::window;
use sha2::{Digest, Sha256};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

/// What somebody reads whose file was moved or deleted before it was looked at.
pub const UNREADABLE: &str = "This file can't be read. It may have been moved or changed; choose it again.";

/// Where the browser doesn't digest for us, so much is digested at a time: the page stays awake meanwhile.
const PIECE: u64 = 256 << 10;

/// The first bytes, at most `len`.
pub async fn head(file: &Blob, len: usize) -> Result<Vec<u8>, JsValue> {
    Ok(read(&slice(file, 0, len as u64)?).await?.to_vec())
}

/// What the file is known again by.
pub async fn fingerprint(file: &Blob) -> Result<Fingerprint, JsValue> {
    let size = file.size() as u64;
    let pieces: Array = Array::new();
    pieces.push(&Uint8Array::from(&size.to_le_bytes()[..]).into());
    for sample in samples(size) {
        pieces.push(&slice(file, sample.start, sample.end)?.into());
    }
    let all = Blob::new_with_blob_sequence(&pieces)?;
    Ok(Fingerprint::from_digest(&sha256(&all).await?))
}

/// By WebCrypto, beside this page if a worker can. A page that came over plain HTTP from another computer has none.
pub async fn sha256(blob: &Blob) -> Result<[u8; 32], JsValue> {
    if window().is_secure_context() {
        if let Some(digest) = beside::sha256(blob).await {
            return Ok(digest);
        }
        let bytes = JsFuture::from(blob.array_buffer()).await?;
        let digest = window().crypto()?.subtle().digest_with_str_and_buffer_source("SHA-256", bytes.unchecked_ref())?;
        let mut digested = [0; 32];
        Uint8Array::new(&JsFuture::from(digest).await?).copy_to(&mut digested);
        return Ok(digested);
    }
    let (mut digest, size) = (Sha256::new(), blob.size() as u64);
    for start in (0..size).step_by(PIECE as usize) {
        digest.update(read(&slice(blob, start, (start + PIECE).min(size))?).await?.to_vec());
    }
    Ok(digest.finalize().into())
}

/// The bytes from `start` to `end`, unread.
pub fn slice(blob: &Blob, start: u64, end: u64) -> Result<Blob, JsValue> {
    blob.slice_with_f64_and_f64(start as f64, end as f64)
}

async fn read(blob: &Blob) -> Result<Uint8Array, JsValue> {
    Ok(Uint8Array::new(&JsFuture::from(blob.array_buffer()).await?))
}
