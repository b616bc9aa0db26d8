//! Looks at an original, by a few ranged reads, and decides what is to be made of it.

use super::Ended;
use super::engine::{Job, patiently};
use super::store::{Publish, Store};
use crate::media::{self, Done, Wishes, Work};
use platform::{builds, uploads};
use std::collections::BTreeMap;

pub async fn perform(job: &Job<'_>) -> Result<(), Ended> {
    if let Some(video) = &job.claim.video
        && let Err(why) = patiently(|| uploads::holds(job.platform, video)).await?
    {
        return Err(Ended::Unplayable(why.to_string()));
    }
    let mut store = Store::new(job, BTreeMap::new(), Publish::AtTheEnd);
    let Done::Probe(probe) = job.run(Work::Probe, &mut store, |_| 0.0).await? else {
        return Err(Ended::another_answer());
    };
    let config = &job.platform.config;
    let copy = patiently(|| builds::may_copy(job.platform, job.claim)).await?;
    let plan = media::plan(&probe, Wishes { highest: config.ladder_max, copy, effort: config.encode });
    let chunks = plan.picture.as_ref().map_or(0, |picture| picture.chunks.len());
    let why = plan.picture.as_ref().map(|picture| picture.why.as_str());
    tracing::info!(container = probe.container, duration_ms = probe.duration_ms, chunks, why, "planned");
    Ok(patiently(|| builds::planned(job.platform, job.claim, &plan)).await?)
}
