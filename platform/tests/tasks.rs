//! Claims, fences and failures against a real PostgreSQL.

mod support;

use domain::actor::Actor;
use domain::playlist::AUDIO;
use domain::task::{Kind, MAX_FAILURES, MAX_LAPSES};
use domain::video::{Notice, State};
use platform::tasks::{self, Wanted};
use platform::videos::{self, Asked};
use platform::{Error, builds};
use support::work::{
    claim, count, engine, execute, lapse, outcome, perform, plan, planned, queued, queued_for, stored,
};
use support::{person, platform};

/// How often it was told that a task of a film is dead.
const BURIED: &str = "SELECT count(*) FROM outbox WHERE topic = 'kinora.tasks.dlq' AND key = $1";

#[tokio::test]
async fn a_lapsed_lease_goes_to_another_and_the_first_writes_nothing() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = queued(&platform, engine).await;
    let first = claim(&platform, engine).await;
    assert_eq!(videos::get(&platform, &owner, &video).await.unwrap().state, State::Processing);
    lapse(&platform, &first).await;
    let second = claim(&platform, engine).await;
    assert_eq!((second.task, second.failures, second.lapses), (first.task, 0, 1));
    assert!(second.fence > first.fence);

    assert!(!tasks::heartbeat(&platform, &first, Some(0.9)).await.unwrap());
    assert!(matches!(builds::planned(&platform, &first, &plan(4)).await, Err(Error::Lost)));
    let late = builds::publish(&platform, &first, &[stored(&first, "180p", 0, 4000.0)], None).await;
    assert!(matches!(late, Err(Error::Lost)));
    assert!(matches!(tasks::fail(&platform, &first, "no").await, Err(Error::Lost)));
    for _ in 0..2 {
        builds::planned(&platform, &second, &plan(4)).await.unwrap();
    }
    let queued = count(&platform, &video, "SELECT count(*) FROM tasks WHERE video_id = $1 AND state = 'open'").await;
    assert_eq!(queued, 5, "two chunks, the sound, the poster, the storyboard; once");
}

#[tokio::test]
async fn a_film_can_be_watched_from_its_first_chunk_on_and_is_ready_with_its_last() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, 20).await;
    let build = {
        let first = claim(&platform, engine).await;
        assert_eq!((first.kind, first.chunk), (Kind::Encode, Some(0)), "somebody waits for it");
        perform(&platform, &first, 20).await;
        assert!(!videos::get(&platform, &owner, &video).await.unwrap().watchable, "without its sound it isn't watched");
        first.build.clone().unwrap()
    };
    let sound = claim(&platform, engine).await;
    assert_eq!(sound.kind, Kind::Sound);
    builds::publish(&platform, &sound, &[stored(&sound, AUDIO, 0, 4000.0)], None).await.unwrap();
    let film = videos::get(&platform, &owner, &video).await.unwrap();
    assert_eq!((film.state, film.watchable, film.published_ms()), (State::Processing, true, 2000));
    assert!(film.published_at.is_some());

    let asked = Asked::default();
    let early = videos::media_playlist(&platform, &owner, &video, &build, "180p", asked).await.unwrap();
    assert!(!early.finished && early.text.as_str().contains("EVENT") && !early.text.as_str().contains("ENDLIST"));
    builds::publish(&platform, &sound, &[stored(&sound, AUDIO, 1, 16_000.0)], Some(&outcome(20_000))).await.unwrap();
    // Backwards: a chunk waits in the playlist for those before it.
    let mut claims = Vec::new();
    while let Ok(Some(claim)) = tasks::claim(&platform, "test", engine, Wanted::Any).await {
        claims.push(claim);
    }
    // Pictures aren't waited for.
    for claim in claims.iter().filter(|claim| claim.kind.makes_film()).rev() {
        assert_eq!(videos::get(&platform, &owner, &video).await.unwrap().state, State::Processing);
        perform(&platform, claim, 20).await;
    }
    let film = videos::get(&platform, &owner, &video).await.unwrap();
    assert_eq!((film.state, film.progress, film.duration_ms), (State::Ready, 1.0, Some(20_000)));
    assert_eq!(film.notices, []);
    // Who has heard that it is ready finds it whole, whatever was looked at a moment ago.
    let last = videos::media_playlist(&platform, &owner, &video, &build, "180p", asked).await.unwrap();
    assert!(last.text.as_str().ends_with("#EXT-X-ENDLIST\n"));
    let lines = |text: &str| {
        text.lines().filter(|line| !line.starts_with("#EXT-X-PLAYLIST-TYPE")).collect::<Vec<_>>().join("\n")
    };
    assert!(lines(last.text.as_str()).starts_with(&lines(early.text.as_str())), "lines are only appended");
}

