//! Deletes what is stored below a build and that nothing points at: of claims that were lost, or of a film that failed.

use super::Ended;
use platform::tasks::{self, Claim};
use platform::{Platform, builds};

pub async fn perform(platform: &Platform, claim: &Claim) -> Result<(), Ended> {
    let useless = builds::useless(platform, claim).await?;
    if !useless.is_empty() {
        tracing::info!(objects = useless.len(), "tidied away");
        platform.storage.delete_all(useless).await?;
    }
    Ok(tasks::done(platform, claim).await?)
}
