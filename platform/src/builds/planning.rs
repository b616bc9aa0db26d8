//! From a plan to tasks: all of them at once, or, of a film without an index, as its chunks are found.

use super::{Claim, finish_if_last};
use crate::db::{self, tasks::NewTask, videos::Access};
use crate::tasks::{build, ended_now, ours, video};
use crate::{Error, Platform, Result};
use domain::event::{Message, TOPIC_TASKS};
use domain::id::BuildId;
use domain::plan::{Outcome, Plan};
use domain::playlist::AUDIO;
use domain::task::{Kind, LATER, URGENT, USUAL};
use domain::timeline;
use sqlx::PgConnection;

/// What encoding a second of sound costs beside one of the picture in all its rungs.
const SOUND_WEIGHT: f64 = 0.02;
/// And what copying one costs.
const COPY_WEIGHT: f64 = 0.002;

/// Ends a plan task: writes down what will be made, and queues the making.
pub async fn planned(platform: &Platform, claim: &Claim, plan: &Plan) -> Result<()> {
    let (build, video) = (build(claim)?, video(claim)?);
    let mut tx = platform.db.begin().await?;
    if !ended_now(&mut tx, claim).await? {
        return Ok(());
    }
    let film = db::videos::lock(&mut *tx, video).await?.ok_or(Error::NotFound)?;
    db::builds::set_plan(&mut tx, build, plan).await?;
    let picture = plan.picture.as_ref().map(|picture| (picture.width, picture.height));
    db::videos::set_shape(&mut *tx, video, plan.promised_ms, picture).await?;
    queue(&mut tx, &film, build, tasks_of(plan)).await?;
    tx.commit().await?;
    Ok(())
}

/// A film without an index has a chunk there: adds it to the plan, and queues its making. Again is the same.
pub async fn found(platform: &Platform, claim: &Claim, chunk: &timeline::Chunk) -> Result<()> {
    let (build, video) = (build(claim)?, video(claim)?);
    let mut tx = platform.db.begin().await?;
    ours(db::tasks::hold(&mut *tx, claim).await?)?;
    let film = db::videos::lock(&mut *tx, video).await?.ok_or(Error::Lost)?;
    if db::builds::add_chunk(&mut *tx, build, chunk).await? {
        let task = Planned::of_chunk(chunk, seconds(chunk.until));
        // What the walk weighs is what it may still find.
        db::tasks::hand_on_weight(&mut *tx, claim, task.weight).await?;
        queue(&mut tx, &film, build, vec![task]).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// All chunks of a film without an index are found, but for the rest that has none. The task is done.
pub async fn scanned(platform: &Platform, claim: &Claim, rest: Option<&timeline::Rest>) -> Result<()> {
    let (build, video) = (build(claim)?, video(claim)?);
    let mut tx = platform.db.begin().await?;
    if !ended_now(&mut tx, claim).await? {
        return Ok(());
    }
    let film = db::videos::lock(&mut *tx, video).await?.ok_or(Error::Lost)?;
    db::tasks::set_outcome(&mut *tx, claim, &Outcome::default()).await?;
    if let Some(rest) = rest {
        let plan = db::builds::plan(&mut *tx, build).await?.ok_or(Error::Lost)?;
        db::builds::set_rest(&mut *tx, build, rest).await?;
        queue(&mut tx, &film, build, vec![Planned::of_rest(rest, whole(&plan))]).await?;
    }
    db::tasks::hand_on_weight(&mut *tx, claim, f64::INFINITY).await?;
    finish_if_last(&mut tx, &film, build).await?;
    tx.commit().await?;
    Ok(())
}

async fn queue(tx: &mut PgConnection, film: &Access, build: &BuildId, tasks: Vec<Planned<'_>>) -> Result<()> {
    let mut last = None;
    for Planned { kind, class, chunk, rendition, weight } in tasks {
        let any = NewTask::new(kind, class, &film.video, &film.owner);
        let new = NewTask { build: Some(build), chunk, rendition, weight, ..any };
        last = Some(db::tasks::insert(&mut *tx, new).await?);
    }
    if let Some(task) = last {
        // One bell is enough: whoever hears it claims until nothing is left, and so does everybody else who heard it.
        db::announce(&mut *tx, TOPIC_TASKS, Message::Bell { task }).await?;
    }
    Ok(())
}

/// A task of a plan.
struct Planned<'a> {
    kind: Kind,
    class: i32,
    chunk: Option<u32>,
    rendition: Option<&'a str>,
    weight: f64,
}

impl Planned<'_> {
    fn new(kind: Kind, class: i32, weight: f64) -> Self {
        Self { kind, class, chunk: None, rendition: None, weight }
    }

    /// The making of a chunk of a film of `whole` seconds.
    fn of_chunk(chunk: &timeline::Chunk, whole: f64) -> Self {
        let end = chunk.end.map_or(whole, seconds);
        let weight = (end - seconds(chunk.start)).max(1.0);
        Self { chunk: Some(chunk.number), ..Self::new(Kind::Encode, class_of(chunk.number), weight) }
    }

    /// And of what can't be divided.
    fn of_rest(rest: &timeline::Rest, whole: f64) -> Self {
        Self::new(Kind::Encode, class_of(rest.number), (whole - seconds(rest.start)).max(1.0))
    }
}

