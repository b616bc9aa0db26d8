//! Servers that are asked to end.

use crate::footage;
use crate::support::expect;
use crate::system::{System, eventually};
use reqwest::StatusCode;
use tokio::task::block_in_place;

#[tokio::test(flavor = "multi_thread")]
async fn players_that_wait_are_answered_by_a_server_that_ends() {
    let (system, _proxy) = System::with_slow_storage(&[]).await;
    let worker = system.worker("worker");
    let owner = system.person().await;
    let video = owner.upload(&footage::film(40), "public").await;
    eventually("it can be watched", async || owner.film(&video).await["watchable"] == true).await;
    worker.kill().unwrap();

    let viewer = system.anonymous();
    let film = expect(viewer.get(&format!("/api/v1/videos/{video}")).await, StatusCode::OK).await;
    let master = film["playback"]["hls"].as_str().unwrap();
    let playlist = footage::targets(&viewer, master).await.remove(0);
    let never = format!("{}{playlist}?growing=1&_HLS_msn=1000", system.server.url());
    let waiting = tokio::spawn(reqwest::get(never));
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(!waiting.is_finished(), "nothing new is published");
    block_in_place(|| system.server.stop()).unwrap();
    let answer = waiting.await.unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(!answer.text().await.unwrap().contains("ENDLIST"), "there will be more, from another server");
}
