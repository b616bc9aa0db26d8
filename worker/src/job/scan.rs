//! Divides a film without an index.

use super::Ended;
use super::engine::{Job, patiently};
use super::store::{Publish, Store};
use crate::media::{Done, ScanFilm, Work};
use platform::builds;
use std::collections::BTreeMap;

/// From the last chunk on that an earlier claim found.
pub async fn perform(job: &Job<'_>) -> Result<(), Ended> {
    let plan = patiently(|| builds::plan(job.platform, job.claim)).await?;
    let last = plan.picture.and_then(|picture| picture.chunks.into_iter().next_back());
    let work = Work::Scan(ScanFilm { origin_us: plan.origin_us, last });
    let mut store = Store::new(job, BTreeMap::new(), Publish::AtOnce);
    // How far it is nobody needs to know: the chunks it finds are what takes long.
    let Done::Scanned(rest) = job.run(work, &mut store, |_| 0.0).await? else {
        return Err(Ended::another_answer());
    };
    Ok(patiently(|| builds::scanned(job.platform, job.claim, rest.as_ref())).await?)
}
