//! Small pictures of the whole film.

use super::Ended;
use super::engine::{Job, patiently};
use super::store::{Publish, Store};
use crate::media::{Done, MakeStoryboard, Work};
use domain::plan::PicturePlan;
use platform::builds;
use std::collections::BTreeMap;

pub async fn perform(job: &Job<'_>) -> Result<(), Ended> {
    let plan = patiently(|| builds::plan(job.platform, job.claim)).await?;
    let Some(picture) = plan.picture else { return Ok(builds::drawn(job.platform, job.claim, None).await?) };
    let entered_ms = plan.promised_ms.filter(|_| picture.has_index());
    let plan_without_chunks = PicturePlan { chunks: Vec::new(), ..picture };
    let work = Work::Storyboard(MakeStoryboard { plan: plan_without_chunks, origin_us: plan.origin_us, entered_ms });
    let mut store = Store::new(job, BTreeMap::new(), Publish::AtTheEnd);
    let made = async {
        let Done::Storyboard(layout) = job.run(work, &mut store, |_| 0.0).await? else {
            return Err(Ended::WentWrong("the engine answered another question".to_owned()));
        };
        store.stored().await?;
        Ok(layout)
    };
    match made.await {
        Ok(layout) => Ok(patiently(|| builds::drawn(job.platform, job.claim, layout.as_ref())).await?),
        Err(ended) => {
            store.remove().await;
            Err(ended)
        }
    }
}