#[tokio::test]
async fn what_is_published_is_never_changed() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, 4).await;
    let first = claim(&platform, engine).await;
    let rung = "180p";
    builds::publish(&platform, &first, &[stored(&first, rung, 0, 4000.0)], None).await.unwrap();
    lapse(&platform, &first).await;
    let second = claim(&platform, engine).await;
    assert_eq!(second.task, first.task);
    builds::publish(&platform, &second, &[stored(&second, rung, 0, 4000.0)], None).await.unwrap();
    let chunks = builds::published(&platform, &second, rung).await.unwrap();
    assert_eq!(chunks.iter().map(|chunk| chunk.fence).collect::<Vec<_>>(), [first.fence]);
    let mut other = stored(&second, rung, 1, 4000.0);
    other.init_hash = "0000000000000000".to_owned();
    assert!(builds::publish(&platform, &second, &[other], None).await.is_err(), "another encoder's chunk");
    assert!(!videos::get(&platform, &owner, &video).await.unwrap().watchable);
}

#[tokio::test]
async fn a_dead_chunk_publishes_what_stands_before_it() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, 40).await;
    let mut dead = 0;
    while let Ok(Some(claim)) = tasks::claim(&platform, "test", engine, Wanted::Any).await {
        if claim.chunk == Some(2) {
            tasks::went_wrong(&platform, &claim, "disk on fire").await.unwrap();
            lapse(&platform, &claim).await;
            dead += 1;
        } else {
            perform(&platform, &claim, 40).await;
        }
    }
    assert_eq!(dead, MAX_FAILURES);
    let film = videos::get(&platform, &owner, &video).await.unwrap();
    assert_eq!((film.state, &film.notices[..]), (State::Ready, &[Notice::GivenUp][..]));
    assert_eq!(film.published_ms(), 4_000, "two chunks of two seconds");
}

#[tokio::test]
async fn five_failures_are_the_end() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = queued(&platform, engine).await;
    for failures in 0..MAX_FAILURES {
        let claim = claim(&platform, engine).await;
        assert_eq!(claim.failures, failures);
        tasks::went_wrong(&platform, &claim, "disk on fire").await.unwrap();
        lapse(&platform, &claim).await;
    }
    let film = videos::get(&platform, &owner, &video).await.unwrap();
    assert_eq!(film.state, State::Failed);
    assert!(film.failure.unwrap().starts_with("We could not process this film."));
    assert_eq!(videos::get(&platform, &Actor::ANONYMOUS, &video).await.unwrap().failure, None);
    assert_eq!(count(&platform, &video, BURIED).await, 1);
}

#[tokio::test]
async fn a_dead_poster_fails_no_film() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, 4).await;
    let mut dead = 0;
    while let Ok(Some(claim)) = tasks::claim(&platform, "test", engine, Wanted::Any).await {
        if claim.kind == Kind::Pictures {
            tasks::went_wrong(&platform, &claim, "all frames are black").await.unwrap();
            lapse(&platform, &claim).await;
            dead += 1;
        } else {
            perform(&platform, &claim, 4).await;
        }
    }
    assert_eq!(dead, MAX_FAILURES);
    let film = videos::get(&platform, &owner, &video).await.unwrap();
    assert_eq!((film.state, film.notices, film.failure), (State::Ready, vec![], None));
    assert_eq!(count(&platform, &video, BURIED).await, 1, "its operator is told all the same");
}

#[tokio::test]
async fn only_the_engine_that_began_a_build_goes_on_with_it() {
    let platform = platform().await;
    let (one, other) = (engine(), engine());
    let (video, _) = planned(&platform, one, 4).await;
    let taken = tasks::claim(&platform, "test", other, Wanted::Any).await.unwrap();
    assert!(taken.is_none_or(|claim| claim.video != Some(video.clone())));
    assert_eq!(claim(&platform, one).await.video, Some(video));
}

