//! The subtitles that come with a film.

use super::Ended;
use super::engine::{Job, patiently};
use super::store::{Publish, Store};
use crate::media::{Done, ReadTexts, Work};
use domain::key::MediaKey;
use domain::webvtt;
use platform::builds;
use std::collections::BTreeMap;

pub async fn perform(job: &Job<'_>) -> Result<(), Ended> {
    let plan = patiently(|| builds::plan(job.platform, job.claim)).await?;
    let streams = plan.texts.iter().map(|text| text.stream).collect();
    let work = Work::Texts(ReadTexts { streams, origin_us: plan.origin_us });
    let whole = plan.promised_ms.unwrap_or(60_000).max(1) as f64;
    let mut store = Store::new(job, BTreeMap::new(), Publish::AtTheEnd);
    let made = async {
        let Done::Texts(texts) = job.run(work, &mut store, |done| done as f64 / whole).await? else {
            return Err(Ended::another_answer());
        };
        let mut stored = Vec::new();
        for (text, cues) in plan.texts.iter().zip(texts).filter(|(_, cues)| !cues.is_empty()) {
            let key = MediaKey::Text { build: job.build()?.clone(), name: text.name.clone(), fence: job.claim.fence };
            store.put(key, webvtt::subtitles(&cues).into_bytes());
            stored.push((text.name.clone(), cues.len()));
        }
        store.write_down(|| builds::publish_texts(job.platform, job.claim, &stored)).await
    };
    let made = made.await;
    store.settle(made).await
}
