//! Work as rows. Every write of a claimed task names its fence, so that a stale worker's write hits no row.

use super::{read, read_option};
use domain::id::{BuildId, TaskId, UserId, VideoId};
use domain::plan::Outcome;
use domain::poster::Wish;
use domain::task::{Kind, MAX_FAILURES, URGENT, USUAL};
use sqlx::PgExecutor;
use sqlx::types::Json;
use std::time::Duration;

/// A task that a worker may work on for as long as its lease is renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub task: TaskId,
    pub kind: Kind,
    /// Raised by every claim of the task.
    pub fence: i64,
    pub video: Option<VideoId>,
    pub build: Option<BuildId>,
    /// Of the build's plan; None: from where it stands to the end.
    pub chunk: Option<u32>,
    /// The sound that it makes.
    pub rendition: Option<String>,
    /// How often the task itself went wrong.
    pub failures: i32,
    /// How often a worker fell silent with it.
    pub lapses: i32,
}

/// What only the claiming tells of a claim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Circumstances {
    /// [`domain::task::URGENT`] and so on.
    pub class: i32,
    /// Seconds for which it could have been claimed before.
    pub waited: f64,
    /// Whether another's lease had run out.
    pub lapsed: bool,
}

/// What a worker has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Any,
    /// What somebody waits for.
    Urgent,
}

/// How a claimed task ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End<'a> {
    Done,
    /// Nothing is wrong with us: what it works on is bad.
    Failed(&'a str),
    /// Given up. For operators.
    Dead(&'a str),
}

#[derive(Clone, Copy)]
pub struct NewTask<'a> {
    pub kind: Kind,
    /// [`domain::task::URGENT`] and so on.
    pub class: i32,
    pub video: &'a VideoId,
    pub build: Option<&'a BuildId>,
    pub chunk: Option<u32>,
    pub rendition: Option<&'a str>,
    pub owner: &'a UserId,
    /// Its share of the film's processing, beside the build's other tasks'.
    pub weight: f64,
    /// Seconds until it may be claimed.
    pub delay: f64,
    /// Of one that makes a poster.
    pub wish: Option<&'a Wish>,
}

impl<'a> NewTask<'a> {
    /// One of no build, that may be claimed at once.
    pub fn new(kind: Kind, class: i32, video: &'a VideoId, owner: &'a UserId) -> Self {
        Self {
            kind,
            class,
            video,
            build: None,
            chunk: None,
            rendition: None,
            owner,
            weight: 0.0,
            delay: 0.0,
            wish: None,
        }
    }
}

pub async fn insert(db: impl PgExecutor<'_>, task: NewTask<'_>) -> sqlx::Result<TaskId> {
    let id = sqlx::query_scalar!(
        "INSERT INTO tasks (kind, class, video_id, build_id, chunk, owner_id, weight, run_after, rendition, wish)
         VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8), $9, $10) RETURNING id",
        task.kind.as_str(),
        task.class,
        task.video.as_str(),
        task.build.map(BuildId::as_str),
        task.chunk.map(|chunk| chunk as i32),
        task.owner.as_str(),
        task.weight as f32,
        task.delay,
        task.rendition,
        task.wish.map(Json) as _
    )
    .fetch_one(db)
    .await?;
    Ok(TaskId(id))
}

/// Takes the best task there is: urgent class first (ten minutes of waiting raise it by one), then the owner with the
/// least work running, then age. A task whose lease ran out is there for everybody: a lapse, and no failure. Kinds that
/// this version doesn't know, and builds of another engine, are left to others.
pub async fn claim(
    db: impl PgExecutor<'_>,
    worker: &str,
    engine_version: i32,
    lease: Duration,
    wanted: Wanted,
) -> sqlx::Result<Option<(Claim, Circumstances)>> {
    let row = sqlx::query!(
        r#"UPDATE tasks SET state = 'running', fence = fence + 1, worker = $1,
             lapses = lapses + CASE WHEN best.lapsed THEN 1 ELSE 0 END, claimed_at = clock_timestamp(),
             lease_until = now() + make_interval(secs => $3)
         FROM (
             SELECT t.id, t.state = 'running' AS lapsed, greatest(t.created_at, t.run_after) AS since FROM tasks t
             LEFT JOIN builds b ON b.id = t.build_id
             LEFT JOIN (
                 SELECT owner_id, count(*) AS running FROM tasks
                 WHERE state IN ('open', 'running') AND state = 'running' AND lease_until >= now()
                 GROUP BY owner_id
             ) o ON o.owner_id = t.owner_id
             WHERE t.state IN ('open', 'running')
                 AND ((t.state = 'open' AND t.run_after <= now()) OR (t.state = 'running' AND t.lease_until < now()))
                 AND (t.class <= $6 OR NOT $7)
                 AND (t.kind = ANY($4) OR (t.kind = ANY($5) AND coalesce(b.engine_version, $2) = $2))
             ORDER BY t.class - floor(extract(epoch FROM now() - greatest(t.created_at, t.run_after)) / 600),
                 coalesce(o.running, 0), t.created_at, t.id
             LIMIT 1 FOR UPDATE OF t SKIP LOCKED
         ) best
         WHERE tasks.id = best.id
         RETURNING tasks.id, kind, class, fence, video_id, build_id, chunk, rendition, failures, lapses,
             best.lapsed AS "lapsed!",
             greatest(extract(epoch FROM claimed_at - best.since)::double precision, 0) AS "waited!""#,
        worker,
        engine_version,
        lease.as_secs_f64(),
        &words(|kind| !kind.needs_engine()),
        &words(Kind::needs_engine),
        URGENT,
        wanted == Wanted::Urgent
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| {
        let circumstances = Circumstances { class: r.class, waited: r.waited, lapsed: r.lapsed };
        let claim = Claim {
            task: TaskId(r.id),
            kind: read(&r.kind)?,
            fence: r.fence,
            video: read_option(r.video_id)?,
            build: read_option(r.build_id)?,
            chunk: r.chunk.map(i32::unsigned_abs),
            rendition: r.rendition,
            failures: r.failures,
            lapses: r.lapses,
        };
        Ok((claim, circumstances))
    })
    .transpose()
}

