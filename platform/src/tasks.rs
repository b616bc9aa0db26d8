//! What workers do with tasks. Every write names the claim's fence: one that lost its lease gets [`Error::Lost`] and has
//! changed nothing.

use crate::db::{self, tasks::End, tasks::NewTask};
use crate::{Error, Platform, Result, builds};
use domain::event::{Message, TOPIC_DEAD, TOPIC_EVENTS, TOPIC_TASKS};
use domain::id::{BuildId, TaskId, UserId, VideoId};
use domain::key::MediaKey;
use domain::plan::MayCopy;
use domain::task::{Kind, LATER, MAX_LAPSES, URGENT, class_name};
use domain::video::State;
use sqlx::PgConnection;
use std::time::Duration;

use crate::db::tasks::Circumstances;
pub use crate::db::tasks::{Claim, Wanted};

/// What is stored of a film and nobody points at is left alone for so long: it may be on its way, or shown on a page that
/// is open, and what was deleted can be brought back.
pub(crate) const LEFT_ALONE: Duration = Duration::from_secs(2 * 3600);

/// What its owner reads when a film went wrong too often.
const GAVE_UP: &str = "We could not process this film. Something kept going wrong on our side; you can try again.";
const WORE_OUT: &str = "Processing this film broke off again and again, so we gave it up. You can try again; if that \
                        doesn't help, save the film in another format and upload that.";

/// How long a task that gives way leaves its place to others: a few of their chunks.
const AWHILE: Duration = Duration::from_secs(20);

/// Queues the tidying of what a film itself has stored and nobody points at from now on.
pub(crate) async fn queue_tidying(tx: &mut PgConnection, video: &VideoId, owner: &UserId) -> Result<()> {
    let delay = LEFT_ALONE.as_secs_f64() + 60.0;
    db::tasks::insert(&mut *tx, NewTask { delay, ..NewTask::new(Kind::Tidy, LATER, video, owner) }).await?;
    Ok(())
}

/// Queues the processing of a film's original: a new build, the task that plans it, the bell. The film's state is the
/// caller's matter.
pub(crate) async fn queue_plan(
    tx: &mut PgConnection,
    video: &VideoId,
    owner: &UserId,
    may_copy: MayCopy,
) -> Result<()> {
    let build = BuildId::from_random(rand::random());
    db::builds::insert(&mut *tx, &build, video, may_copy).await?;
    let new = NewTask { build: Some(&build), ..NewTask::new(Kind::Plan, URGENT, video, owner) };
    let task = db::tasks::insert(&mut *tx, new).await?;
    db::announce(tx, TOPIC_TASKS, Message::Bell { task }).await?;
    // From here on every line about the film's making names both.
    tracing::info!(%video, %build, "queued");
    Ok(())
}

/// Moves a film to `to` and tells everybody; nothing, if from where it is there is no way.
pub(crate) async fn move_film(tx: &mut PgConnection, video: &VideoId, to: State, failure: Option<&str>) -> Result<()> {
    if db::videos::set_state(&mut *tx, video, to, failure).await? {
        tell_state(tx, video, to).await?;
    }
    Ok(())
}

pub(crate) async fn tell_state(tx: &mut PgConnection, video: &VideoId, state: State) -> Result<()> {
    Ok(db::announce(tx, TOPIC_EVENTS, Message::State { video: video.clone(), state }).await?)
}

/// Takes the best open task, if there is one. A task that too many workers fell silent with is given up instead.
pub async fn claim(platform: &Platform, worker: &str, engine_version: i32, wanted: Wanted) -> Result<Option<Claim>> {
    loop {
        let mut tx = platform.db.begin().await?;
        let claimed = db::tasks::claim(&mut *tx, worker, engine_version, platform.config.lease, wanted).await?;
        let Some((claim, circumstances)) = claimed else { return Ok(None) };
        if claim.lapses < MAX_LAPSES {
            begin(&mut tx, &claim, engine_version).await?;
            tx.commit().await?;
            count(&circumstances);
            return Ok(Some(claim));
        }
        let error = format!("{} workers in a row fell silent with it", claim.lapses);
        ours(db::tasks::end(&mut *tx, &claim, End::Dead(&error)).await?)?;
        bury(&mut tx, &claim, WORE_OUT, &error).await?;
        tx.commit().await?;
        count(&circumstances);
        tracing::error!(task = %claim.task, video = ?claim.video, error, "a task is given up");
    }
}

fn count(&Circumstances { class, waited, lapsed }: &Circumstances) {
    metrics::histogram!("kinora_task_wait_seconds", "class" => class_name(class)).record(waited);
    if lapsed {
        metrics::counter!("kinora_leases_expired_total").increment(1);
    }
}

async fn begin(tx: &mut PgConnection, claim: &Claim, engine_version: i32) -> Result<()> {
    if let (Kind::Plan, Some(video), Some(build)) = (claim.kind, &claim.video, &claim.build) {
        move_film(tx, video, State::Processing, None).await?;
        db::builds::begin(&mut *tx, build, engine_version).await?;
    }
    Ok(())
}

/// Tells of a task that is dead, and lets its film be what it can be without it.
async fn bury(tx: &mut PgConnection, claim: &Claim, reason: &str, error: &str) -> Result<()> {
    builds::lose(tx, claim, reason).await?;
    let message = Message::Dead { task: claim.task, video: claim.video.clone(), error: error.to_owned() };
    Ok(db::announce(tx, TOPIC_DEAD, message).await?)
}

