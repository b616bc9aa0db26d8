//! Films on their way, and workers without an engine that make them.

use super::{film, person};
use domain::actor::Actor;
use domain::id::{UserId, VideoId};
use domain::ladder::{Picture, ladder};
use domain::plan::{Outcome, PicturePlan, Plan, SoundPlan};
use domain::playlist::{AUDIO, Chunk, Segment};
use domain::task::{Kind, URGENT};
use domain::timeline::{TIMESCALE, at_keys};
use platform::Platform;
use platform::builds::{self, Pictures, Stored};
use platform::db::{self, tasks::NewTask};
use platform::tasks::{self, Claim, Wanted};

/// A queued film whose build only the engine `engine` makes, ahead of other tests' tasks.
pub async fn queued(platform: &Platform, engine: i32) -> (VideoId, Actor) {
    let (owner, actor) = person(platform).await;
    (queued_for(platform, engine, &owner.id).await, actor)
}

pub async fn queued_for(platform: &Platform, engine: i32, owner: &UserId) -> VideoId {
    let (video, build) = film(platform, owner, "Queued", "").await;
    for sql in [
        format!("UPDATE videos SET state = 'queued', build_id = NULL, published_at = NULL WHERE id = '{video}'"),
        format!("UPDATE builds SET engine_version = {engine} WHERE id = '{build}'"),
    ] {
        execute(platform, sql).await;
    }
    // Last: a build without an engine is anybody's, and other tests claim at the same time.
    let new = NewTask { build: Some(&build), ..NewTask::new(Kind::Plan, URGENT, &video, owner) };
    db::tasks::insert(&platform.db, new).await.unwrap();
    // Nobody takes it for one that was left behind.
    builds::engine_is_here(platform, engine).await.unwrap();
    favour(platform, &video).await;
    video
}

pub async fn execute(platform: &Platform, sql: String) {
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&platform.db).await.unwrap();
}

/// Puts a film's tasks before those of all other tests.
pub async fn favour(platform: &Platform, video: &VideoId) {
    execute(platform, format!("UPDATE tasks SET class = class - 1000000 WHERE video_id = '{video}' AND class >= 0"))
        .await;
}

pub fn engine() -> i32 {
    rand::random_range(1_000..i32::MAX)
}

pub async fn claim(platform: &Platform, engine: i32) -> Claim {
    tasks::claim(platform, "test", engine, Wanted::Any).await.unwrap().expect("a task")
}

pub async fn lapse(platform: &Platform, claim: &Claim) {
    execute(
        platform,
        format!("UPDATE tasks SET lease_until = now() - interval '1 s', run_after = now() WHERE id = {}", claim.task.0),
    )
    .await;
}

/// A film of so many seconds with a key frame every four, one rung, and sound.
pub fn plan(seconds: i64) -> Plan {
    let mut rungs = ladder(&Picture { width: 640, height: 360, frame_rate: 25.0 });
    rungs.truncate(1);
    let keys: Vec<i64> = (0..seconds / 4).map(|n| n * 4 * TIMESCALE).collect();
    Plan {
        origin_us: 0,
        promised_ms: Some(seconds * 1000),
        picture: Some(PicturePlan {
            width: 640,
            height: 360,
            frame_rate: 25.0,
            drop_frames: false,
            is_still: false,
            rungs,
            copy: None,
            why: String::new(),
            chunks: at_keys(&keys, seconds * TIMESCALE).chunks,
            rest: None,
            is_scanned: false,
        }),
        sounds: vec![SoundPlan::of(48_000, 2)],
        texts: Vec::new(),
        chapters: Vec::new(),
    }
}

/// A film whose plan is made.
pub async fn planned(platform: &Platform, engine: i32, seconds: i64) -> (VideoId, Actor) {
    let (video, actor) = queued(platform, engine).await;
    let first = claim(platform, engine).await;
    builds::planned(platform, &first, &plan(seconds)).await.unwrap();
    favour(platform, &video).await;
    (video, actor)
}

/// In segments of four seconds and what is left.
pub fn stored(claim: &Claim, rung: &str, number: u32, milliseconds: f64) -> Stored {
    let left = |segment: u32| milliseconds - f64::from(segment) * 4000.0;
    let segments = (0..)
        .map(left)
        .take_while(|left| *left > 0.0)
        .map(|left| Segment { bytes: 1000, duration_ms: left.min(4000.0) });
    Stored {
        rung: rung.to_owned(),
        chunk: Chunk { number, fence: claim.fence, segments: segments.collect() },
        init_hash: "cbf29ce484222325".to_owned(),
        codecs: "avc1.64001e".to_owned(),
    }
}

pub fn outcome(end_ms: i64) -> Outcome {
    Outcome { end_ms, damaged_at_ms: None, audible: true }
}

/// Does a claimed task of a film of `seconds` as a worker would.
pub async fn perform(platform: &Platform, claim: &Claim, seconds: i64) {
    match (claim.kind, claim.chunk) {
        (Kind::Encode, Some(number)) => {
            let plan = plan(seconds).picture.unwrap();
            let chunk = &plan.chunks[number as usize];
            let end = chunk.end.unwrap_or(seconds * TIMESCALE);
            let milliseconds = (end - chunk.start) as f64 * 1000.0 / TIMESCALE as f64;
            let stored = stored(claim, &plan.rungs[0].name, number, milliseconds);
            builds::publish(platform, claim, &[stored], Some(&outcome(seconds * 1000))).await.unwrap();
        }
        (Kind::Sound, _) => {
            let stored = stored(claim, AUDIO, 0, seconds as f64 * 1000.0);
            builds::publish(platform, claim, &[stored], Some(&outcome(seconds * 1000))).await.unwrap();
        }
        (Kind::Pictures, _) => {
            builds::pictured(platform, claim, &Pictures { poster: Some(poster(claim)), ..Pictures::default() })
                .await
                .unwrap();
        }
        (Kind::Storyboard, _) => builds::pictured(platform, claim, &Pictures::default()).await.unwrap(),
        // Of no build, and so of a test beside this one, which takes it back.
        (Kind::Poster, _) => {}
        other => panic!("{other:?}"),
    }
}

/// Of 640 pixels.
pub fn poster(claim: &Claim) -> domain::poster::Stored {
    let task = (claim.kind == Kind::Poster).then_some(claim.task);
    domain::poster::Stored { task, fence: claim.fence, width: 640, drawn: false }
}

/// One number that a query finds about a film.
pub async fn count(platform: &Platform, video: &VideoId, query: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(video.as_str()).fetch_one(&platform.db).await.unwrap()
}
