//! The picture that stands for a film.

use super::Ended;
use super::engine::{Job, patiently};
use super::store::{Publish, Store};
use crate::media::{ChoosePoster, Work};
use domain::ladder::{self, Picture};
use domain::plan::PicturePlan;
use platform::builds;
use std::collections::BTreeMap;

pub async fn perform(job: &Job<'_>) -> Result<(), Ended> {
    let plan = patiently(|| builds::plan(job.platform, job.claim)).await?;
    let Some(mut picture) = plan.picture else { return Ok(builds::pictured(job.platform, job.claim, false).await?) };
    if picture.rungs.is_empty() {
        // Of a film that is only copied: what would have been encoded.
        let PicturePlan { width, height, frame_rate, .. } = picture;
        picture.rungs = ladder::ladder(&Picture { width, height, frame_rate });
    }
    let entered_ms = plan.promised_ms.filter(|_| picture.has_index());
    let work =
        ChoosePoster { plan: PicturePlan { chunks: Vec::new(), ..picture }, origin_us: plan.origin_us, entered_ms };
    let mut store = Store::new(job, BTreeMap::new(), Publish::AtTheEnd);
    let chosen = async {
        job.run(Work::Poster(work), &mut store, |_| 0.0).await?;
        store.stored().await
    };
    if let Err(ended) = chosen.await {
        store.remove().await;
        return Err(ended);
    }
    Ok(patiently(|| builds::pictured(job.platform, job.claim, store.has_poster)).await?)
}
