//! The picture that stands for a film.

use super::Ended;
use super::engine::{Job, patiently};
use super::store::{Publish, Store};
use crate::media::{Stills, Work};
use platform::builds::{self, Pictures};
use std::collections::BTreeMap;

pub async fn perform(job: &Job<'_>) -> Result<(), Ended> {
    let plan = patiently(|| builds::plan(job.platform, job.claim)).await?;
    let Some(film) = Stills::of(&plan) else {
        return Ok(builds::pictured(job.platform, job.claim, &Pictures::default()).await?);
    };
    let mut store = Store::new(job, BTreeMap::new(), Publish::AtTheEnd);
    let made = async {
        job.run(Work::Poster(film), &mut store, |_| 0.0).await?;
        let pictures = Pictures { poster: store.has_poster, ..Pictures::default() };
        store.write_down(|| builds::pictured(job.platform, job.claim, &pictures)).await
    };
    let made = made.await;
    store.settle(made).await
}