pub(super) fn words(wanted: impl Fn(Kind) -> bool) -> Vec<String> {
    Kind::ALL.into_iter().filter(|kind| wanted(*kind)).map(|kind| kind.as_str().to_owned()).collect()
}

/// Notes how far the task is, 0 to 1.
pub async fn set_progress(db: impl PgExecutor<'_>, claim: &Claim, progress: f64) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE tasks SET progress = $3 WHERE id = $1 AND fence = $2 AND state = 'running'",
        claim.task.0,
        claim.fence,
        progress.clamp(0.0, 1.0) as f32
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether the task is this claim's; until the end of the transaction nobody else takes it.
pub async fn hold(db: impl PgExecutor<'_>, claim: &Claim) -> sqlx::Result<bool> {
    let held = sqlx::query_scalar!(
        "SELECT id FROM tasks WHERE id = $1 AND fence = $2 AND state = 'running' FOR UPDATE",
        claim.task.0,
        claim.fence
    )
    .fetch_optional(db)
    .await?;
    Ok(held.is_some())
}

pub async fn set_outcome(db: impl PgExecutor<'_>, claim: &Claim, outcome: &Outcome) -> sqlx::Result<()> {
    sqlx::query!("UPDATE tasks SET outcome = $2 WHERE id = $1", claim.task.0, Json(outcome) as _).execute(db).await?;
    Ok(())
}

/// Whether any task that makes a film is still to end.
pub async fn is_made(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT 1 FROM tasks WHERE video_id = $1 AND kind = ANY($2) AND state IN ('open', 'running')
           ) AS "made!""#,
        video.as_str(),
        &words(Kind::makes_film)
    )
    .fetch_one(db)
    .await
}

/// Whether any task that a build needs is still to end.
pub async fn is_unfinished(db: impl PgExecutor<'_>, build: &BuildId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT 1 FROM tasks WHERE build_id = $1 AND kind = ANY($2) AND state IN ('open', 'running')
           ) AS "unfinished!""#,
        build.as_str(),
        &words(Kind::makes_film)
    )
    .fetch_one(db)
    .await
}

/// How a task of a build ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    pub kind: Kind,
    /// None for one that did not end well.
    pub outcome: Option<Outcome>,
    /// What is wrong with the file, in words for its owner.
    pub reason: Option<String>,
}

pub async fn ended(db: impl PgExecutor<'_>, build: &BuildId) -> sqlx::Result<Vec<Ended>> {
    let rows = sqlx::query!(
        r#"SELECT kind, outcome AS "outcome: Json<Outcome>", (CASE WHEN state = 'failed' THEN error END) AS reason
           FROM tasks WHERE build_id = $1 AND kind = ANY($2) ORDER BY chunk, id"#,
        build.as_str(),
        &words(Kind::makes_film)
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|r| Ok(Ended { kind: read(&r.kind)?, outcome: r.outcome.map(|Json(o)| o), reason: r.reason }))
        .collect()
}

