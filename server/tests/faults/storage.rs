//! S3 that refuses, breaks off, or is away for a while.

use crate::footage;
use crate::proxy::{Asked, Fault};
use crate::support::{expect, problem};
use crate::system::System;
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn single_refusals_are_not_felt() {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    let owner = system.person().await;
    let film = footage::film(10);
    let (upload, video) = owner.begin(film.len(), "public").await;
    proxy.fault(Fault::Refused(503), 1, Asked::sends_part);
    let asked = json!({ "parts": [{ "number": 1 }] });
    let signed = owner.post(&format!("/api/v1/uploads/{upload}/parts"), &asked).await;
    let url = expect(signed, StatusCode::OK).await["parts"][0]["url"].as_str().unwrap().to_owned();
    // The same URL takes the part when it is sent again.
    for status in [503, 200] {
        let sent = reqwest::Client::new().put(&url).body(film.clone()).send().await.unwrap();
        assert_eq!(sent.status().as_u16(), status);
    }
    let servers = [
        proxy.fault(Fault::Refused(500), 1, Asked::lists_parts),
        proxy.fault(Fault::Refused(503), 1, Asked::joins_parts),
        proxy.fault(Fault::BrokenOff, 1, |asked| asked.reads("/originals/")),
    ];
    owner.complete(&upload).await;
    assert_eq!(servers.map(|met| met.count()), [1, 1, 1]);

    let workers = [
        proxy.fault(Fault::BrokenOff, 2, |asked| asked.reads("/originals/")),
        proxy.fault(Fault::Refused(500), 2, |asked| asked.reads("/originals/")),
        proxy.fault(Fault::Refused(503), 2, |asked| asked.stores("/media/")),
        proxy.fault(Fault::Denied(500), 1, |asked| asked.stores("/1.1/")),
    ];
    let _worker = system.worker("worker");
    let film = owner.ready(&video).await;
    assert_eq!(workers.map(|met| met.count()), [2, 2, 2, 1]);
    system.assert_undisturbed(&video).await;
    system.assert_made_once(&[&video]).await;
    assert_eq!(footage::play(&owner, &film).await, 10 * 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_is_tried_again_when_s3_stays_away_too_long() {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    // The first attempts can store the beginning of the film and no more.
    let first = proxy.fault(Fault::Refused(503), usize::MAX, |asked| asked.stores("/1.1/"));
    let _worker = system.worker("worker");
    let owner = system.person().await;
    let video = owner.upload(&footage::film(10), "private").await;
    let film = owner.ready(&video).await;
    assert!(first.count() >= 3, "the SDK tried on");
    for task in system.tasks(&video).await.iter().filter(|task| ["encode", "sound"].contains(&task.kind.as_str())) {
        assert_eq!((task.lapses, i64::from(task.failures)), (0, task.fence - 1), "{task:?}");
    }
    assert!(system.tasks(&video).await.iter().any(|task| task.failures == 1));
    assert!(film.get("failure").is_none());
    system.assert_made_once(&[&video]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_completion_fails_can_be_completed_again() {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    let owner = system.person().await;
    let asks: [fn(&Asked) -> bool; 2] = [Asked::lists_parts, Asked::joins_parts];
    for asked in asks {
        let (upload, video) = owner.send_film(&footage::film(2), "private").await;
        let away = proxy.fault(Fault::Refused(503), 3, asked);
        let complete = format!("/api/v1/uploads/{upload}/complete");
        let refused = owner.post(&complete, &json!({})).await;
        assert!(refused.headers().contains_key("retry-after"));
        problem(refused, 503, "unavailable").await;
        assert_eq!(away.count(), 3);
        owner.complete(&upload).await;
        assert_eq!(owner.film(&video).await["state"], "queued");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_whose_answer_is_lost_was_one() {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    let owner = system.person().await;
    let (upload, video) = owner.send_film(&footage::film(2), "private").await;
    let denied = proxy.fault(Fault::Denied(500), 1, Asked::joins_parts);
    owner.complete(&upload).await;
    assert_eq!(denied.count(), 1);
    assert_eq!(owner.film(&video).await["state"], "queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_connections_silence_and_lies_spoil_no_film() {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    let owner = system.person().await;
    let (upload, video) = owner.send_film(&footage::film(10), "private").await;
    // S3 says 200 at once when it joins parts, and may think better of it.
    let joins = proxy.fault(Fault::Pretended, 1, Asked::joins_parts);
    let complete = format!("/api/v1/uploads/{upload}/complete");
    problem(owner.post(&complete, &json!({})).await, 503, "unavailable").await;
    assert_eq!((joins.count(), &owner.film(&video).await["state"]), (1, &json!("uploading")));
    let servers = [
        proxy.fault(Fault::Reset, 1, Asked::lists_parts),
        proxy.fault(Fault::Pretended, 1, |asked| asked.reads("/originals/")),
    ];
    owner.complete(&upload).await;
    assert_eq!(servers.map(|met| met.count()), [1, 1]);

    let workers = [
        proxy.fault(Fault::Pretended, 1, |asked| asked.reads("/originals/")),
        proxy.fault(Fault::Reset, 1, |asked| asked.reads("/originals/")),
        proxy.fault(Fault::Lost, 1, |asked| asked.reads("/originals/")),
        proxy.fault(Fault::Pretended, 1, |asked| asked.stores(".m4s")),
        proxy.fault(Fault::Reset, 1, |asked| asked.stores(".m4s")),
        proxy.fault(Fault::Late, usize::MAX, |asked| asked.stores(".m4s")),
    ];
    let _worker = system.worker("worker");
    let film = owner.ready(&video).await;
    let counts = workers.map(|met| met.count());
    assert_eq!(counts[..5], [1; 5]);
    for task in system.tasks(&video).await {
        assert!(task.lapses == 0 && task.failures <= 1, "{task:?}");
    }
    system.assert_made_once(&[&video]).await;
    assert_eq!(footage::play(&owner, &film).await, 10 * 25);
}
