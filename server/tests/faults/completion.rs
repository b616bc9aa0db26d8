//! Servers that die while they complete an upload.

use crate::footage;
use crate::proxy::{Asked, Fault};
use crate::system::{LONG, System, eventually};
use domain::key::MediaKey;
use serde_json::json;
use tokio::task::block_in_place;

async fn the_sweep_completes_what_a_dead_server_began(fault: Fault, joined: bool) {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    let owner = system.person().await;
    let (upload, video) = owner.send_film(&footage::film(2), "private").await;
    let met = proxy.fault(fault, 1, Asked::joins_parts);
    let complete = format!("/api/v1/uploads/{upload}/complete");
    let original = MediaKey::Original { video: video.parse().unwrap() };
    let there = async || system.platform.storage.head(&original).await.unwrap().is_some();
    let asking = owner.request(reqwest::Method::POST, &complete).json(&json!({})).send();
    tokio::select! {
        answer = asking => panic!("nothing could be answered: {answer:?}"),
        () = eventually("S3 is asked", async || met.count() == 1 && there().await == joined) => {}
    }
    system.server.kill().unwrap();
    let state = "SELECT count(*) FROM uploads WHERE id = $1 AND state = 'completing'";
    assert_eq!(system.number(state, &upload).await, 1);

    // The sweep leaves alone what somebody may still work on.
    system.sql("UPDATE uploads SET updated_at = now() - interval '1 minute' WHERE id = $1", &upload).await;
    block_in_place(|| {
        system.server.start().unwrap();
        system.server.wait_ready(LONG).unwrap();
    });
    eventually("the film is queued", async || owner.film(&video).await["state"] == "queued").await;
    assert!(there().await);
    assert_eq!(system.number("SELECT count(*) FROM tasks WHERE video_id = $1", &video).await, 1);
    owner.complete(&upload).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_before_s3_has_joined_the_parts_leaves_nothing_stuck() {
    the_sweep_completes_what_a_dead_server_began(Fault::Lost, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_after_s3_has_joined_the_parts_leaves_nothing_stuck() {
    the_sweep_completes_what_a_dead_server_began(Fault::Unanswered, true).await;
}
