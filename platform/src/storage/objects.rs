//! Whole objects, and the bucket itself.

use super::{Error, Result, Storage, client};
use aws_sdk_s3::types::{
    BucketLocationConstraint, ChecksumMode, CorsConfiguration, CorsRule, CreateBucketConfiguration, Delete, Object,
    ObjectIdentifier,
};
use bytes::Bytes;
use domain::key::MediaKey;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a browser may keep S3's answer to "may I?" for, seconds.
const CORS_MAX_AGE: i32 = 3600;
/// How many objects S3 deletes at once.
const DELETE_MAX: usize = 1_000;
/// How often something is asked for whose answer breaks off, or is none: the SDK tries again only until one begins.
const ATTEMPTS: u32 = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Bytes.
    pub size: u64,
    /// Base64 of the SHA-256 of the digests of its parts, a hyphen and their number; of an object whose parts came with
    /// checksums, if the store tells.
    pub checksum_sha256: Option<String>,
}

impl Storage {
    /// Creates the bucket if it isn't there, and lets the configured origins' pages in.
    pub async fn ensure_bucket(&self) -> Result<()> {
        let inner = &self.inner;
        match inner.client.head_bucket().bucket(&inner.bucket).send().await.map_err(Error::from) {
            Ok(_) => {}
            Err(Error::NotFound) => self.create_bucket().await?,
            Err(error) => return Err(error),
        }
        if inner.cors_origins.is_empty() {
            return Ok(());
        }
        let rule = CorsRule::builder()
            .set_allowed_origins(Some(inner.cors_origins.clone()))
            .set_allowed_methods(Some(["GET", "HEAD", "PUT"].map(str::to_owned).into()))
            .allowed_headers("*")
            .expose_headers("ETag")
            .max_age_seconds(CORS_MAX_AGE)
            .build()
            .map_err(|e| Error::rejected("Cors", e))?;
        let cors = CorsConfiguration::builder().cors_rules(rule).build().map_err(|e| Error::rejected("Cors", e))?;
        match inner
            .client
            .put_bucket_cors()
            .bucket(&inner.bucket)
            .cors_configuration(cors)
            .send()
            .await
            .map_err(Error::from)
        {
            // Some stores set it elsewhere, and some keys may not: the bucket can be used all the same.
            Err(Error::Rejected { code, .. }) => {
                tracing::warn!(%code, "S3 takes no CORS rules from here: allow the site's origin to GET, HEAD and PUT there");
                Ok(())
            }
            other => other.map(drop),
        }
    }

    async fn create_bucket(&self) -> Result<()> {
        // The one region that must not be named.
        let place = (self.inner.region != "us-east-1").then(|| {
            let region = BucketLocationConstraint::from(self.inner.region.as_str());
            CreateBucketConfiguration::builder().location_constraint(region).build()
        });
        let request = self.inner.client.create_bucket().bucket(&self.inner.bucket);
        match request.set_create_bucket_configuration(place).send().await.map_err(Error::from) {
            // Another process was faster.
            Err(Error::Rejected { code, .. }) if code == "BucketAlreadyOwnedByYou" => Ok(()),
            other => other.map(drop),
        }
    }

