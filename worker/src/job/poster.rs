//! The picture that stands for a film, and what is seen of one that has none.

use super::Ended;
use super::engine::{Job, patiently};
use super::store::{Publish, Store};
use crate::media::{Done, DrawSound, Drawn, Stills, Work};
use platform::builds::{self, Pictures};
use std::collections::BTreeMap;

pub async fn perform(job: &Job<'_>) -> Result<(), Ended> {
    let plan = patiently(|| builds::plan(job.platform, job.claim)).await?;
    let sound = plan.sounds.first().map(|sound| DrawSound { stream: sound.stream });
    let Some(work) = Stills::of(&plan).map(Work::Poster).or(sound.map(Work::DrawSound)) else {
        return Ok(builds::pictured(job.platform, job.claim, &Pictures::default()).await?);
    };
    let mut store = Store::new(job, BTreeMap::new(), Publish::AtTheEnd);
    let made = async {
        let (poster, waveform) = match job.run(work, &mut store, |_| 0.0).await? {
            Done::Poster(poster) => (poster, false),
            Done::Drawn(Drawn { poster, waveform }) => (poster, waveform),
            _ => return Err(Ended::another_answer()),
        };
        let poster = poster.map(|printed| printed.stored(None, job.claim.fence));
        let pictures = Pictures { poster, waveform, storyboard: None };
        store.write_down(|| builds::pictured(job.platform, job.claim, &pictures)).await
    };
    let made = made.await;
    store.settle(made).await
}
