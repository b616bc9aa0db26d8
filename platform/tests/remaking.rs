//! Films that are made anew: because somebody asks for it, because a copy can't go on, because an engine is gone.

mod support;

use bytes::Bytes;
use domain::actor::Actor;
use domain::id::{BuildId, TaskId, VideoId};
use domain::key::MediaKey;
use domain::plan::{Copied, MayCopy};
use domain::playlist::AUDIO;
use domain::task::{Kind, MAX_FAILURES};
use domain::video::{Notice, State, Video};
use platform::tasks::{self, Claim, Wanted};
use platform::{Error, Platform, builds, db, videos};
use support::work::{claim, count, engine, execute, favour, perform, plan, planned, queued, stored};
use support::{person, platform};
use tokio::sync::Mutex;

const SECONDS: i64 = 20;

async fn show(platform: &Platform, owner: &Actor, video: &VideoId) -> Video {
    videos::get(platform, owner, video).await.unwrap()
}

async fn watched(platform: &Platform, video: &VideoId) -> Option<BuildId> {
    db::videos::watched_build(&platform.db, video).await.unwrap()
}

/// A build that was queued anew is anybody's until it is given to an engine: the tests of this file take turns.
static TURN: Mutex<()> = Mutex::const_new(());

/// Does all that there is to do for an engine; what `ends_badly` says for the fifth time.
async fn work(platform: &Platform, engine: i32, ends_badly: impl Fn(&Claim) -> bool) {
    while let Some(claim) = tasks::claim(platform, "test", engine, Wanted::Any).await.unwrap() {
        let video = claim.video.clone().unwrap();
        if ends_badly(&claim) {
            let failures = MAX_FAILURES - 1;
            execute(platform, format!("UPDATE tasks SET failures = {failures} WHERE id = {}", claim.task.0)).await;
            tasks::went_wrong(platform, &claim, "disk on fire").await.unwrap();
        } else if claim.kind == Kind::Plan {
            builds::planned(platform, &claim, &plan(SECONDS)).await.unwrap();
        } else {
            perform(platform, &claim, SECONDS).await;
        }
        favour(platform, &video).await;
    }
}

/// Has a film made anew, by an engine of one's own.
async fn reprocess(platform: &Platform, owner: &Actor, video: &VideoId, engine: i32) -> platform::Result<Video> {
    let film = videos::reprocess(platform, owner, video).await?;
    execute(
        platform,
        format!("UPDATE builds SET engine_version = {engine} WHERE video_id = '{video}' AND planned_at IS NULL"),
    )
    .await;
    favour(platform, video).await;
    Ok(film)
}

async fn original(platform: &Platform, video: &VideoId) {
    let original = MediaKey::Original { video: video.clone() };
    platform.storage.put(&original, Bytes::from_static(b"film")).await.unwrap();
}

/// A film that is ready, and the build it is watched in.
async fn ready(platform: &Platform, engine: i32) -> (VideoId, Actor, BuildId) {
    let (video, owner) = planned(platform, engine, SECONDS).await;
    original(platform, &video).await;
    work(platform, engine, |_| false).await;
    let build = watched(platform, &video).await.unwrap();
    (video, owner, build)
}

fn code(result: platform::Result<Video>) -> &'static str {
    match result {
        Err(error @ Error::Conflict { .. }) => error.code(),
        other => panic!("{other:?}"),
    }
}

async fn in_use(platform: &Platform, build: &BuildId) -> bool {
    let mut tx = platform.db.begin().await.unwrap();
    db::builds::in_use(&mut tx, build).await.unwrap() != db::builds::InUse::default()
}

