//! What a task is: read the original, run the engine, store what it makes, write it down under the claim's fence.

mod delete;
mod encode;
mod engine;
mod limits;
mod plan;
mod poster;
mod scan;
mod store;
mod storyboard;
mod texts;
mod tidy;
mod wished;

use crate::jail::Jail;
use domain::task::Kind;
use engine::Job;
use platform::Platform;
use platform::tasks::Claim;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// How a task ends other than well.
#[derive(Debug)]
pub enum Ended {
    /// The file's fault, in words for its owner. Trying again would give the same.
    Unplayable(String),
    /// Ours or the machine's: counted, and tried again.
    WentWrong(String),
    /// The worker is to stop: somebody else goes on. Counts as no failure.
    HandedBack,
    /// Enough is made for now: others go first, and somebody goes on later. Counts as no failure.
    GaveWay,
    /// The claim is no longer ours; there is nothing to write.
    Lost,
}

impl Ended {
    /// The engine was asked for one thing and told of another.
    fn another_answer() -> Self {
        Ended::WentWrong("the engine answered another question".to_owned())
    }
}

impl From<platform::Error> for Ended {
    fn from(error: platform::Error) -> Self {
        match error {
            platform::Error::Lost => Ended::Lost,
            other => Ended::WentWrong(chain(&other)),
        }
    }
}

impl From<platform::storage::Error> for Ended {
    fn from(error: platform::storage::Error) -> Self {
        Ended::WentWrong(chain(&error))
    }
}

/// Does a claimed task to its end. What a former claim published stays; what it left half-done is done again under a new
/// fence.
pub async fn perform(
    platform: &Platform,
    jail: &Arc<Jail>,
    claim: &Claim,
    shutdown: &CancellationToken,
) -> Result<(), Ended> {
    let job = Job::new(platform, jail, claim, shutdown);
    match claim.kind {
        Kind::Plan => plan::perform(&job.await?).await,
        Kind::Scan => scan::perform(&job.await?).await,
        Kind::Encode => encode::picture(&job.await?).await,
        Kind::Copy => encode::copy(&job.await?).await,
        Kind::Sound => encode::sound(&job.await?).await,
        Kind::Texts => texts::perform(&job.await?).await,
        Kind::Pictures => poster::perform(&job.await?).await,
        Kind::Poster => wished::perform(platform, jail, claim, shutdown).await,
        Kind::Storyboard => storyboard::perform(&job.await?).await,
        Kind::Tidy => tidy::perform(platform, claim).await,
        Kind::DeleteVideo => delete::perform(platform, claim).await,
    }
}

/// An error with all its causes, for operators.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
