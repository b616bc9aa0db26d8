//! What is stored so that who reads the database alone can't read it: AES-256-GCM with keys from the configuration. The first
//! key seals, all of them open: so a new one is put in front, and the old one goes when nothing is sealed with it any more.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const KEY_BYTES: usize = 32;
/// Of a key's hash, in front of what it sealed.
const NAME_BYTES: usize = 4;
const NONCE_BYTES: usize = 12;

/// The keys of `KINORA_SECRET_KEY`. Prints as nothing.
#[derive(Clone, Default)]
pub struct Keys(Vec<Key>);

#[derive(Clone)]
struct Key {
    name: [u8; NAME_BYTES],
    cipher: Aes256Gcm,
}

/// What was sealed with a key that isn't there, or has been changed since.
#[derive(Debug, thiserror::Error)]
#[error("none of the keys opens what was sealed")]
pub struct Unopened;

/// What was opened.
pub(crate) struct Opened {
    pub bytes: Vec<u8>,
    /// By another key than the first: to be sealed anew.
    pub is_old: bool,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

impl Keys {
    /// Base64 of 32 bytes each, with commas between.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || "must be 32 random bytes as base64 (openssl rand -base64 32), several with commas between".to_owned();
        let keys = text.split(',').map(str::trim).map(|key| {
            let bytes = STANDARD.decode(key).ok().filter(|bytes| bytes.len() == KEY_BYTES).ok_or_else(wrong)?;
            let mut name = [0; NAME_BYTES];
            name.copy_from_slice(&Sha256::digest(&bytes)[..NAME_BYTES]);
            Ok(Key { name, cipher: Aes256Gcm::new_from_slice(&bytes).map_err(|_| wrong())? })
        });
        Ok(Self(keys.collect::<Result<_, String>>()?))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// None without a key. It can be opened only as being `about` the same.
    pub(crate) fn seal(&self, about: &str, secret: &[u8]) -> Option<Vec<u8>> {
        let Key { name, cipher } = self.0.first()?;
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: secret, aad: about.as_bytes() };
        let sealed = cipher.encrypt(&Nonce::from(nonce), payload).ok()?;
        Some([&name[..], &nonce, &sealed].concat())
    }

    pub(crate) fn open(&self, about: &str, sealed: &[u8]) -> Result<Opened, Unopened> {
        let (name, rest) = sealed.split_at_checked(NAME_BYTES).ok_or(Unopened)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Unopened)?;
        // Two keys may have one name.
        let named = self.0.iter().enumerate().filter(|(_, key)| key.name == name);
        for (at, key) in named {
            let payload = Payload { msg: sealed, aad: about.as_bytes() };
            if let Ok(bytes) = key.cipher.decrypt(&Nonce::from(*nonce), payload) {
                return Ok(Opened { bytes, is_old: at > 0 });
            }
        }
        Err(Unopened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; KEY_BYTES])
    }

    #[test]
    fn a_new_key_opens_what_the_old_one_sealed_while_it_is_there() {
        let (old, new) = (Keys::parse(&key(1)).unwrap(), Keys::parse(&key(2)).unwrap());
        let both = Keys::parse(&format!("{}, {}", key(2), key(1))).unwrap();
        let sealed = old.seal("totp:a", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|bytes| bytes == b"secret"));
        let opened = both.open("totp:a", &sealed).unwrap();
        assert_eq!((&opened.bytes[..], opened.is_old), (&b"secret"[..], true));
        let anew = both.seal("totp:a", &opened.bytes).unwrap();
        assert!(!new.open("totp:a", &anew).unwrap().is_old);
        assert!(new.open("totp:a", &sealed).is_err() && old.open("totp:a", &anew).is_err());
    }

    #[test]
    fn what_is_one_persons_opens_for_no_other_nor_when_it_was_changed() {
        let keys = Keys::parse(&key(1)).unwrap();
        let mut sealed = keys.seal("totp:a", b"secret").unwrap();
        assert!(keys.open("totp:b", &sealed).is_err());
        assert_ne!(sealed, keys.seal("totp:a", b"secret").unwrap());
        *sealed.last_mut().unwrap() ^= 1;
        assert!(keys.open("totp:a", &sealed).is_err());
        assert!(keys.open("totp:a", b"").is_err() && keys.open("totp:a", &[0; 10]).is_err());
    }

    #[test]
    fn a_key_is_32_bytes_and_none_seals_nothing() {
        for bad in ["", "short", &STANDARD.encode([1; 31]), &format!("{},", key(1))] {
            assert!(Keys::parse(bad).is_err(), "{bad}");
        }
        assert!(Keys::default().seal("", b"").is_none() && Keys::default().is_empty());
        assert!(!format!("{:?}", Keys::parse(&key(1)).unwrap()).contains(&key(1)));
    }
}