/// Does what is to be tidied up of a film, and tells which builds are left. Claims nothing: other tests' workers take
/// tidying from anybody.
async fn tidied(platform: &Platform, video: &VideoId) -> Vec<BuildId> {
    let tasks: Vec<(i64, i64, String)> = sqlx::query_as(
        "UPDATE tasks SET state = 'running', fence = 1 WHERE video_id = $1 AND kind = 'tidy' AND state = 'open'
         RETURNING id, fence, build_id",
    )
    .bind(video.as_str())
    .fetch_all(&platform.db)
    .await
    .unwrap();
    for (task, fence, build) in tasks {
        let build = Some(build.parse().unwrap());
        let (task, video) = (TaskId(task), Some(video.clone()));
        let claim =
            Claim { task, kind: Kind::Tidy, fence, video, build, chunk: None, rendition: None, failures: 0, lapses: 0 };
        builds::useless(platform, &claim).await.unwrap();
        tasks::done(platform, &claim).await.unwrap();
    }
    db::builds::of_video(&platform.db, video).await.unwrap()
}

#[tokio::test]
async fn a_ready_film_plays_as_it_was_until_it_is_replaced() {
    let _turn = TURN.lock().await;
    let platform = platform().await;
    let engine = engine();
    let (video, owner, first) = ready(&platform, engine).await;

    let film = reprocess(&platform, &owner, &video, engine).await.unwrap();
    assert_eq!((film.state, &film.notices[..]), (State::Ready, &[Notice::Remaking][..]));
    assert_eq!(code(reprocess(&platform, &owner, &video, engine).await), "in_work");
    assert!(film.playback.unwrap().hls.contains(first.as_str()));
    let (_, stranger) = person(&platform).await;
    assert!(matches!(reprocess(&platform, &stranger, &video, engine).await, Err(Error::Forbidden { .. })));

    work(&platform, engine, |_| false).await;
    let second = watched(&platform, &video).await.unwrap();
    assert_ne!(first, second);
    let remade = show(&platform, &owner, &video).await;
    assert_eq!((remade.state, remade.notices, remade.published_at), (State::Ready, vec![], film.published_at));
    assert!(in_use(&platform, &second).await && !in_use(&platform, &first).await);
    let patient = "SELECT count(*) FROM tasks t JOIN videos v ON v.id = t.video_id AND v.build_id <> t.build_id
                   WHERE v.id = $1 AND kind = 'tidy' AND run_after > now() + interval '23 hours'";
    assert_eq!(count(&platform, &video, patient).await, 1, "somebody may be watching it");
    assert_eq!(tidied(&platform, &video).await, [second]);
}

#[tokio::test]
async fn a_film_that_can_not_be_made_anew_plays_as_it_was() {
    let _turn = TURN.lock().await;
    let platform = platform().await;
    let engine = engine();
    let (video, owner, first) = ready(&platform, engine).await;
    // Nothing of it, or less of it than there was.
    let bad: [fn(&Claim) -> bool; 2] = [|claim| claim.kind == Kind::Plan, |claim| claim.chunk == Some(2)];
    for ends_badly in bad {
        reprocess(&platform, &owner, &video, engine).await.unwrap();
        work(&platform, engine, ends_badly).await;
        let film = show(&platform, &owner, &video).await;
        assert_eq!((film.state, &film.notices[..], &film.failure), (State::Ready, &[Notice::NotRemade][..], &None));
        assert_eq!(film.published_ms(), SECONDS * 1000);
        assert!(builds::given_up(&platform).await.unwrap().contains(&video));
        assert_eq!(tidied(&platform, &video).await, std::slice::from_ref(&first));
    }
    reprocess(&platform, &owner, &video, engine).await.unwrap();
    work(&platform, engine, |_| false).await;
    assert_eq!(show(&platform, &owner, &video).await.notices, []);
}

#[tokio::test]
async fn a_failed_film_starts_over() {
    let _turn = TURN.lock().await;
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = queued(&platform, engine).await;
    assert_eq!(code(reprocess(&platform, &owner, &video, engine).await), "in_work");
    work(&platform, engine, |_| true).await;
    assert_eq!(show(&platform, &owner, &video).await.state, State::Failed);
    assert!(builds::given_up(&platform).await.unwrap().contains(&video));
    assert_eq!(code(reprocess(&platform, &owner, &video, engine).await), "original_gone");
    original(&platform, &video).await;
    let film = reprocess(&platform, &owner, &video, engine).await.unwrap();
    assert_eq!((film.state, film.failure), (State::Queued, None));
    work(&platform, engine, |_| false).await;
    assert_eq!(show(&platform, &owner, &video).await.state, State::Ready);
    assert!(!builds::given_up(&platform).await.unwrap().contains(&video));
    let build = watched(&platform, &video).await.unwrap();
    assert_eq!(tidied(&platform, &video).await, [build]);
}

