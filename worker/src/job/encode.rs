//! Picture and sound of a film, chunk by chunk.

use super::Ended;
use super::engine::{Job, patiently};
use super::store::{Publish, Store};
use crate::media::{AAC_FRAME, CopyPicture, Done, EncodePicture, EncodeSound, Enter, Track, Work};
use domain::plan::{PicturePlan, Plan};
use domain::playlist::{AUDIO, Chunk, contiguous, length_ms};
use domain::timeline::TIMESCALE;
use platform::builds;
use std::collections::BTreeMap;
use std::time::Instant;

/// One chunk of the picture; or all from the first that is missing on, where a file can only be read from its beginning.
pub async fn picture(job: &Job<'_>) -> Result<(), Ended> {
    let plan = patiently(|| builds::plan(job.platform, job.claim)).await?;
    let picture = plan.picture.clone().ok_or_else(|| not_planned("picture"))?;
    let (chunk, from) = match job.claim.chunk {
        Some(number) => {
            let chunk = picture.chunks.get(number as usize).ok_or_else(|| not_planned("chunk"))?;
            (chunk.clone(), (chunk.start, chunk.position))
        }
        None => {
            let rest = picture.rest.clone().ok_or_else(|| not_planned("rest"))?;
            let there = published(job, picture.rungs.first().map(|rung| &*rung.name)).await?;
            (rest.chunk(there.len() as u32), (rest.start, rest.position))
        }
    };
    let enter = Enter::of(&picture, from.0, from.1);
    let names: BTreeMap<Track, String> =
        picture.rungs.iter().enumerate().map(|(index, rung)| (Track::Video(index), rung.name.clone())).collect();
    let go_on = job.claim.chunk.is_none();
    let whole = whole_ms(&plan);
    let (from, to) = match chunk.end {
        Some(end) if !go_on => (ms(chunk.start), ms(end)),
        _ if go_on => (ms(from.0), whole),
        _ => (ms(chunk.start), whole),
    };
    let share = move |done: i64| (done as f64 - from) / (to - from).max(1.0);
    // Whoever opens a film that is copied sees the copy.
    let urgent = chunk.number == 0 && picture.copy.is_none();
    let work = EncodePicture {
        plan: PicturePlan { chunks: Vec::new(), ..picture },
        origin_us: plan.origin_us,
        urgent,
        chunk,
        go_on,
        enter,
    };
    let publish = if go_on { Publish::AtOnce } else { Publish::AtTheEnd };
    let from_ms = ms(work.chunk.start);
    make(job, Work::Picture(work), names, publish, (from_ms, share)).await
}

/// The source's own picture, from the first chunk that is missing on.
pub async fn copy(job: &Job<'_>) -> Result<(), Ended> {
    let plan = patiently(|| builds::plan(job.platform, job.claim)).await?;
    let picture = plan.picture.clone().ok_or_else(|| not_planned("picture"))?;
    let copied = picture.copy.ok_or_else(|| not_planned("copy"))?;
    let there = published(job, Some(&copied.name)).await?;
    let chunks = picture.chunks.into_iter().skip(there.len()).collect();
    let whole = whole_ms(&plan);
    let work = CopyPicture { origin_us: plan.origin_us, chunks };
    let names = BTreeMap::from([(Track::Video(0), copied.name)]);
    let done = (length_ms(&there), move |done| done as f64 / whole);
    make(job, Work::Copy(work), names, Publish::InTurns, done).await
}

/// The sound, from the first chunk that is missing on.
pub async fn sound(job: &Job<'_>) -> Result<(), Ended> {
    let plan = patiently(|| builds::plan(job.platform, job.claim)).await?;
    let name = job.claim.rendition.as_deref().unwrap_or(AUDIO);
    let sound = plan.sounds.iter().find(|sound| sound.name == name).ok_or_else(|| not_planned("sound"))?.clone();
    let there = published(job, Some(name)).await?;
    // Segments are whole AAC frames: their durations say how many, however they are rounded.
    let frames = (length_ms(&there) * f64::from(sound.rate) / 1000.0 / AAC_FRAME as f64).round();
    let whole = whole_ms(&plan);
    let work = EncodeSound {
        plan: sound,
        origin_us: plan.origin_us,
        first_chunk: there.len() as u32,
        first_sample: frames as i64 * AAC_FRAME,
        seekable: plan.picture.as_ref().is_some_and(PicturePlan::has_index),
    };
    let names = BTreeMap::from([(Track::Audio, name.to_owned())]);
    let done = (length_ms(&there), move |done| done as f64 / whole);
    make(job, Work::Sound(work), names, Publish::AtOnce, done).await
}

/// `done`: where in the film the task begins, milliseconds, and how far it is when it has come to a millisecond.
async fn make(
    job: &Job<'_>,
    work: Work,
    names: BTreeMap<Track, String>,
    publish: Publish,
    (from_ms, share): (f64, impl Fn(i64) -> f64),
) -> Result<(), Ended> {
    let started = Instant::now();
    let mut store = Store::new(job, names, publish);
    let made = async {
        let Done::Encoded(outcome) = job.run(work, &mut store, share).await? else {
            return Err(Ended::another_answer());
        };
        store.publish(Some(&outcome)).await?;
        Ok(outcome)
    };
    let made = made.await;
    let outcome = store.settle(made).await?;
    let seconds = started.elapsed().as_secs_f64();
    let speed = (outcome.end_ms as f64 - from_ms).max(0.0) / 1000.0 / seconds;
    tracing::info!(end_ms = outcome.end_ms, seconds, speed, "encoded");
    metrics::histogram!("kinora_encode_seconds", "kind" => job.claim.kind.as_str()).record(seconds);
    metrics::histogram!("kinora_encode_speed", "kind" => job.claim.kind.as_str()).record(speed);
    Ok(())
}

/// The chunks of a rendition that are published, up to the first that is missing.
async fn published(job: &Job<'_>, rung: Option<&str>) -> Result<Vec<Chunk>, Ended> {
    let Some(rung) = rung else { return Ok(Vec::new()) };
    let mut chunks = patiently(|| builds::published(job.platform, job.claim, rung)).await?;
    chunks.truncate(contiguous(&chunks).len());
    Ok(chunks)
}

fn whole_ms(plan: &Plan) -> f64 {
    plan.promised_ms.map_or(60_000.0, |ms| ms.max(1) as f64)
}

fn ms(ticks: i64) -> f64 {
    ticks as f64 * 1000.0 / TIMESCALE as f64
}

fn not_planned(what: &str) -> Ended {
    Ended::WentWrong(format!("the build's plan has no such {what}"))
}
