//! Hashes of passwords: argon2id in PHC format; and passwords that would be guessed.

use crate::{Error, Result};
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::account::Password;
use std::collections::HashSet;
use std::sync::{LazyLock, OnceLock};
use tokio::sync::Semaphore;

/// 19 MiB, two passes, one lane: the second of the settings that OWASP's Password Storage Cheat Sheet calls equally strong, and
/// the least that it lets pass (seen in November 2026). Of these it costs the least memory for a crowd at the door. What is
/// stored with others is hashed anew at the next sign-in.
const PARAMS: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Each hash takes that memory and a core: a crowd at the door waits here, not in swap.
static HASHERS: Semaphore = Semaphore::const_new(4);

/// What many people have, in lower case, each on a line. `passwords/common.md` says from where.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("passwords/common.txt").lines().collect());

/// What is kept of a password.
pub async fn hash(password: Password) -> Result<String> {
    blocking(move || hashed(password.reveal())).await?
}

/// The same of one that was found right, however it came to be.
pub async fn rehash(password: &str) -> Result<String> {
    let password = password.as_bytes().to_vec();
    blocking(move || hashed(&password)).await?
}

/// Whether `password` is the one that `secret` was made of. Without a secret it takes as long, and is wrong.
pub async fn matches(password: &str, secret: Option<String>) -> Result<bool> {
    let password = password.as_bytes().to_vec();
    blocking(move || is_right(&password, secret.as_deref())).await
}

/// Whether `secret` was made in another way than it would be today.
pub fn is_outdated(secret: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(secret) else { return false };
    let params = Params::try_from(&parsed).map(|p| (p.m_cost(), p.t_cost(), p.p_cost()));
    parsed.algorithm != Algorithm::Argon2id.ident()
        || parsed.version != Some(Version::V0x13.into())
        || params.ok() != Some(PARAMS)
}

/// Why a password would be guessed soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weak {
    /// Many people have it.
    Common,
    /// It is one of the words that everybody tries who knows whose it is.
    Personal,
}

/// `personal` are words about the person and the site; one of them alone is weak, also with digits or signs around it. There
/// are no rules of composition (OWASP ASVS 5, V6.2).
pub fn weakness(password: &Password, personal: &[&str]) -> Option<Weak> {
    let text = String::from_utf8_lossy(password.reveal()).to_lowercase();
    let word = text.trim_matches(|c: char| !c.is_alphabetic());
    let is_personal = |other: &&str| {
        let other = other.to_lowercase();
        !other.is_empty()
            && (text == other || (!word.is_empty() && word == other.trim_matches(|c: char| !c.is_alphabetic())))
    };
    if personal.iter().any(is_personal) {
        return Some(Weak::Personal);
    }
    COMMON.contains(text.as_str()).then_some(Weak::Common)
}

fn argon2() -> Result<Argon2<'static>> {
    let (memory, passes, lanes) = PARAMS;
    let params = Params::new(memory, passes, lanes, None).map_err(|e| Error::internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hashed(password: &[u8]) -> Result<String> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(|e| Error::internal(e.to_string()))?;
    let hash = argon2()?.hash_password(password, &salt).map_err(|e| Error::internal(e.to_string()))?;
    Ok(hash.to_string())
}

/// Without a `secret` the work is done all the same, against a hash of nothing anybody knows.
fn is_right(password: &[u8], secret: Option<&str>) -> bool {
    static DUMMY: OnceLock<String> = OnceLock::new();
    let dummy = || DUMMY.get_or_init(|| hashed(&rand::random::<[u8; 32]>()).unwrap_or_default()).as_str();
    let Ok(parsed) = PasswordHash::new(secret.unwrap_or_else(dummy)) else {
        return false;
    };
    // By the parameters that stand in the hash.
    let right = Argon2::default().verify_password(password, &parsed).is_ok();
    right && secret.is_some()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _room = HASHERS.acquire().await.map_err(Error::internal)?;
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work)).await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let secret = hashed(b"correct horse").unwrap();
        assert!(is_right(b"correct horse", Some(&secret)));
        assert!(!is_right(b"battery staple", Some(&secret)));
        assert!(!is_right(b"correct horse", None));
        assert!(!is_outdated(&secret));
    }

    #[test]
    fn hashes_of_other_days_are_outdated_and_still_match() {
        let salt = SaltString::encode_b64(b"0123456789abcdef").unwrap();
        for (algorithm, memory, passes) in [
            (Algorithm::Argon2id, 4096, 3),
            (Algorithm::Argon2i, PARAMS.0, PARAMS.1),
            (Algorithm::Argon2id, PARAMS.0, 1),
        ] {
            let old = Argon2::new(algorithm, Version::V0x13, Params::new(memory, passes, 1, None).unwrap());
            let secret = old.hash_password(b"correct horse", &salt).unwrap().to_string();
            assert!(is_outdated(&secret), "{secret}");
            assert!(is_right(b"correct horse", Some(&secret)), "{secret}");
        }
    }

    #[test]
    fn what_everybody_would_try_is_weak_and_nothing_else() {
        let weak =
            |text| weakness(&Password::parse(text).unwrap(), &["ada", "ada@example.org", "films.example", "Kinora"]);
        for common in ["password", "PassWord", "12345678", "qwertyuiop", "letmein1"] {
            assert_eq!(weak(common), Some(Weak::Common), "{common}");
        }
        for personal in ["Ada@Example.org", "ada12345", "*kinora*", "kinora2026!", "films.example"] {
            assert_eq!(weak(personal), Some(Weak::Personal), "{personal}");
        }
        for fine in ["correct horse", "adalovelace", "aaaa bbbb cccc", "Ünïcödé ✓", "83624915027"] {
            assert_eq!(weak(fine), None, "{fine}");
        }
        assert!(COMMON.len() > 3000, "ASVS 5, 6.2.4 asks for the 3000 commonest at least");
        assert!(COMMON.iter().all(|word| word.len() >= Password::MIN_CHARS));
    }
}