    pub async fn head(&self, key: &MediaKey) -> Result<Option<Head>> {
        let request = self.inner.client.head_object().bucket(&self.inner.bucket).key(key.to_string());
        match request.checksum_mode(ChecksumMode::Enabled).send().await.map_err(Error::from) {
            Ok(head) => Ok(Some(Head {
                size: head.content_length.unwrap_or_default().max(0) as u64,
                checksum_sha256: head.checksum_sha256,
            })),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `len` bytes from `start` on, fewer where the object ends before.
    pub async fn get_range(&self, key: &MediaKey, start: u64, len: u64) -> Result<Bytes> {
        if len == 0 {
            return Ok(Bytes::new());
        }
        let range = format!("bytes={start}-{}", start.saturating_add(len - 1));
        let request = self.inner.client.get_object().bucket(&self.inner.bucket).key(key.to_string()).range(range);
        let mut attempts = 1;
        loop {
            let object = match request.clone().send().await.map_err(Error::from) {
                Ok(object) => object,
                // It begins behind the end.
                Err(Error::Rejected { code, .. }) if code == "InvalidRange" => return Ok(Bytes::new()),
                Err(error) => return Err(error),
            };
            let is_range = object.content_range().is_some_and(|range| range.starts_with(&format!("bytes {start}-")));
            match object.body.collect().await {
                Ok(bytes) if is_range => return Ok(bytes.into_bytes()),
                // An error with the status of success, say.
                Ok(_) if attempts < ATTEMPTS => tracing::debug!(%key, "what came is no range; asking again"),
                Ok(_) => return Err(Error::Unavailable("S3 answered a read with something else".into())),
                Err(error) if attempts < ATTEMPTS => tracing::debug!(%error, %key, "a read broke off; asking again"),
                Err(error) => return Err(Error::Unavailable(error.into())),
            }
            attempts += 1;
        }
    }

    pub async fn put(&self, key: &MediaKey, bytes: Bytes) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let request = self.inner.client.put_object().bucket(&self.inner.bucket).key(key.to_string());
            let request = request.content_type(key.content_type()).cache_control(key.cache_control());
            let request = request.body(bytes.clone().into()).customize();
            let stored = request.config_override(client::carrying(bytes.len())).send().await?;
            // Who says 200 without having stored it, names no object.
            if stored.e_tag.is_some() {
                return Ok(());
            }
            tracing::debug!(%key, "nothing was stored; storing it again");
        }
        Err(Error::Unavailable("S3 answered a write with something else".into()))
    }

    /// Its absence is no error.
    pub async fn delete(&self, key: &MediaKey) -> Result<()> {
        let request = self.inner.client.delete_object().bucket(&self.inner.bucket).key(key.to_string());
        match request.send().await.map_err(Error::from) {
            Ok(_) | Err(Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Everything below `prefix`, which ends with a slash: else "media/a" would take "media/ab" along.
    pub async fn delete_prefix(&self, prefix: &str) -> Result<()> {
        if prefix.len() < 2 || !prefix.ends_with('/') {
            return Err(Error::rejected("Prefix", "a prefix to delete must name a folder and end with a slash"));
        }
        self.delete_all(self.keys(prefix).await?).await
    }

    /// The keys of all objects that begin with `prefix`.
    pub async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        Ok(self.list(prefix).await?.into_iter().filter_map(|object| object.key).collect())
    }

    /// The keys of objects that begin with `prefix` and were stored that long ago, by S3's clock beside ours.
    pub async fn keys_older_than(&self, prefix: &str, age: Duration) -> Result<Vec<String>> {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let latest = since_epoch.saturating_sub(age).as_secs() as i64;
        let is_old = |object: &Object| object.last_modified.is_some_and(|stored| stored.secs() <= latest);
        Ok(self.list(prefix).await?.into_iter().filter(is_old).filter_map(|object| object.key).collect())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Object>> {
        let request = self.inner.client.list_objects_v2().bucket(&self.inner.bucket).prefix(prefix);
        let mut pages = request.into_paginator().send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            objects.extend(page?.contents.unwrap_or_default());
        }
        Ok(objects)
    }

    /// Deletes objects by their keys. One that is not there is no error.
    pub async fn delete_all(&self, keys: Vec<String>) -> Result<()> {
        for keys in keys.chunks(DELETE_MAX) {
            let objects: Vec<_> = keys
                .iter()
                .map(|key| ObjectIdentifier::builder().key(key).build())
                .collect::<Result<_, _>>()
                .map_err(|e| Error::rejected("Delete", e))?;
            let batch = Delete::builder().set_objects(Some(objects)).quiet(true).build();
            let batch = batch.map_err(|e| Error::rejected("Delete", e))?;
            let done = self.inner.client.delete_objects().bucket(&self.inner.bucket).delete(batch).send().await?;
            if let Some(left) = done.errors().first() {
                let code = left.code().unwrap_or("Unknown");
                return Err(Error::rejected(code, left.message().unwrap_or("an object was not deleted").to_owned()));
            }
        }
        Ok(())
    }

    /// Whether the bucket answers.
    pub async fn health(&self) -> Result<()> {
        self.inner.client.head_bucket().bucket(&self.inner.bucket).send().await?;
        Ok(())
    }
}
