//! What somebody signs in with besides a password.

use crate::id::PasskeyId;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// By what somebody has shown that it's them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Factor {
    /// A code of an app (RFC 6238).
    Totp,
    /// A recovery code.
    Recovery,
    /// A passkey, which is two factors in one: having the device, and knowing its PIN or being its owner.
    Passkey,
}

impl Factor {
    pub fn as_str(self) -> &'static str {
        match self {
            Factor::Totp => "totp",
            Factor::Recovery => "recovery",
            Factor::Passkey => "passkey",
        }
    }
}

/// All that somebody has set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    /// An app that makes codes.
    pub totp: bool,
    pub recovery_codes_left: u32,
    pub passkeys: Vec<Passkey>,
}

impl Factors {
    /// Whether a password alone is not enough.
    pub fn any(&self) -> bool {
        self.totp || !self.passkeys.is_empty()
    }
}

/// A passkey, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    pub id: PasskeyId,
    pub name: String,
    pub created_at: UnixMillis,
    pub last_used_at: Option<UnixMillis>,
}

/// What an app is told, to make codes from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Base 32, as people type it.
    pub secret: String,
    /// `otpauth://`, for an app on the same device.
    pub uri: String,
    /// The same as a QR code.
    pub qr: Qr,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Setup(…)")
    }
}

/// A QR code: a path on a grid, margin included.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Qr {
    pub size: u32,
    pub path: String,
}

/// What was typed where a code was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// Six digits.
    Totp(String),
    /// A recovery code, without what stands between its groups.
    Recovery(String),
    Neither,
}

/// The letters and digits of secrets and recovery codes (RFC 4648, 6): none is taken for another.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Characters of a recovery code.
pub const RECOVERY_CHARS: usize = 24;
/// How many there are of them.
pub const RECOVERY_CODES: usize = 10;

impl Typed {
    pub fn parse(text: &str) -> Self {
        let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64).collect();
        if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Self::Totp(text);
        }
        let text = text.to_ascii_lowercase();
        if text.len() == RECOVERY_CHARS && text.bytes().all(|b| BASE32.contains(&b.to_ascii_uppercase())) {
            return Self::Recovery(text);
        }
        Self::Neither
    }
}

/// Base 32 without padding (RFC 4648, 6).
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(BASE32[(held >> bits) as usize & 31] as char);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(BASE32[(held << (5 - bits)) as usize & 31] as char);
    }
    text
}

/// For people: with something between its groups.
pub fn in_groups(text: &str, of: usize, between: char) -> String {
    let mut grouped = String::with_capacity(text.len() * 2);
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i % of == 0 {
            grouped.push(between);
        }
        grouped.push(c);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_32_is_that_of_rfc_4648() {
        for (bytes, text) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn codes_are_known_however_they_are_typed() {
        assert_eq!(Typed::parse(" 123 456 "), Typed::Totp("123456".to_owned()));
        let code = base32(&[7; 15]).to_lowercase();
        assert_eq!(code.len(), RECOVERY_CHARS);
        let grouped = in_groups(&code, 6, '-');
        assert_eq!(grouped.split('-').count(), 4);
        assert_eq!(Typed::parse(&grouped), Typed::Recovery(code.clone()));
        assert_eq!(Typed::parse(&grouped.to_uppercase()), Typed::Recovery(code));
        for neither in ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "abc\0ef-abcdef-abcdef-abcdef"] {
            assert_eq!(Typed::parse(neither), Typed::Neither, "{neither:?}");
        }
    }
}
