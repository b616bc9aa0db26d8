//! Claims, fences and failures against a real PostgreSQL.

mod support;

use bytes::Bytes;
use domain::access::Actor;
use domain::event::TOPIC_DEAD;
use domain::id::VideoId;
use domain::key::MediaKey;
use domain::playlist::{Chunk, Segment};
use domain::task::{Kind, MAX_FAILURES, MAX_LAPSES};
use domain::video::State;
use platform::db::{self, tasks::NewTask};
use platform::tasks::{self, Claim, Finished};
use platform::{Error, Platform, videos};
use support::{film, person, platform};

/// A queued film whose build only the engine `engine` makes, ahead of other tests' tasks.
async fn queued(platform: &Platform, engine: i32) -> (VideoId, Actor) {
    let (owner, actor) = person(platform).await;
    let (video, build) = film(platform, &owner.id, "Queued", "").await;
    let new = NewTask { kind: Kind::Transcode, video: &video, build: Some(&build), owner: &owner.id, delay: 0.0 };
    let task = db::tasks::insert(&platform.db, new).await.unwrap();
    for sql in [
        format!("UPDATE videos SET state = 'queued', build_id = NULL, published_at = NULL WHERE id = '{video}'"),
        format!("UPDATE builds SET engine_version = {engine} WHERE id = '{build}'"),
        format!("UPDATE tasks SET class = -1000000 WHERE id = {task}"),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&platform.db).await.unwrap();
    }
    (video, actor)
}

fn engine() -> i32 {
    rand::random_range(1_000..i32::MAX)
}

async fn lapse(platform: &Platform, claim: &Claim) {
    sqlx::query("UPDATE tasks SET lease_until = now() - interval '1 s', run_after = now() WHERE id = $1")
        .bind(claim.task.0)
        .execute(&platform.db)
        .await
        .unwrap();
}

fn finished() -> Finished {
    let duration_ms = 4000;
    Finished { renditions: vec![], poster: false, duration_ms, width: Some(640), height: Some(360), notices: vec![] }
}

#[tokio::test]
async fn a_lapsed_lease_goes_to_another_and_the_first_writes_nothing() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = queued(&platform, engine).await;
    let first = tasks::claim(&platform, "first", engine).await.unwrap().unwrap();
    assert_eq!(videos::get(&platform, &owner, &video).await.unwrap().state, State::Processing);
    lapse(&platform, &first).await;
    let second = tasks::claim(&platform, "second", engine).await.unwrap().unwrap();
    assert_eq!((second.task, second.failures, second.lapses), (first.task, 0, 1));
    assert!(second.fence > first.fence);

    let segments = vec![Segment { bytes: 1000, duration_ms: 4000.0 }];
    let chunk = Chunk { number: 0, fence: first.fence, segments };
    let stale = tasks::publish_chunk(&platform, &first, "360p", chunk.clone(), 0).await;
    assert!(matches!(stale, Err(Error::Lost)));
    assert!(!tasks::heartbeat(&platform, &first, Some(0.9)).await.unwrap());
    assert!(matches!(tasks::finish_transcode(&platform, &first, finished()).await, Err(Error::Lost)));
    assert!(matches!(tasks::fail(&platform, &first, "no").await, Err(Error::Lost)));

    tasks::publish_chunk(&platform, &second, "360p", chunk, 0).await.unwrap();
    for _ in 0..2 {
        tasks::finish_transcode(&platform, &second, finished()).await.unwrap();
    }
    let film = videos::get(&platform, &owner, &video).await.unwrap();
    assert_eq!((film.state, film.progress, film.watchable), (State::Ready, 1.0, true));
}

#[tokio::test]
async fn five_failures_are_the_end() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = queued(&platform, engine).await;
    for failures in 0..MAX_FAILURES {
        let claim = tasks::claim(&platform, "unlucky", engine).await.unwrap().unwrap();
        assert_eq!(claim.failures, failures);
        tasks::went_wrong(&platform, &claim, "disk on fire").await.unwrap();
        lapse(&platform, &claim).await;
    }
    let film = videos::get(&platform, &owner, &video).await.unwrap();
    assert_eq!(film.state, State::Failed);
    assert!(film.failure.unwrap().starts_with("We could not process this film."));
    assert_eq!(videos::get(&platform, &Actor::Anonymous, &video).await.unwrap().failure, None);
}

#[tokio::test]
async fn a_film_that_silences_its_worker_each_time_is_given_up() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = queued(&platform, engine).await;
    let mut last = None;
    for lapses in 0..MAX_LAPSES {
        let claim = tasks::claim(&platform, "doomed", engine).await.unwrap().unwrap();
        assert_eq!((claim.lapses, claim.failures), (lapses, 0));
        lapse(&platform, &claim).await;
        // The server's sweep may be the first to notice; it's one lapse all the same.
        if lapses % 2 == 0 {
            tasks::sweep_leases(&platform).await.unwrap();
        }
        last = Some(claim);
    }
    let left = MediaKey::Poster { build: last.unwrap().build.unwrap(), fence: 1 };
    platform.storage.put(&left, Bytes::from_static(b"left by a dead worker")).await.unwrap();
    // It is nobody's: no worker may die of it any more.
    assert_eq!(tasks::claim(&platform, "lucky", engine).await.unwrap(), None);
    let film = videos::get(&platform, &owner, &video).await.unwrap();
    assert_eq!(film.state, State::Failed);
    assert!(film.failure.unwrap().starts_with("Processing this film broke off again and again"));
    assert_eq!(platform.storage.head(&left).await.unwrap(), None);
    let told: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox WHERE topic = $1 AND key = $2")
        .bind(TOPIC_DEAD)
        .bind(video.as_str())
        .fetch_one(&platform.db)
        .await
        .unwrap();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn what_is_handed_back_is_no_failure() {
    let platform = platform().await;
    let engine = engine();
    queued(&platform, engine).await;
    let first = tasks::claim(&platform, "first", engine).await.unwrap().unwrap();
    tasks::hand_back(&platform, &first).await.unwrap();
    let second = tasks::claim(&platform, "second", engine).await.unwrap().unwrap();
    assert_eq!((second.task, second.failures, second.lapses), (first.task, 0, 0));
    tasks::fail(&platform, &second, "This file has no picture.").await.unwrap();
}
