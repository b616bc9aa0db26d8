//! Films and originals that go while they are worked on.

use crate::footage;
use crate::proxy::Fault;
use crate::support::{expect, problem};
use crate::system::{System, eventually};
use domain::key::MediaKey;
use reqwest::StatusCode;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_is_deleted_half_way_leaves_nothing() {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    let held = proxy.fault(Fault::Held, usize::MAX, |asked| asked.stores("/1.1/"));
    let worker = system.worker("worker");
    let owner = system.person().await;
    let video = owner.upload(&footage::film(20), "public").await;
    eventually("some is stored, and more is on its way", async || {
        held.count() > 0 && owner.film(&video).await["watchable"] == true
    })
    .await;
    let film = format!("/api/v1/videos/{video}");
    assert_eq!(owner.delete(&film).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(owner.get(&film).await.status(), StatusCode::NOT_FOUND);
    eventually("the worker sees that it has lost", async || {
        system.counter(&worker, "kinora_tasks_total", "result=\"lost\"").await > 0
    })
    .await;
    proxy.release();

    // It goes on with others.
    let next = owner.upload(&footage::film(4), "private").await;
    owner.ready(&next).await;
    let left: Vec<String> = (system.tasks(&video).await.into_iter())
        .filter(|task| ["open", "running"].contains(&task.state.as_str()))
        .map(|task| task.kind)
        .collect();
    assert_eq!(left, ["delete_video"]);
    // Not a day later.
    system.sql("UPDATE tasks SET run_after = now() WHERE kind = 'delete_video' AND video_id = $1", &video).await;
    eventually("its row is gone", async || {
        system.number("SELECT count(*) FROM videos WHERE id = $1", &video).await == 0
    })
    .await;
    let originals = system.platform.storage.keys("originals/").await.unwrap();
    assert_eq!(originals, [MediaKey::Original { video: next.parse().unwrap() }.to_string()]);
    system.assert_made_once(&[&next]).await;
    assert_eq!(system.number("SELECT count(*) FROM builds WHERE video_id = $1", &video).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_whose_original_is_gone_says_so() {
    let system = System::start(&[]).await;
    let owner = system.person().await;
    let video = owner.upload(&footage::film(4), "private").await;
    system.platform.storage.delete(&MediaKey::Original { video: video.parse().unwrap() }).await.unwrap();
    let _worker = system.worker("worker");
    let film = owner.ended(&video).await;
    assert_eq!(
        (&film["state"], &film["failure"]),
        (&json!("failed"), &json!("The file that was uploaded is gone. Upload it again."))
    );
    let again = owner.post(&format!("/api/v1/videos/{video}/reprocess"), &json!({})).await;
    problem(again, 409, "original_gone").await;
    assert_eq!(system.media().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_whose_original_goes_half_way_stays_as_far_as_it_is() {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    let bytes = footage::film_with_index_first(60);
    let half = bytes.len() as u64 / 2;
    let owner = system.person().await;
    let video = owner.upload(&bytes, "private").await;
    // The plan looks at all of it; what is made then asks anew how large it is.
    let begun = AtomicUsize::new(0);
    let held = proxy.fault(Fault::Held, usize::MAX, move |asked| {
        begun.fetch_add(usize::from(asked.looks_at("/originals/")), Ordering::SeqCst);
        begun.load(Ordering::SeqCst) > 1 && asked.reads_behind("/originals/", half)
    });
    let _worker = system.worker("worker");
    eventually("some can be watched, and the rest isn't read", async || {
        held.count() > 0 && owner.film(&video).await["watchable"] == true
    })
    .await;
    system.platform.storage.delete(&MediaKey::Original { video: video.parse().unwrap() }).await.unwrap();
    proxy.release();
    let film = owner.ready(&video).await;
    assert_eq!(film["notices"], json!(["given_up"]));
    let frames = footage::play(&owner, &film).await;
    assert!((100..60 * 25).contains(&frames), "{frames}");
    let length = film["published_ms"].as_u64().unwrap();
    assert!((4000..60_000).contains(&length), "{film}");
    for task in system.tasks(&video).await {
        assert!(!["open", "running"].contains(&task.state.as_str()), "{task:?}");
    }
    let again = owner.post(&format!("/api/v1/videos/{video}/reprocess"), &json!({})).await;
    problem(again, 409, "original_gone").await;
    system.assert_published(&[&video]).await;
    expect(owner.get(&format!("/api/v1/videos/{video}")).await, StatusCode::OK).await;
}
