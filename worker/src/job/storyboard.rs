//! Small pictures of a film, for whoever looks for a place in it.

use super::Ended;
use super::engine::{Job, patiently};
use super::store::{Publish, Store};
use crate::media::{Done, Stills, Work};
use platform::builds::{self, Pictures};
use std::collections::BTreeMap;

pub async fn perform(job: &Job<'_>) -> Result<(), Ended> {
    let plan = patiently(|| builds::plan(job.platform, job.claim)).await?;
    let Some(film) = Stills::of(&plan) else {
        return Ok(builds::pictured(job.platform, job.claim, &Pictures::default()).await?);
    };
    let mut store = Store::new(job, BTreeMap::new(), Publish::AtTheEnd);
    let made = async {
        let Done::Storyboard(storyboard) = job.run(Work::Storyboard(film), &mut store, |_| 0.0).await? else {
            return Err(Ended::another_answer());
        };
        let pictures = Pictures { storyboard, ..Pictures::default() };
        store.write_down(|| builds::pictured(job.platform, job.claim, &pictures)).await
    };
    let made = made.await;
    store.settle(made).await
}