/// Somebody waits for the first chunk of a film.
fn class_of(chunk: u32) -> i32 {
    if chunk == 0 { URGENT } else { USUAL }
}

fn seconds(ticks: i64) -> f64 {
    ticks as f64 / timeline::TIMESCALE as f64
}

/// How long the film will be, in seconds; a minute where nobody knows.
fn whole(plan: &Plan) -> f64 {
    plan.promised_ms.unwrap_or(60_000) as f64 / 1000.0
}

/// What a plan takes, in the order of urgency.
fn tasks_of(plan: &Plan) -> Vec<Planned<'_>> {
    let whole = whole(plan);
    let mut tasks = Vec::new();
    let encodes_any = plan.picture.as_ref().is_some_and(|picture| !picture.rungs.is_empty());
    let copies = plan.picture.as_ref().is_some_and(|picture| picture.copy.is_some());
    let chunks = plan.picture.as_ref().map(|picture| picture.chunks.as_slice()).unwrap_or_default();
    if copies {
        tasks.push(Planned::new(Kind::Copy, URGENT, whole * COPY_WEIGHT));
    }
    let mut encodes = chunks.iter().filter(|_| encodes_any).map(|chunk| {
        let task = Planned::of_chunk(chunk, whole);
        // Whoever opens the film sees the copy: what else there will be is in no hurry.
        Planned { class: if copies { USUAL } else { task.class }, ..task }
    });
    let mut rest =
        plan.picture.as_ref().and_then(|picture| picture.rest.as_ref()).map(|rest| Planned::of_rest(rest, whole));
    match &plan.picture {
        Some(picture) if picture.is_scanned => tasks.push(Planned::new(Kind::Scan, URGENT, whole)),
        Some(_) if chunks.is_empty() => tasks.extend(rest.take()),
        Some(_) if !copies => tasks.extend(encodes.next()),
        _ => {}
    }
    let mut sounds = plan.sounds.iter().map(|sound| {
        let class = if sound.name == AUDIO { URGENT } else { USUAL };
        let weight = match &plan.picture {
            Some(_) if sound.copy => whole * COPY_WEIGHT,
            Some(_) => whole * SOUND_WEIGHT,
            None => whole,
        };
        Planned { rendition: Some(&sound.name), ..Planned::new(Kind::Sound, class, weight) }
    });
    tasks.extend(sounds.next());
    // Of a film without a picture: its cover, or how loud it is when.
    tasks.push(Planned::new(Kind::Pictures, USUAL, 0.0));
    tasks.extend(encodes);
    tasks.extend(rest);
    tasks.extend(sounds);
    if !plan.texts.is_empty() {
        tasks.push(Planned::new(Kind::Texts, USUAL, whole * COPY_WEIGHT));
    }
    if plan.picture.is_some() {
        // Nobody waits for it: it must not stand between two chunks of any film.
        tasks.push(Planned::new(Kind::Storyboard, LATER, 0.0));
    }
    tasks
}
