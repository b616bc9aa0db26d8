//! A text that many ask for.

use brotli::enc::{BrotliCompress, BrotliEncoderParams};
use bytes::Bytes;
use std::sync::OnceLock;

/// Most of what can be saved, in a millisecond for the playlist of an hour.
const QUALITY: i32 = 5;

/// Written once and compressed once, however many ask: an encoder for each answer costs a thousand times the answer.
#[derive(Debug)]
pub struct Text {
    plain: Bytes,
    brotli: OnceLock<Bytes>,
}

impl Text {
    pub fn new(text: String) -> Self {
        Self { plain: text.into(), brotli: OnceLock::new() }
    }

    pub fn as_str(&self) -> &str {
        // It was a string when it came.
        std::str::from_utf8(&self.plain).unwrap_or_default()
    }

    /// UTF-8.
    pub fn plain(&self) -> Bytes {
        self.plain.clone()
    }

    /// The same by RFC 7932.
    pub fn brotli(&self) -> Bytes {
        self.brotli.get_or_init(|| compress(&self.plain)).clone()
    }
}

fn compress(mut plain: &[u8]) -> Bytes {
    let parameters = BrotliEncoderParams { quality: QUALITY, size_hint: plain.len(), ..BrotliEncoderParams::default() };
    let mut packed = Vec::new();
    // Reads and writes memory, which doesn't fail.
    let _ = BrotliCompress(&mut plain, &mut packed, &parameters);
    packed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_what_is_plain() {
        let text = Text::new("#EXTINF:4.0,\n../../../m/build/1.1/180p.m4s\n".repeat(1000));
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &*text.brotli(), &mut unpacked).unwrap();
        assert_eq!(unpacked, text.as_str().as_bytes());
        assert!(text.brotli().len() * 50 < text.plain().len());
    }
}
