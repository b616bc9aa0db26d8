//! Presigned URLs by the thousand. Within a window all of them are alike but for the key and the signature: the SDK signs
//! one, and the others are written after its model (AWS Signature Version 4, query parameters) in a fraction of the time.

use crate::Secret;
use sha2::{Digest, Sha256};

const SIGNATURE: &str = "&X-Amz-Signature=";
/// Bytes of a signature, in hexadecimal.
const HEX: usize = 64;

/// What is the same for all URLs of a window.
pub(super) struct Window {
    /// Unix seconds.
    pub start: u64,
    /// Up to the key: `https://host/bucket/`.
    before: String,
    /// Behind it, up to the signature: `?x-id=GetObject&…&X-Amz-Signature=`.
    after: String,
    /// What is hashed before the key, and behind it.
    request_head: Sha256,
    request_tail: String,
    /// HMAC with the window's key, over all but the request's hash.
    inner: Sha256,
    outer: Sha256,
    exact: bool,
}

impl Window {
    /// The key of the sample.
    pub const SAMPLE: &str = "media/000000000000/0.1/1080p.m4s";

    /// After the SDK's URL of [`Self::SAMPLE`].
    pub fn new(start: u64, sample: &str, secret: &Secret<String>, region: &str) -> Self {
        let (before, rest) = sample.split_once(Self::SAMPLE).unwrap_or_default();
        let (query, _) = rest.trim_start_matches('?').split_once(SIGNATURE).unwrap_or_default();
        let (_, host_and_path) = before.split_once("://").unwrap_or_default();
        let (host, path) = host_and_path.split_once('/').unwrap_or_default();
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.sort_unstable();
        let value = |name: &str| pairs.iter().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let date = value("X-Amz-Date").unwrap_or_default();
        let day = date.split('T').next().unwrap_or_default();
        let scope = format!("{day}/{region}/s3/aws4_request");

        let mut key = hmac(format!("AWS4{}", secret.reveal()).as_bytes(), day.as_bytes());
        for part in [region, "s3", "aws4_request"] {
            key = hmac(&key, part.as_bytes());
        }
        let (mut inner, outer) = keyed(&key);
        inner.update(format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n"));
        let mut window = Self {
            start,
            before: before.to_owned(),
            after: format!("?{query}{SIGNATURE}"),
            request_head: Sha256::new_with_prefix(format!("GET\n/{path}")),
            request_tail: format!("\n{}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD", pairs.join("&")),
            inner,
            outer,
            exact: false,
        };
        window.exact = window.url(Self::SAMPLE) == sample;
        window
    }

    /// Whether this makes the SDK's URLs. It doesn't for what is signed in another way.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// `key` has only characters that stand for themselves in a URL, as those of all our objects.
    pub fn url(&self, key: &str) -> String {
        let mut hash = [0; HEX];
        let mut request = self.request_head.clone();
        request.update(key);
        request.update(&self.request_tail);
        let mut inner = self.inner.clone();
        inner.update(hex(&request.finalize().into(), &mut hash));
        let mut outer = self.outer.clone();
        outer.update(inner.finalize());
        let signature = hex(&outer.finalize().into(), &mut hash);
        let mut url = String::with_capacity(self.before.len() + key.len() + self.after.len() + HEX);
        for part in [&self.before, key, &self.after, signature] {
            url.push_str(part);
        }
        url
    }
}

/// The two hashes of an HMAC (RFC 2104), ready for the message.
fn keyed(key: &[u8]) -> (Sha256, Sha256) {
    const BLOCK: usize = 64;
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    (Sha256::new_with_prefix(block.map(|byte| byte ^ 0x36)), Sha256::new_with_prefix(block.map(|byte| byte ^ 0x5c)))
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let (inner, outer) = keyed(key);
    outer.chain_update(inner.chain_update(message).finalize()).finalize().into()
}

fn hex<'a>(bytes: &[u8; 32], into: &'a mut [u8; HEX]) -> &'a str {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (byte, pair) in bytes.iter().zip(into.chunks_exact_mut(2)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    // Nothing but digits.
    std::str::from_utf8(into).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let mut text = [0; HEX];
        let mac = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&mac, &mut text), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let mac = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&mac, &mut text), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[test]
    fn what_is_signed_otherwise_is_not_taken_for_a_model() {
        let secret = Secret::new("hush".to_owned());
        for sample in ["", "https://bucket.example/key?X-Amz-Signature=0", "https://b/media/000000000000/0.1/1080p.m4s"]
        {
            assert!(!Window::new(0, sample, &secret, "us-east-1").is_exact());
        }
    }
}
