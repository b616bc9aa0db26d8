//! The poster that a film's owner wishes for.

use super::Ended;
use super::engine::{Job, patiently};
use super::store::{Publish, Store};
use crate::jail::Jail;
use crate::media::{Done, PictureAt, Stills, Work};
use domain::poster::Wish;
use platform::tasks::Claim;
use platform::{Platform, posters};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What its owner reads where there is nothing to make a poster of.
const NOTHING: &str = "There is no picture at that time that can be shown. Choose another one.";

pub async fn perform(
    platform: &Platform,
    jail: &Arc<Jail>,
    claim: &Claim,
    shutdown: &CancellationToken,
) -> Result<(), Ended> {
    let (job, work) = match patiently(|| posters::wish(platform, claim)).await? {
        Wish::At { at_ms, key_frame } => {
            let plan = patiently(|| posters::plan(platform, claim)).await?;
            let film = plan.as_ref().and_then(Stills::of).ok_or_else(|| Ended::Unplayable(NOTHING.to_owned()))?;
            (Job::new(platform, jail, claim, shutdown).await?, Work::PictureAt(PictureAt { film, at_ms, key_frame }))
        }
        Wish::Picture { picture } => {
            let source = posters::sent(claim, picture)?;
            (Job::of(platform, jail, claim, shutdown, source).await?, Work::OwnPicture)
        }
    };
    let mut store = Store::new(&job, BTreeMap::new(), Publish::AtTheEnd);
    let made = async {
        let Done::Poster(printed) = job.run(work, &mut store, |_| 0.0).await? else {
            return Err(Ended::another_answer());
        };
        let printed = printed.ok_or_else(|| Ended::Unplayable(NOTHING.to_owned()))?;
        let poster = printed.stored(Some(claim.task), claim.fence);
        store.write_down(|| posters::made(platform, claim, &poster)).await
    };
    let made = made.await;
    store.settle(made).await
}