/// Renews the lease and, if given, notes how far the film is (0 to 1). False if the task isn't this claim's any more.
pub async fn heartbeat(platform: &Platform, claim: &Claim, progress: Option<f64>) -> Result<bool> {
    if !db::tasks::extend(&platform.db, claim, platform.config.lease).await? {
        return Ok(false);
    }
    if let (Some(progress), Some(build)) = (progress, &claim.build) {
        db::tasks::set_progress(&platform.db, claim, progress).await?;
        let progress = db::builds::add_up(&platform.db, build).await?;
        if let Some(video) = &claim.video {
            platform.bus.fire(TOPIC_EVENTS, Message::Progress { video: video.clone(), progress });
        }
    }
    Ok(true)
}

/// Gives up a task because the film itself is bad. `reason` is what its owner reads.
pub async fn fail(platform: &Platform, claim: &Claim, reason: &str) -> Result<()> {
    let mut tx = platform.db.begin().await?;
    ours(db::tasks::end(&mut *tx, claim, End::Failed(reason)).await?)?;
    builds::lose(&mut tx, claim, reason).await?;
    tx.commit().await?;
    Ok(())
}

/// Counts a failure that is ours. The task is tried again later, or is dead after [`domain::task::MAX_FAILURES`]; then
/// its film is what it can be without it. `error` is for operators.
pub async fn went_wrong(platform: &Platform, claim: &Claim, error: &str) -> Result<()> {
    let mut tx = platform.db.begin().await?;
    let dead = db::tasks::count_failure(&mut *tx, claim, error).await?.ok_or(Error::Lost)?;
    if dead {
        bury(&mut tx, claim, GAVE_UP, error).await?;
    } else if let (Kind::Plan, Some(video)) = (claim.kind, &claim.video) {
        move_film(&mut tx, video, State::Queued, None).await?;
    }
    tx.commit().await?;
    tracing::warn!(task = %claim.task, failures = claim.failures + 1, dead, error, "a task went wrong");
    Ok(())
}

/// Lets another worker have the task, at once and without a failure.
pub async fn hand_back(platform: &Platform, claim: &Claim) -> Result<()> {
    let mut tx = platform.db.begin().await?;
    ours(db::tasks::hand_back(&mut *tx, claim).await?)?;
    if let (Kind::Plan, Some(video)) = (claim.kind, &claim.video) {
        move_film(&mut tx, video, State::Queued, None).await?;
    }
    db::announce(&mut tx, TOPIC_TASKS, Message::Bell { task: claim.task }).await?;
    tx.commit().await?;
    Ok(())
}

/// Lets others go first: the task is in no hurry any more, and is there again in a while.
pub async fn give_way(platform: &Platform, claim: &Claim) -> Result<()> {
    ours(db::tasks::give_way(&platform.db, claim, AWHILE).await?)
}

/// Whether there is a task that somebody may take now, other than of the class that nobody waits for.
pub async fn others_wait(platform: &Platform) -> Result<bool> {
    Ok(db::tasks::wait(&platform.db).await?)
}

/// Ends a task that went well. With the objects of a deleted film, or of a build of no use, its row goes, too.
pub async fn done(platform: &Platform, claim: &Claim) -> Result<()> {
    let mut tx = platform.db.begin().await?;
    ours(db::tasks::end(&mut *tx, claim, End::Done).await?)?;
    match (claim.kind, &claim.video, &claim.build) {
        (Kind::DeleteVideo, Some(video), _) => db::videos::remove(&mut *tx, video).await?,
        (Kind::Tidy, _, Some(build)) => db::builds::remove_unused(&mut *tx, build).await?,
        _ => {}
    }
    tx.commit().await?;
    Ok(())
}

/// Below which prefixes of the bucket a deleted film's objects lie.
pub async fn prefixes_to_delete(platform: &Platform, claim: &Claim) -> Result<Vec<String>> {
    let video = video(claim)?;
    let mut prefixes =
        vec![MediaKey::original_prefix(video), MediaKey::posters_prefix(video), MediaKey::captions_prefix(video)];
    prefixes.extend(db::builds::of_video(&platform.db, video).await?.iter().map(MediaKey::build_prefix));
    Ok(prefixes)
}

/// Opens tasks whose worker fell silent and rings for them. Returns how many there were.
pub async fn sweep_leases(platform: &Platform) -> Result<usize> {
    let mut tx = platform.db.begin().await?;
    let tasks: Vec<TaskId> = db::tasks::open_expired(&mut *tx).await?;
    for task in &tasks {
        db::announce(&mut tx, TOPIC_TASKS, Message::Bell { task: *task }).await?;
    }
    tx.commit().await?;
    metrics::counter!("kinora_leases_expired_total").increment(tasks.len() as u64);
    Ok(tasks.len())
}

/// Ends a claim's task, which is done. False if this claim had done so before: the connection may have broken before it
/// heard of the commit.
pub(crate) async fn ended_now(tx: &mut PgConnection, claim: &Claim) -> Result<bool> {
    if db::tasks::end(&mut *tx, claim, End::Done).await? {
        return Ok(true);
    }
    ours(db::tasks::is_done(&mut *tx, claim).await?)?;
    Ok(false)
}

pub(crate) fn ours(written: bool) -> Result<()> {
    if written { Ok(()) } else { Err(Error::Lost) }
}

pub(crate) fn build(claim: &Claim) -> Result<&BuildId> {
    claim.build.as_ref().ok_or_else(|| Error::internal(format!("task {} has no build", claim.task)))
}

pub(crate) fn video(claim: &Claim) -> Result<&VideoId> {
    claim.video.as_ref().ok_or_else(|| Error::internal(format!("task {} has no video", claim.task)))
}
