//! Hashes of passwords: argon2id in PHC format.

use crate::{Error, Result};
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use domain::account::Password;
use std::sync::OnceLock;
use tokio::sync::Semaphore;

/// Argon2 takes 19 MiB and a core for each hash: a crowd at the door waits here, not in swap.
static HASHERS: Semaphore = Semaphore::const_new(4);

/// What is kept of a password.
pub async fn hash(password: Password) -> Result<String> {
    blocking(move || hashed(password.reveal())).await?
}

/// Whether `password` is the one that `secret` was made of. Without a secret it takes as long, and is wrong.
pub async fn matches(password: &str, secret: Option<String>) -> Result<bool> {
    let password = password.as_bytes().to_vec();
    blocking(move || is_right(&password, secret.as_deref())).await
}

fn hashed(password: &[u8]) -> Result<String> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(|e| Error::internal(e.to_string()))?;
    let hash = Argon2::default().hash_password(password, &salt).map_err(|e| Error::internal(e.to_string()))?;
    Ok(hash.to_string())
}

/// Without a `secret` the work is done all the same, against a hash of nothing anybody knows.
fn is_right(password: &[u8], secret: Option<&str>) -> bool {
    static DUMMY: OnceLock<String> = OnceLock::new();
    let dummy = || DUMMY.get_or_init(|| hashed(&rand::random::<[u8; 32]>()).unwrap_or_default()).as_str();
    let Ok(parsed) = PasswordHash::new(secret.unwrap_or_else(dummy)) else {
        return false;
    };
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
    }
}
