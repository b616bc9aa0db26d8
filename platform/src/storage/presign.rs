//! URLs by which browsers reach single objects of the private bucket.

use super::{Error, Result, Storage, window::Window};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use domain::key::MediaKey;
use domain::upload::PartUrl;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// For how long a part's URL may be used to begin sending.
const PART_VALID: Duration = Duration::from_secs(3600);

/// A URL that anybody can read one object by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub url: String,
    /// For how long this same URL is handed out; it is valid for as long again, at least.
    pub max_age: Duration,
}

/// What URLs are signed with now.
pub(super) type Now = RwLock<Option<Arc<Window>>>;

impl Storage {
    /// A URL by which anybody can store an object of exactly `len` bytes: the length is signed. Its only part.
    pub async fn presign_put(&self, key: &MediaKey, len: u64) -> Result<PartUrl> {
        let request = self.inner.public.put_object().bucket(&self.inner.bucket).key(key.to_string());
        let request = request.content_length(len as i64).content_type(key.content_type());
        Ok(part(1, &request.presigned(for_part()?).await?))
    }

    /// The URL is the same for half a window, from every server, and dies with the window: browsers and caches may keep what
    /// lies behind it, and who may not see it any more can't for longer than that.
    pub async fn presign_get(&self, key: &MediaKey) -> Result<Signed> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let half = self.inner.window.as_secs() / 2;
        let start = now - now % half;
        let max_age = Duration::from_secs(start + half - now);
        let key = key.to_string();
        let window = self.window(start).await?;
        let url = if window.is_exact() { window.url(&key) } else { self.presign_by_sdk(&key, start).await? };
        Ok(Signed { url, max_age })
    }

    /// The same URL as the SDK makes it, in thirty times the time.
    pub async fn presign_by_sdk(&self, key: &str, start: u64) -> Result<String> {
        let times = PresigningConfig::builder()
            .start_time(UNIX_EPOCH + Duration::from_secs(start))
            .expires_in(self.inner.window)
            .build()
            .map_err(|e| Error::rejected("Presigning", e))?;
        let url = self.inner.public.get_object().bucket(&self.inner.bucket).key(key).presigned(times).await?;
        Ok(url.uri().to_owned())
    }

    /// What URLs of the window that begins at `start` are signed with.
    async fn window(&self, start: u64) -> Result<Arc<Window>> {
        let known = self.inner.signing.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.start == start) {
            return Ok(known);
        }
        let sample = self.presign_by_sdk(Window::SAMPLE, start).await?;
        let window = Arc::new(Window::new(start, &sample, &self.inner.secret_key, &self.inner.region));
        if !window.is_exact() {
            tracing::warn!("S3's URLs aren't signed as expected: the SDK signs each, which takes longer");
        }
        *self.inner.signing.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&window));
        Ok(window)
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

#[cfg(test)]
mod tests {
    use crate::Config;
    use crate::storage::Storage;

    /// Of a bucket with these settings of its own.
    fn storage(settings: &[(&str, &str)]) -> Storage {
        let usual = [
            ("KINORA_PUBLIC_URL", "https://films.example"),
            ("KINORA_DATABASE_URL", "postgres://kinora:hush@db/kinora"),
            ("KINORA_KAFKA_BROKERS", "kafka:9092"),
            ("KINORA_S3_BUCKET", "kinora.films"),
            ("KINORA_S3_ACCESS_KEY", "hush-id/+="),
            ("KINORA_S3_SECRET_KEY", "hush-key"),
        ];
        let vars = usual.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Storage::new(&Config::from_vars(&vars.collect()).unwrap())
    }

    #[tokio::test]
    async fn urls_are_those_of_the_sdk_byte_for_byte() {
        let settings: [&[(&str, &str)]; 5] = [
            &[],
            &[("KINORA_S3_BUCKET", "films"), ("KINORA_S3_REGION", "eu-central-1")],
            &[("KINORA_S3_ENDPOINT", "http://127.0.0.1:7070"), ("KINORA_S3_PATH_STYLE", "true")],
            &[("KINORA_S3_ENDPOINT", "https://store.example"), ("KINORA_S3_BUCKET", "films")],
            &[
                ("KINORA_S3_PUBLIC_ENDPOINT", "https://store.example:8443/below"),
                ("KINORA_URL_WINDOW_SECONDS", "86400"),
            ],
        ];
        for settings in settings {
            let storage = storage(settings);
            for start in [0, 1_795_366_800] {
                let window = storage.window(start).await.unwrap();
                assert!(window.is_exact(), "{settings:?}");
                for key in ["media/0123456789ab/12.345/audio2.m4s", "posters/zzzzzzzzzzzz/1.2.640.webp"] {
                    assert_eq!(window.url(key), storage.presign_by_sdk(key, start).await.unwrap());
                }
            }
        }
    }
}