/// Ends all that is left to do for a build: it is made anew in another way. False if nothing was left.
pub async fn abandon(db: impl PgExecutor<'_>, build: &BuildId) -> sqlx::Result<bool> {
    let ended = sqlx::query!(
        "UPDATE tasks SET state = 'dead', error = 'the film is made anew', lease_until = NULL, finished_at = now()
         WHERE build_id = $1 AND kind = ANY($2) AND state IN ('open', 'running')",
        build.as_str(),
        &words(Kind::needs_engine)
    )
    .execute(db)
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Takes from a task's share of the film's processing what another one will do. Something is left, always.
pub async fn hand_on_weight(db: impl PgExecutor<'_>, claim: &Claim, weight: f64) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE tasks SET weight = greatest(0.001, weight - $2::real) WHERE id = $1",
        claim.task.0,
        weight as f32
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends the tasks of the picture behind a chunk that can't be made, and the search for more of them.
pub async fn abandon_behind(db: impl PgExecutor<'_>, build: &BuildId, chunk: u32) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE tasks SET state = 'dead', error = 'a chunk before it could not be made', lease_until = NULL,
             finished_at = now()
         WHERE build_id = $1 AND state IN ('open', 'running')
             AND (kind = 'scan' OR (kind = 'encode' AND coalesce(chunk > $2, true)))",
        build.as_str(),
        chunk as i32
    )
    .execute(db)
    .await?;
    Ok(())
}

/// False if the task is another's now, or nobody's.
pub async fn extend(db: impl PgExecutor<'_>, claim: &Claim, lease: Duration) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE tasks SET lease_until = now() + make_interval(secs => $3) WHERE id = $1 AND fence = $2 AND state = 'running'",
        claim.task.0,
        claim.fence,
        lease.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// False as above.
pub async fn end(db: impl PgExecutor<'_>, claim: &Claim, end: End<'_>) -> sqlx::Result<bool> {
    let (state, error) = match end {
        End::Done => ("done", None),
        End::Failed(reason) => ("failed", Some(reason)),
        End::Dead(error) => ("dead", Some(error)),
    };
    let updated = sqlx::query!(
        "UPDATE tasks SET state = $3, error = $4, lease_until = NULL, finished_at = now()
         WHERE id = $1 AND fence = $2 AND state = 'running'",
        claim.task.0,
        claim.fence,
        state,
        error
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Whether this claim ended well.
pub async fn is_done(db: impl PgExecutor<'_>, claim: &Claim) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM tasks WHERE id = $1 AND fence = $2 AND state = 'done') AS "done!""#,
        claim.task.0,
        claim.fence
    )
    .fetch_one(db)
    .await
}

/// Counts a failure: the task waits 4, 16, 64, 256 seconds for its next claim, so that it outlives a restart of what it
/// leans on, or is dead. Returns whether it is; None if the task is another's.
pub async fn count_failure(db: impl PgExecutor<'_>, claim: &Claim, error: &str) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar!(
        r#"UPDATE tasks SET failures = failures + 1, error = $3, worker = NULL, lease_until = NULL,
               state = CASE WHEN failures + 1 >= $4 THEN 'dead' ELSE 'open' END,
               finished_at = CASE WHEN failures + 1 >= $4 THEN now() END,
               run_after = now() + make_interval(secs => least(300, power(4, failures + 1)))
           WHERE id = $1 AND fence = $2 AND state = 'running'
           RETURNING state = 'dead' AS "dead!""#,
        claim.task.0,
        claim.fence,
        error,
        MAX_FAILURES
    )
    .fetch_optional(db)
    .await
}

/// Lets others have the task at once. False if it is another's already.
pub async fn hand_back(db: impl PgExecutor<'_>, claim: &Claim) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE tasks SET state = 'open', worker = NULL, lease_until = NULL WHERE id = $1 AND fence = $2 AND state = 'running'",
        claim.task.0,
        claim.fence
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Opens the task for everybody, in no hurry and not before `delay` is over. False if it is another's already.
pub async fn give_way(db: impl PgExecutor<'_>, claim: &Claim, delay: Duration) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE tasks SET state = 'open', worker = NULL, lease_until = NULL, class = greatest(class, $3),
             run_after = now() + make_interval(secs => $4)
         WHERE id = $1 AND fence = $2 AND state = 'running'",
        claim.task.0,
        claim.fence,
        USUAL,
        delay.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Whether a task is open that somebody waits for.
pub async fn wait(db: impl PgExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM tasks WHERE state = 'open' AND run_after <= now() AND class <= $1) AS "wait!""#,
        USUAL
    )
    .fetch_one(db)
    .await
}

/// Opens tasks whose worker fell silent, and returns them.
pub async fn open_expired(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<TaskId>> {
    let ids = sqlx::query_scalar!(
        "UPDATE tasks SET state = 'open', worker = NULL, lease_until = NULL, lapses = lapses + 1
         WHERE id IN (
             SELECT id FROM tasks WHERE state IN ('open', 'running') AND state = 'running' AND lease_until < now()
             FOR UPDATE SKIP LOCKED
         )
         RETURNING id"
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(TaskId).collect())
}

/// Ends all processing of a film, whoever works on it.
pub async fn cancel_processing(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE tasks SET state = 'failed', error = 'the film was deleted', lease_until = NULL, finished_at = now()
         WHERE video_id = $1 AND kind = ANY($2) AND state IN ('open', 'running')",
        video.as_str(),
        &words(Kind::needs_engine)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes back the deletion of a film's objects. False if it has begun.
pub async fn remove_deletion(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        "DELETE FROM tasks WHERE video_id = $1 AND kind = $2 AND state = 'open' AND fence = 0",
        video.as_str(),
        Kind::DeleteVideo.as_str()
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected() > 0)
}
