//! URLs by which browsers reach single objects of the private bucket.

use super::{Error, Result, Storage};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use domain::key::MediaKey;
use domain::upload::PartUrl;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// For how long a part's URL may be used to begin sending.
const PART_VALID: Duration = Duration::from_secs(3600);
/// A URL has half a kilobyte, so the cache has at most some 10 MB.
const CACHE_MAX: usize = 20_000;

/// A URL that anybody can read one object by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub url: String,
    /// For how long this same URL is handed out; it is valid for a window longer.
    pub max_age: Duration,
}

/// URLs of the current window only.
#[derive(Default)]
pub(super) struct Cache(Mutex<(u64, HashMap<String, String>)>);

impl Cache {
    fn get(&self, window: u64, key: &str) -> Option<String> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (cache.0 == window).then(|| cache.1.get(key).cloned()).flatten()
    }

    fn put(&self, window: u64, key: String, url: String) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.0 != window || cache.1.len() >= CACHE_MAX {
            *cache = (window, HashMap::new());
        }
        cache.1.insert(key, url);
    }
}

impl Storage {
    /// A URL by which anybody can store an object of exactly `len` bytes: the length is signed. Its only part.
    pub async fn presign_put(&self, key: &MediaKey, len: u64) -> Result<PartUrl> {
        let request = self.inner.public.put_object().bucket(&self.inner.bucket).key(key.to_string());
        let request = request.content_length(len as i64).content_type(key.content_type());
        Ok(part(1, &request.presigned(for_part()?).await?))
    }

    /// The URL is the same within a time window, from every server: browsers and caches may keep what lies behind it.
    pub async fn presign_get(&self, key: &MediaKey) -> Result<Signed> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let length = self.inner.window.as_secs();
        let window = now - now % length;
        let max_age = Duration::from_secs(window + length - now);
        let key = key.to_string();
        if let Some(url) = self.inner.signed.get(window, &key) {
            return Ok(Signed { url, max_age });
        }
        let times = PresigningConfig::builder()
            .start_time(UNIX_EPOCH + Duration::from_secs(window))
            .expires_in(self.inner.window * 2)
            .build()
            .map_err(|e| Error::rejected("Presigning", e))?;
        let url = self.inner.public.get_object().bucket(&self.inner.bucket).key(&key).presigned(times).await?;
        let url = url.uri().to_owned();
        self.inner.signed.put(window, key, url.clone());
        Ok(Signed { url, max_age })
    }
}

/// What to PUT a part with.
pub(super) fn part(number: u32, signed: &PresignedRequest) -> PartUrl {
    // Browsers set these two themselves and let no page do it.
    let headers = signed
        .headers()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("host") && !name.eq_ignore_ascii_case("content-length"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    PartUrl { number, url: signed.uri().to_owned(), headers }
}

pub(super) fn for_part() -> Result<PresigningConfig> {
    PresigningConfig::expires_in(PART_VALID).map_err(|e| Error::rejected("Presigning", e))
}