#[tokio::test]
async fn a_remaking_that_is_called_off_with_its_film_is_told_of() {
    let _turn = TURN.lock().await;
    let platform = platform().await;
    let engine = engine();
    let (video, owner, first) = ready(&platform, engine).await;
    reprocess(&platform, &owner, &video, engine).await.unwrap();
    videos::delete(&platform, &owner, &video).await.unwrap();
    videos::undo_delete(&platform, &owner, &video).await.unwrap();
    assert_eq!(show(&platform, &owner, &video).await.notices, [Notice::NotRemade]);
    assert_eq!(tidied(&platform, &video).await, [first]);
}

/// A film whose picture is copied and which can be watched so far: two chunks of the copy, one of the sound, one of a
/// smaller size. The copy's claim.
async fn half_copied(platform: &Platform, engine: i32) -> (VideoId, Actor, Claim) {
    let (video, owner) = queued(platform, engine).await;
    original(platform, &video).await;
    let mut plan = plan(SECONDS);
    let copy = Copied { name: "360p".to_owned(), codecs: "avc1.64001e".to_owned(), peak_bitrate: 1_000_000 };
    plan.picture.as_mut().unwrap().copy = Some(copy);
    builds::planned(platform, &claim(platform, engine).await, &plan).await.unwrap();
    favour(platform, &video).await;
    let copy = claim(platform, engine).await;
    assert_eq!(copy.kind, Kind::Copy);
    let sound = claim(platform, engine).await;
    assert_eq!(sound.kind, Kind::Sound);
    assert_eq!(claim(platform, engine).await.kind, Kind::Pictures);
    let chunk = claim(platform, engine).await;
    assert_eq!(chunk.chunk, Some(0));
    for (claim, rung, number) in [(&copy, "360p", 0), (&copy, "360p", 1), (&sound, AUDIO, 0), (&chunk, "180p", 0)] {
        builds::publish(platform, claim, &[stored(claim, rung, number, 4000.0)], None).await.unwrap();
    }
    (video, owner, copy)
}

/// The plan of a film's next build, for the same engine.
async fn next_plan(platform: &Platform, video: &VideoId, engine: i32) {
    execute(
        platform,
        format!("UPDATE builds SET engine_version = {engine} WHERE video_id = '{video}' AND planned_at IS NULL"),
    )
    .await;
    favour(platform, video).await;
}

#[tokio::test]
async fn a_copy_that_is_given_up_is_watched_until_the_film_is_encoded_and_then_tidied_away() {
    let _turn = TURN.lock().await;
    let platform = platform().await;
    let engine = engine();
    let (video, owner, copy) = half_copied(&platform, engine).await;
    let first = copy.build.clone().unwrap();
    tasks::fail(&platform, &copy, "time runs backwards").await.unwrap();
    next_plan(&platform, &video, engine).await;
    let film = show(&platform, &owner, &video).await;
    assert_eq!((film.state, film.watchable), (State::Processing, true));
    assert_eq!(tidied(&platform, &video).await.len(), 2, "it is watched");
    work(&platform, engine, |_| false).await;
    let second = watched(&platform, &video).await.unwrap();
    assert_ne!(first, second);
    assert!(!in_use(&platform, &first).await);
    assert_eq!(tidied(&platform, &video).await, [second]);
}

