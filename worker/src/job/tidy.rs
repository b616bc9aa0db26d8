//! Deletes what is stored below a build, or for a film's poster and captions, and that nothing points at: of claims that
//! were lost, of a film that failed, of a choice that was changed.

use super::Ended;
use platform::tasks::{self, Claim};
use platform::{Platform, builds, captions, posters};

pub async fn perform(platform: &Platform, claim: &Claim) -> Result<(), Ended> {
    let useless = match claim.build {
        Some(_) => builds::useless(platform, claim).await?,
        None => [posters::useless(platform, claim).await?, captions::useless(platform, claim).await?].concat(),
    };
    if !useless.is_empty() {
        tracing::info!(objects = useless.len(), "tidied away");
        platform.storage.delete_all(useless).await?;
    }
    Ok(tasks::done(platform, claim).await?)
}
