//! Posters that owners choose: who may, what becomes of it, what is left of it.

mod support;

use bytes::Bytes;
use domain::id::{TaskId, VideoId};
use domain::key::MediaKey;
use domain::poster::{Choice, Of, Wish};
use domain::task::Kind;
use domain::video::Video;
use platform::tasks::{self, Claim, Wanted};
use platform::{Error, Platform, builds, posters, videos};
use std::time::Duration;
use support::work::{engine, execute, favour, perform, planned, poster};
use support::{person, platform};

const SECONDS: i64 = 20;

/// Makes all that is to be made of a film.
async fn work(platform: &Platform, engine: i32) {
    while let Some(claim) = tasks::claim(platform, "test", engine, Wanted::Any).await.unwrap() {
        if claim.kind == Kind::Plan {
            builds::planned(platform, &claim, &support::work::plan(SECONDS)).await.unwrap();
        } else {
            perform(platform, &claim, SECONDS).await;
        }
        let video = claim.video.clone().unwrap();
        favour(platform, &video).await;
    }
}

async fn show(platform: &Platform, owner: &domain::actor::Actor, video: &VideoId) -> Video {
    videos::get(platform, owner, video).await.unwrap()
}

fn largest(video: &Video) -> String {
    video.playback.as_ref().unwrap().poster.as_ref().expect("a poster").largest()
}

/// The task that makes what was wished for. It is of no build, so other tests' workers may have it: then it is taken from
/// them, who do nothing with it.
async fn claimed(platform: &Platform, video: &VideoId) -> Claim {
    let (task, fence): (i64, i64) = sqlx::query_as(
        "UPDATE tasks SET state = 'running', fence = fence + 1, lease_until = now() + interval '1 min'
         WHERE video_id = $1 AND kind = 'poster' AND state IN ('open', 'running') RETURNING id, fence",
    )
    .bind(video.as_str())
    .fetch_one(&platform.db)
    .await
    .unwrap();
    let (task, video) = (TaskId(task), Some(video.clone()));
    Claim { task, kind: Kind::Poster, fence, video, build: None, chunk: None, rendition: None, failures: 0, lapses: 0 }
}

fn at(at_ms: i64) -> Wish {
    Wish::At { at_ms, key_frame: false }
}

#[tokio::test]
async fn a_choice_outlives_the_build_that_it_was_taken_from() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, SECONDS).await;
    work(&platform, engine).await;
    let before = largest(&show(&platform, &owner, &video).await);

    let film = posters::choose(&platform, &owner, &video, &at(1500)).await.unwrap();
    assert_eq!((film.poster_choice.clone(), largest(&film)), (Some(Choice::Pending), before.clone()));
    let claim = claimed(&platform, &video).await;
    assert_eq!(posters::wish(&platform, &claim).await.unwrap(), at(1500));
    assert!(posters::plan(&platform, &claim).await.unwrap().is_some());
    posters::made(&platform, &claim, &poster(&claim)).await.unwrap();
    posters::made(&platform, &claim, &poster(&claim)).await.expect("again is the same");
    let chosen = show(&platform, &owner, &video).await;
    assert_eq!(chosen.poster_choice, Some(Choice::Chosen));
    assert_eq!(largest(&chosen), format!("/m/posters/{video}/{}.{}.640.jpg", claim.task, claim.fence));

    let original = MediaKey::Original { video: video.clone() };
    platform.storage.put(&original, Bytes::from_static(b"film")).await.unwrap();
    videos::reprocess(&platform, &owner, &video).await.unwrap();
    execute(&platform, format!("UPDATE builds SET engine_version = {engine} WHERE video_id = '{video}'")).await;
    favour(&platform, &video).await;
    work(&platform, engine).await;
    let remade = show(&platform, &owner, &video).await;
    assert_ne!(remade.playback.as_ref().unwrap().hls, chosen.playback.as_ref().unwrap().hls, "another build");
    assert_eq!(largest(&remade), largest(&chosen));

    let automatic = posters::choose_none(&platform, &owner, &video).await.unwrap();
    assert_eq!(automatic.poster_choice, None);
    let path = largest(&automatic);
    assert!(path.contains("/poster.") && path != before, "the new build's: {path}");
}

#[tokio::test]
async fn a_choice_that_fails_leaves_the_poster_and_says_why() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, SECONDS).await;
    work(&platform, engine).await;
    let before = largest(&show(&platform, &owner, &video).await);
    posters::choose(&platform, &owner, &video, &at(0)).await.unwrap();
    let claim = claimed(&platform, &video).await;
    tasks::fail(&platform, &claim, "This is a letter.").await.unwrap();
    let film = show(&platform, &owner, &video).await;
    assert_eq!(film.poster_choice, Some(Choice::Failed { problem: "This is a letter.".to_owned() }));
    assert_eq!(largest(&film), before);
    let (_, stranger) = person(&platform).await;
    assert_eq!(show(&platform, &stranger, &video).await.poster_choice, None, "nobody else's business");
    let film = posters::choose_none(&platform, &owner, &video).await.unwrap();
    assert_eq!(film.poster_choice, None, "told once is enough");
}