#[tokio::test]
async fn a_copy_that_is_given_up_is_what_there_is_when_encoding_comes_to_nothing() {
    let _turn = TURN.lock().await;
    let platform = platform().await;
    let engine = engine();
    let (video, owner, copy) = half_copied(&platform, engine).await;
    tasks::fail(&platform, &copy, "time runs backwards").await.unwrap();
    next_plan(&platform, &video, engine).await;
    work(&platform, engine, |claim| claim.kind == Kind::Plan).await;
    let film = show(&platform, &owner, &video).await;
    assert_eq!((film.state, &film.notices[..]), (State::Ready, &[Notice::GivenUp][..]));
    assert_eq!(film.duration_ms, Some(8_000), "two chunks of the copy");
    let lengths: Vec<_> = film.renditions.iter().map(|r| (r.name.as_str(), r.published_ms)).collect();
    assert_eq!(lengths, [("180p", 0), ("360p", 8_000), (AUDIO, 4_000)]);
    assert_eq!(tidied(&platform, &video).await, [copy.build.unwrap()]);
}

#[tokio::test]
async fn a_sound_that_can_not_be_copied_leaves_the_picture_to_be() {
    let _turn = TURN.lock().await;
    let platform = platform().await;
    let engine = engine();
    let (video, _) = queued(&platform, engine).await;
    let mut plan = plan(SECONDS);
    plan.sounds[0].copy = true;
    builds::planned(&platform, &claim(&platform, engine).await, &plan).await.unwrap();
    favour(&platform, &video).await;
    let chunk = claim(&platform, engine).await;
    let sound = claim(&platform, engine).await;
    assert_eq!((chunk.kind, sound.kind), (Kind::Encode, Kind::Sound));
    assert_eq!(builds::may_copy(&platform, &sound).await.unwrap(), MayCopy::ALL);
    tasks::fail(&platform, &sound, "there is a hole in it").await.unwrap();
    next_plan(&platform, &video, engine).await;
    let next = claim(&platform, engine).await;
    assert_eq!(next.kind, Kind::Plan);
    assert_eq!(builds::may_copy(&platform, &next).await.unwrap(), MayCopy { picture: true, sound: false });
}

#[tokio::test]
async fn a_build_whose_engine_is_gone_is_made_anew_by_the_one_that_is_there() {
    let _turn = TURN.lock().await;
    let platform = platform().await;
    let (gone, here) = (engine(), engine());
    let (finished, _, _) = ready(&platform, gone).await;
    let (video, owner) = planned(&platform, gone, SECONDS).await;
    let first = claim(&platform, gone).await;
    for sql in [
        // Its poster is still to be chosen.
        format!("UPDATE tasks SET state = 'open' WHERE video_id = '{finished}' AND kind = 'pictures'"),
        format!("UPDATE engines SET seen_at = now() - interval '9 minutes' WHERE version = {gone}"),
    ] {
        execute(&platform, sql).await;
    }
    builds::sweep_engines(&platform, here).await.unwrap();
    assert!(tasks::heartbeat(&platform, &first, None).await.unwrap(), "it may come back");

    execute(&platform, format!("UPDATE engines SET seen_at = now() - interval '11 minutes' WHERE version = {gone}"))
        .await;
    builds::sweep_engines(&platform, here).await.unwrap();
    assert!(!tasks::heartbeat(&platform, &first, None).await.unwrap());
    let unplanned = "SELECT count(*) FROM builds WHERE video_id = $1 AND planned_at IS NULL";
    assert_eq!(count(&platform, &video, unplanned).await, 1);
    next_plan(&platform, &video, here).await;
    execute(&platform, format!("UPDATE tasks SET class = -1000000 WHERE video_id = '{finished}'")).await;
    builds::engine_is_here(&platform, here).await.unwrap();
    work(&platform, here, |_| false).await;
    let film = show(&platform, &owner, &video).await;
    assert_eq!((film.state, film.notices), (State::Ready, vec![]));
    let posters = "SELECT count(*) FROM tasks WHERE video_id = $1 AND kind = 'pictures' AND state = 'done'";
    assert_eq!(count(&platform, &finished, posters).await, 1);
    assert_eq!(tidied(&platform, &video).await.len(), 1);
}
