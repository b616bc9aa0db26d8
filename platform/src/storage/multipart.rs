//! Uploads in parts, whose bytes go from the browser straight to S3.

use super::{Error, Result, Storage, client, presign};
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use domain::key::MediaKey;
use domain::upload::{Checksum, PartUrl};
use std::time::Duration;

/// AWS may join thousands of parts for minutes.
const COMPLETE_TIMEOUT: Duration = Duration::from_secs(600);

/// A part that S3 has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub number: u32,
    /// Bytes.
    pub size: u64,
    pub etag: String,
    /// Base64, if S3 was told or asked for one.
    pub checksum_sha256: Option<String>,
}

impl Storage {
    /// Answers S3's id of the upload. With a checksum every part has to come with its own, and S3 refuses what doesn't
    /// fit.
    pub async fn create_multipart(&self, key: &MediaKey, checksum: Option<Checksum>) -> Result<String> {
        let request = self.inner.client.create_multipart_upload().bucket(&self.inner.bucket).key(key.to_string());
        let request = match checksum {
            Some(Checksum::Sha256) => {
                request.checksum_algorithm(ChecksumAlgorithm::Sha256).checksum_type(ChecksumType::Composite)
            }
            None => request,
        };
        let created = request.content_type(key.content_type()).cache_control(key.cache_control()).send().await?;
        created.upload_id.ok_or_else(|| Error::rejected("NoUploadId", "S3 answered without an upload id"))
    }

    /// A URL for exactly `len` bytes: the length is signed, and so is the checksum (base64 of the SHA-256), if given.
    pub async fn presign_part(
        &self,
        key: &MediaKey,
        upload_id: &str,
        number: u32,
        len: u64,
        checksum_sha256: Option<&str>,
    ) -> Result<PartUrl> {
        let request = self.inner.public.upload_part().bucket(&self.inner.bucket).key(key.to_string());
        let request = request.upload_id(upload_id).part_number(number as i32).content_length(len as i64);
        let request = request.set_checksum_sha256(checksum_sha256.map(str::to_owned));
        Ok(presign::part(number, &request.presigned(presign::for_part()?).await?))
    }

    /// What S3 has, in order of the numbers.
    pub async fn list_parts(&self, key: &MediaKey, upload_id: &str) -> Result<Vec<Part>> {
        let request = self.inner.client.list_parts().bucket(&self.inner.bucket).key(key.to_string());
        let mut pages = request.upload_id(upload_id).into_paginator().send();
        let mut parts = Vec::new();
        while let Some(page) = pages.next().await {
            for part in page?.parts.unwrap_or_default() {
                parts.push(Part {
                    number: part.part_number.unwrap_or_default().max(0) as u32,
                    size: part.size.unwrap_or_default().max(0) as u64,
                    etag: part.e_tag.unwrap_or_default(),
                    checksum_sha256: part.checksum_sha256,
                });
            }
        }
        Ok(parts)
    }

    pub async fn complete_multipart(&self, key: &MediaKey, upload_id: &str, parts: &[Part]) -> Result<()> {
        let parts = parts.iter().map(|part| {
            CompletedPart::builder()
                .part_number(part.number as i32)
                .e_tag(&part.etag)
                .set_checksum_sha256(part.checksum_sha256.clone())
                .build()
        });
        let whole = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        let request = self.inner.client.complete_multipart_upload().bucket(&self.inner.bucket).key(key.to_string());
        let request = request.upload_id(upload_id).multipart_upload(whole);
        request.customize().config_override(client::patient(COMPLETE_TIMEOUT)).send().await?;
        Ok(())
    }

    pub async fn abort_multipart(&self, key: &MediaKey, upload_id: &str) -> Result<()> {
        let request = self.inner.client.abort_multipart_upload().bucket(&self.inner.bucket).key(key.to_string());
        request.upload_id(upload_id).send().await?;
        Ok(())
    }
}