#[tokio::test]
async fn the_last_wish_counts() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, SECONDS).await;
    work(&platform, engine).await;
    posters::choose(&platform, &owner, &video, &at(1000)).await.unwrap();
    let first = claimed(&platform, &video).await;
    posters::choose(&platform, &owner, &video, &at(2000)).await.unwrap();
    let late = posters::made(&platform, &first, &poster(&first)).await;
    assert!(matches!(late, Err(Error::Lost)), "{late:?}");
    let film = show(&platform, &owner, &video).await;
    assert_eq!(film.poster_choice, Some(Choice::Pending), "of the second, and nothing of the first");
    let second = claimed(&platform, &video).await;
    posters::made(&platform, &second, &poster(&second)).await.unwrap();
    assert!(largest(&show(&platform, &owner, &video).await).contains(&format!("/{}.", second.task)));
}

#[tokio::test]
async fn what_can_not_be_chosen_is_refused() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, SECONDS).await;
    let early = posters::choose(&platform, &owner, &video, &at(0)).await;
    assert!(matches!(early, Err(Error::Conflict { code: "not_watchable", .. })), "{early:?}");
    work(&platform, engine).await;
    let (_, stranger) = person(&platform).await;
    let theirs = posters::choose(&platform, &stranger, &video, &at(0)).await;
    assert!(matches!(theirs, Err(Error::Forbidden { .. })), "{theirs:?}");
    for (wish, code) in [
        (at(-1), "out_of_range"),
        (at(SECONDS * 1000), "out_of_range"),
        (Wish::Picture { picture: "0123456789ab".to_owned() }, "picture_missing"),
        (Wish::Picture { picture: "../../x".to_owned() }, "picture_missing"),
    ] {
        let refused = posters::choose(&platform, &owner, &video, &wish).await.expect_err("a refusal");
        assert_eq!(refused.code(), code, "{wish:?}");
    }
    for (size, code) in [(0, "file_empty"), (17 << 20, "file_too_large")] {
        let refused = posters::send(&platform, &owner, &video, size).await.expect_err("a refusal");
        assert_eq!(refused.code(), code);
    }
}

#[tokio::test]
async fn a_picture_is_sent_to_s3_in_its_very_length() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, SECONDS).await;
    work(&platform, engine).await;
    let way = posters::send(&platform, &owner, &video, 5).await.unwrap();
    let put = |body: &'static [u8]| {
        let mut request = reqwest::Client::new().put(&way.url).body(body);
        for (name, value) in &way.headers {
            request = request.header(name, value);
        }
        request.send()
    };
    assert!(!put(b"too long").await.unwrap().status().is_success());
    assert!(put(b"right").await.unwrap().status().is_success());
    let wish = Wish::Picture { picture: way.picture };
    let film = posters::choose(&platform, &owner, &video, &wish).await.unwrap();
    assert_eq!(film.poster_choice, Some(Choice::Pending));
    let film = posters::choose_none(&platform, &owner, &video).await.unwrap();
    assert_eq!(film.poster_choice, None, "called off");
}

#[tokio::test]
async fn what_is_not_chosen_any_more_is_swept_and_all_goes_with_the_film() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, SECONDS).await;
    work(&platform, engine).await;
    let mut made = Vec::new();
    for at_ms in [1000, 2000] {
        posters::choose(&platform, &owner, &video, &at(at_ms)).await.unwrap();
        let claim = claimed(&platform, &video).await;
        let stored = poster(&claim);
        for key in stored.keys(&Of::Film(video.clone(), claim.task)) {
            platform.storage.put(&key, Bytes::from_static(b"poster")).await.unwrap();
        }
        posters::made(&platform, &claim, &stored).await.unwrap();
        made.push(claim);
    }
    let [wished, forgotten] = ["wishedwished", "forgotten123"].map(|id| {
        let id = id.to_owned();
        MediaKey::Picture { video: video.clone(), id }
    });
    for key in [&wished, &forgotten] {
        platform.storage.put(key, Bytes::from_static(b"picture")).await.unwrap();
    }
    let wish = Wish::Picture { picture: "wishedwished".to_owned() };
    posters::choose(&platform, &owner, &video, &wish).await.unwrap();

    let tidy = Claim { kind: Kind::Tidy, ..made[0].clone() };
    assert_eq!(posters::useless(&platform, &tidy).await.unwrap(), Vec::<String>::new(), "all of it is young");
    let mut useless = posters::useless_after(&platform, &tidy, Duration::ZERO).await.unwrap();
    useless.sort();
    let mut expected: Vec<String> =
        poster(&made[0]).keys(&Of::Film(video.clone(), made[0].task)).map(|key| key.to_string()).collect();
    expected.push(forgotten.to_string());
    expected.sort();
    assert_eq!(useless, expected, "the first poster, and the picture that nobody wished for");

    videos::delete(&platform, &owner, &video).await.unwrap();
    let left: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM tasks WHERE video_id = $1 AND kind = 'poster' AND state IN ('open', 'running')",
    )
    .bind(video.as_str())
    .fetch_one(&platform.db)
    .await
    .unwrap();
    assert_eq!(left, 0, "called off with its film");
    let prefixes = tasks::prefixes_to_delete(&platform, &tidy).await.unwrap();
    assert!(prefixes.iter().any(|prefix| wished.to_string().starts_with(prefix)), "{prefixes:?}");
}
