//! A build on its way: planned, published chunk by chunk, finished. What of it comes to nothing is left out.

use crate::db::{self, tasks::End, tasks::NewTask, videos::Access};
use crate::tasks::{build, move_film, ours, queue_plan, tell_state, video};
use crate::{Error, Platform, Result};
use domain::event::{Message, TOPIC_EVENTS, TOPIC_TASKS};
use domain::id::BuildId;
use domain::key::MediaKey;
use domain::plan::{Outcome, Plan};
use domain::playlist::{AUDIO, Chunk, contiguous, length_ms};
use domain::task::{Kind, LATER, URGENT, USUAL};
use domain::video::State;
use sqlx::PgConnection;

pub use crate::db::tasks::Claim;

/// What encoding a second of sound costs beside one of the picture in all its rungs.
const SOUND_WEIGHT: f64 = 0.02;
/// And what copying one costs.
const COPY_WEIGHT: f64 = 0.002;
/// What its owner reads of a film nothing came out of.
const NOTHING: &str = "This file contains no picture or sound that can be decoded.";

/// A rendition's chunk whose object, and whose init segment, are stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The rendition's name.
    pub rung: String,
    pub chunk: Chunk,
    pub init_hash: String,
    /// By RFC 6381.
    pub codecs: String,
}

/// Ends a plan task: writes down what will be made, and queues the making.
pub async fn planned(platform: &Platform, claim: &Claim, plan: &Plan) -> Result<()> {
    let (build, video) = (build(claim)?, video(claim)?);
    let mut tx = platform.db.begin().await?;
    if !db::tasks::end(&mut *tx, claim, End::Done).await? {
        return ours(db::tasks::is_done(&mut *tx, claim).await?);
    }
    let film = db::videos::lock(&mut *tx, video).await?.ok_or(Error::NotFound)?;
    db::builds::set_plan(&mut tx, build, plan).await?;
    let picture = plan.picture.as_ref().map(|picture| (picture.width, picture.height));
    db::videos::set_shape(&mut *tx, video, plan.promised_ms, picture).await?;
    let mut task = None;
    for (kind, class, chunk, weight) in tasks_of(plan) {
        let new = NewTask { build: Some(build), chunk, weight, ..NewTask::new(kind, class, video, &film.owner) };
        task = Some(db::tasks::insert(&mut *tx, new).await?);
    }
    if let Some(task) = task {
        // One bell is enough: whoever hears it claims until nothing is left, and so does everybody else who heard it.
        db::announce(&mut tx, TOPIC_TASKS, Message::Bell { task }).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Kind, class, chunk and weight of what a plan takes, in the order of urgency.
fn tasks_of(plan: &Plan) -> Vec<(Kind, i32, Option<u32>, f64)> {
    let whole = plan.promised_ms.unwrap_or(60_000) as f64 / 1000.0;
    let mut tasks = Vec::new();
    let encodes_any = plan.picture.as_ref().is_some_and(|picture| !picture.rungs.is_empty());
    let copies = plan.picture.as_ref().is_some_and(|picture| picture.copy.is_some());
    let chunks = plan.picture.as_ref().map(|picture| picture.chunks.as_slice()).unwrap_or_default();
    let seconds = |ticks: i64| ticks as f64 / domain::timeline::TIMESCALE as f64;
    if copies {
        tasks.push((Kind::Copy, URGENT, None, whole * COPY_WEIGHT));
    }
    let mut encodes = chunks.iter().filter(|_| encodes_any).map(|chunk| {
        let class = if chunk.number == 0 { URGENT } else { USUAL };
        let end = chunk.end.map_or(whole, seconds);
        (Kind::Encode, class, Some(chunk.number), (end - seconds(chunk.start)).max(1.0))
    });
    match &plan.picture {
        Some(_) if chunks.is_empty() => tasks.push((Kind::Encode, URGENT, None, whole)),
        // Whoever opens the film sees the copy: its sound comes before other sizes.
        Some(_) if !copies => tasks.extend(encodes.next()),
        _ => {}
    }
    if let Some(sound) = &plan.sound {
        let weight = match &plan.picture {
            Some(_) if sound.copy => whole * COPY_WEIGHT,
            Some(_) => whole * SOUND_WEIGHT,
            None => whole,
        };
        tasks.push((Kind::Sound, URGENT, None, weight));
    }
    if plan.picture.is_some() {
        tasks.push((Kind::Pictures, USUAL, None, 0.0));
    }
    tasks.extend(encodes);
    tasks
}

/// What is to be made of the claim's build.
pub async fn plan(platform: &Platform, claim: &Claim) -> Result<Plan> {
    let plan = db::builds::plan(&platform.db, build(claim)?).await?;
    plan.ok_or_else(|| Error::internal(format!("the build of task {} has no plan", claim.task)))
}

/// Whether any of the original may be taken as it is.
pub async fn may_copy(platform: &Platform, claim: &Claim) -> Result<bool> {
    Ok(db::builds::may_copy(&platform.db, build(claim)?).await?)
}

/// The chunks of one rendition that are published, in order.
pub async fn published(platform: &Platform, claim: &Claim, rung: &str) -> Result<Vec<Chunk>> {
    let mut chunks = db::segments::chunks(&platform.db, build(claim)?, Some(rung)).await?;
    Ok(chunks.remove(rung).unwrap_or_default())
}

/// Publishes what is stored, all of it or nothing; with `outcome`, it was the claim's last, and its task is done. Again
/// is the same.
pub async fn publish(platform: &Platform, claim: &Claim, stored: &[Stored], outcome: Option<&Outcome>) -> Result<()> {
    let (build, video) = (build(claim)?, video(claim)?);
    let mut tx = platform.db.begin().await?;
    if !db::tasks::hold(&mut *tx, claim).await? {
        // The connection may have broken before we heard that it was committed.
        return ours(outcome.is_some() && db::tasks::is_done(&mut *tx, claim).await?);
    }
    // One of a film's tasks at a time looks at what it has become by this.
    let film = db::videos::lock(&mut *tx, video).await?.ok_or(Error::Lost)?;
    for Stored { rung, chunk, init_hash, codecs } in stored {
        if !db::builds::set_init(&mut *tx, build, rung, init_hash, codecs).await? {
            return Err(Error::internal(format!(
                "the encoder of {rung} made another init segment than the one before it"
            )));
        }
        db::segments::insert(&mut *tx, build, rung, chunk).await?;
    }
    if let Some(outcome) = outcome {
        ours(db::tasks::end(&mut *tx, claim, End::Done).await?)?;
        db::tasks::set_outcome(&mut *tx, claim, outcome).await?;
        if claim.kind == Kind::Sound {
            db::builds::drop_rendition_without_chunks(&mut *tx, build, AUDIO).await?;
        }
    }
    if db::videos::make_watchable(&mut *tx, video, build).await? {
        tell_state(&mut tx, video, State::Processing).await?;
    }
    let finished = outcome.is_some() && finish_if_last(&mut tx, &film, build).await?;
    tx.commit().await?;
    if finished {
        tracing::info!(%video, %build, "the build is finished");
    }
    platform.bus.fire(TOPIC_EVENTS, Message::Published { video: video.clone(), build: build.clone() });
    Ok(())
}

/// Notes that a poster is stored under the claim's fence. The task is done.
pub async fn pictured(platform: &Platform, claim: &Claim, poster: bool) -> Result<()> {
    let (build, video) = (build(claim)?, video(claim)?);
    let mut tx = platform.db.begin().await?;
    ours(db::tasks::end(&mut *tx, claim, End::Done).await?)?;
    if poster {
        let film = db::videos::lock(&mut *tx, video).await?.ok_or(Error::Lost)?;
        db::builds::set_poster(&mut *tx, build, claim.fence).await?;
        // Pages that show the film ask again.
        tell_state(&mut tx, video, film.state).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// A task of a film has come to nothing, for a `reason` its owner reads: the film is what it can be without it.
pub(crate) async fn lose(tx: &mut PgConnection, claim: &Claim, reason: &str) -> Result<()> {
    let (Some(video), Some(build)) = (&claim.video, &claim.build) else { return Ok(()) };
    if !claim.kind.makes_film() {
        return Ok(());
    }
    if let (Kind::Encode, Some(chunk)) = (claim.kind, claim.chunk) {
        db::tasks::abandon_behind(&mut *tx, build, chunk).await?;
    }
    let Some(film) = db::videos::lock(&mut *tx, video).await? else { return Ok(()) };
    match claim.kind {
        Kind::Plan if film.state == State::Ready => {}
        Kind::Plan => {
            move_film(tx, video, State::Failed, Some(reason)).await?;
            queue_tidying(tx, &film, build).await?;
        }
        _ => {
            let plan = db::builds::plan(&mut *tx, build).await?;
            let copied = plan.as_ref().and_then(|plan| plan.picture.as_ref()?.copy.as_ref());
            let copies_sound = plan.as_ref().and_then(|plan| plan.sound.as_ref()).is_some_and(|sound| sound.copy);
            if claim.kind == Kind::Copy || (claim.kind == Kind::Sound && copies_sound) {
                // What was looked at before was no fair sample: then all of it is encoded.
                tracing::info!(%video, %build, reason, "can't be copied");
                db::tasks::abandon(&mut *tx, build).await?;
                return queue_plan(tx, video, &film.owner, false).await;
            }
            if let (Kind::Encode, Some(chunk)) = (claim.kind, claim.chunk) {
                // Beside a copy that is whole, sizes that aren't are none.
                let from = if copied.is_some() { 0 } else { chunk };
                let except: Vec<String> =
                    [AUDIO].into_iter().chain(copied.map(|copied| copied.name.as_str())).map(str::to_owned).collect();
                db::segments::delete_from(&mut *tx, build, from, &except).await?;
            }
            if claim.kind == Kind::Sound {
                db::builds::drop_rendition_without_chunks(&mut *tx, build, AUDIO).await?;
            }
            finish_if_last(tx, &film, build).await?;
        }
    }
    Ok(())
}

/// Finishes a build if none of its tasks is left: points the film at it, or says why nothing came of it. The film's row
/// is locked, so that one task at a time looks.
async fn finish_if_last(tx: &mut PgConnection, film: &Access, build: &BuildId) -> Result<bool> {
    let video = &film.video;
    if db::tasks::is_unfinished(&mut *tx, build).await? || db::builds::is_finished(&mut *tx, build).await? {
        return Ok(false);
    }
    let Some(plan) = db::builds::plan(&mut *tx, build).await? else { return Ok(false) };
    let ended = db::tasks::ended(&mut *tx, build).await?;
    let chunks = db::segments::chunks(&mut *tx, build, None).await?;
    let sound_ms = chunks.get(AUDIO).map_or(0.0, |chunks| length_ms(contiguous(chunks)));
    let picture_ms = chunks
        .iter()
        .filter(|(rung, _)| *rung != AUDIO)
        .map(|(_, chunks)| length_ms(contiguous(chunks)))
        .fold(0.0_f64, f64::max);
    db::builds::finish(&mut *tx, build).await?;
    queue_tidying(tx, film, build).await?;
    if sound_ms.max(picture_ms) <= 0.0 {
        let reason = ended.iter().find_map(|task| task.reason.as_deref()).unwrap_or(NOTHING);
        move_film(tx, video, State::Failed, Some(reason)).await?;
        return Ok(true);
    }
    let outcomes: Vec<Option<&Outcome>> =
        ended.iter().filter(|task| task.kind != Kind::Plan).map(|task| task.outcome.as_ref()).collect();
    let notices = plan.notices(&outcomes, sound_ms, picture_ms);
    if db::videos::publish(&mut *tx, video, build, sound_ms.max(picture_ms).round() as i64, &notices).await? {
        tell_state(tx, video, State::Ready).await?;
    }
    Ok(true)
}

/// Clears away what nobody points at, once nobody who lost a lease can still be writing.
async fn queue_tidying(tx: &mut PgConnection, film: &Access, build: &BuildId) -> Result<()> {
    const DELAY: f64 = 600.0;
    let task = NewTask::new(Kind::Tidy, LATER, &film.video, &film.owner);
    let new = NewTask { build: Some(build), delay: DELAY, ..task };
    db::tasks::insert(&mut *tx, new).await?;
    Ok(())
}

/// The stored objects of a build that are of no use to anybody.
pub async fn useless(platform: &Platform, claim: &Claim) -> Result<Vec<String>> {
    let build = build(claim)?;
    let stored = platform.storage.keys(&MediaKey::build_prefix(build)).await?;
    let mut tx = platform.db.begin().await?;
    let used = db::builds::in_use(&mut tx, build).await?;
    tx.commit().await?;
    let is_used = |key: &MediaKey| match key {
        MediaKey::Chunk { chunk, fence, rung, .. } => used.chunks.contains(&(*chunk, *fence, rung.clone())),
        MediaKey::Init { hash, rung, .. } => used.inits.contains(&(hash.clone(), rung.clone())),
        MediaKey::Poster { fence, .. } => used.poster == Some(*fence),
        MediaKey::Original { .. } => true,
    };
    // What this version can't read is another's, and stays.
    Ok(stored.into_iter().filter(|key| MediaKey::from_key(key).is_some_and(|key| !is_used(&key))).collect())
}
