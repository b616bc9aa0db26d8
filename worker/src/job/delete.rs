//! What a deleted film left in S3 goes a day later, and its row with it.

use super::Ended;
use platform::Platform;
use platform::tasks::{self, Claim};

/// Deletes the objects first: a row that is gone would take the only trace of them with it. `tasks::done` deletes the row.
pub async fn perform(platform: &Platform, claim: &Claim) -> Result<(), Ended> {
    for prefix in tasks::prefixes_to_delete(platform, claim).await? {
        platform.storage.delete_prefix(&prefix).await?;
    }
    Ok(tasks::done(platform, claim).await?)
}