#[tokio::test]
async fn a_film_that_silences_its_worker_each_time_is_given_up() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = queued(&platform, engine).await;
    for lapses in 0..MAX_LAPSES {
        let claim = claim(&platform, engine).await;
        assert_eq!((claim.lapses, claim.failures), (lapses, 0));
        lapse(&platform, &claim).await;
        // The server's sweep may be the first to notice; it's one lapse all the same.
        if lapses % 2 == 0 {
            tasks::sweep_leases(&platform).await.unwrap();
        }
    }
    // It is nobody's: no worker may die of it any more.
    assert_eq!(tasks::claim(&platform, "lucky", engine, Wanted::Any).await.unwrap(), None);
    let film = videos::get(&platform, &owner, &video).await.unwrap();
    assert_eq!(film.state, State::Failed);
    assert!(film.failure.unwrap().starts_with("Processing this film broke off again and again"));
    assert_eq!(count(&platform, &video, BURIED).await, 1);
    assert_eq!(count(&platform, &video, "SELECT count(*) FROM tasks WHERE kind = 'tidy' AND video_id = $1").await, 1);
}

#[tokio::test]
async fn what_is_handed_back_is_no_failure() {
    let platform = platform().await;
    let engine = engine();
    queued(&platform, engine).await;
    let first = claim(&platform, engine).await;
    tasks::hand_back(&platform, &first).await.unwrap();
    let second = claim(&platform, engine).await;
    assert_eq!((second.task, second.failures, second.lapses), (first.task, 0, 0));
    tasks::fail(&platform, &second, "This file has no picture.").await.unwrap();
}

#[tokio::test]
async fn what_gives_way_is_taken_later_and_is_urgent_no_more() {
    let platform = platform().await;
    let engine = engine();
    queued(&platform, engine).await;
    let first = claim(&platform, engine).await;
    tasks::give_way(&platform, &first).await.unwrap();
    assert!(matches!(tasks::give_way(&platform, &first).await, Err(Error::Lost)));
    assert_eq!(tasks::claim(&platform, "eager", engine, Wanted::Any).await.unwrap(), None);
    sqlx::query("UPDATE tasks SET run_after = now() WHERE id = $1")
        .bind(first.task.0)
        .execute(&platform.db)
        .await
        .unwrap();
    assert_eq!(tasks::claim(&platform, "in a hurry", engine, Wanted::Urgent).await.unwrap(), None);
    let second = claim(&platform, engine).await;
    assert_eq!((second.task, second.fence, second.failures, second.lapses), (first.task, first.fence + 1, 0, 0));
    tasks::fail(&platform, &second, "This file has no picture.").await.unwrap();
}

#[tokio::test]
async fn one_film_of_one_owner_does_not_wait_for_a_hundred_of_another() {
    let platform = platform().await;
    let engine = engine();
    let (busy, _) = person(&platform).await;
    let (modest, _) = person(&platform).await;
    for _ in 0..100 {
        queued_for(&platform, engine, &busy.id).await;
    }
    let one = queued_for(&platform, engine, &modest.id).await;
    let first = claim(&platform, engine).await;
    assert_ne!(first.video, Some(one));
    // The other has something running by now.
    let second = claim(&platform, engine).await;
    let owner: String = sqlx::query_scalar("SELECT owner_id FROM tasks WHERE id = $1")
        .bind(second.task.0)
        .fetch_one(&platform.db)
        .await
        .unwrap();
    assert_eq!(owner, modest.id.as_str());
}

#[tokio::test]
async fn a_long_film_is_not_starved_by_short_ones() {
    let platform = platform().await;
    let engine = engine();
    let (long, _) = planned(&platform, engine, 400).await;
    // Its urgent parts are done; what is left has waited for as long as the short ones keep coming.
    for _ in 0..2 {
        let urgent = claim(&platform, engine).await;
        perform(&platform, &urgent, 400).await;
    }
    let (other, _) = person(&platform).await;
    for _ in 0..5 {
        queued_for(&platform, engine, &other.id).await;
    }
    let next = claim(&platform, engine).await;
    assert_ne!(next.video.as_ref(), Some(&long), "what somebody waits for goes first");
    let waited = "created_at = created_at - interval '21 minutes', run_after = run_after - interval '21 minutes'";
    execute(&platform, format!("UPDATE tasks SET {waited} WHERE video_id = '{long}'")).await;
    let next = claim(&platform, engine).await;
    assert_eq!(next.video, Some(long), "but not for ever");
}
