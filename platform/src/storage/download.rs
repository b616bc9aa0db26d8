//! URLs by which browsers save an object as a file.

use super::{Error, Result, Storage};
use aws_sdk_s3::presigning::PresigningConfig;
use domain::key::MediaKey;

impl Storage {
    /// A URL by which a browser saves an object as `file_name`, instead of showing it. New each time, and valid for a window.
    pub async fn presign_download(&self, key: &MediaKey, file_name: &str) -> Result<String> {
        let disposition = domain::download::disposition(file_name);
        let request = self.inner.public.get_object().bucket(&self.inner.bucket).key(key.to_string());
        let request = request.response_content_disposition(disposition).response_content_type(key.content_type());
        let times = PresigningConfig::expires_in(self.inner.window).map_err(|e| Error::rejected("Presigning", e))?;
        Ok(request.presigned(times).await?.uri().to_owned())
    }
}
