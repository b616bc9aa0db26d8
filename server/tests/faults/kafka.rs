//! Without the doorbell.

use crate::footage;
use crate::support::expect;
use crate::system::{System, eventually};
use reqwest::StatusCode;
use tokio::task::block_in_place;

#[tokio::test(flavor = "multi_thread")]
async fn a_film_goes_all_the_way_while_kafka_is_away() {
    let (system, _proxy) = System::with_slow_storage(&[]).await;
    let worker = system.worker("worker");
    system.stack.kafka().kill().unwrap();

    let owner = system.person().await;
    let (upload, video) = owner.send_film(&footage::film(16), "public").await;
    let events = owner.follow(&video).await;
    owner.complete(&upload).await;
    let film = owner.ready(&video).await;

    let events = events.await.unwrap();
    let told: Vec<&str> = events.iter().filter_map(|(_, data)| data["state"].as_str()).collect();
    assert_eq!((told.first(), told.last()), (Some(&"uploading"), Some(&"ready")), "{events:?}");
    assert!(told.contains(&"processing"), "{events:?}");
    let half_way = |data: &serde_json::Value| data["progress"].as_f64().is_some_and(|share| share > 0.0 && share < 1.0);
    assert!(events.iter().any(|(_, data)| half_way(data)), "{events:?}");

    // By its address, as anybody's player: FFmpeg's HLS reader is a picky one.
    let address = format!("{}{}", system.server.url(), film["playback"]["hls"].as_str().unwrap());
    assert_eq!(footage::frames(&format!("-http_persistent 0 -i {address}")), 16 * 25);
    system.assert_made_once(&[&video]).await;

    let checks = expect(system.anonymous().get("/readyz").await, StatusCode::OK).await;
    assert_eq!((&checks["kafka"], &checks["postgres"]), (&"unavailable".into(), &"ok".into()));
    assert!(worker.is_ready(), "nor does a worker depend on it");
    let waiting = "SELECT count(*) FROM outbox WHERE key = $1";
    assert!(system.number(waiting, &video).await > 0, "what Kafka should hear is kept");

    block_in_place(|| system.stack.kafka().start()).unwrap();
    eventually("the outbox is brought to Kafka", async || system.number(waiting, &video).await == 0).await;
    eventually("the server tells that Kafka is back", async || {
        expect(system.anonymous().get("/readyz").await, StatusCode::OK).await["kafka"] == "ok"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_is_not_felt_to_be_made_over_a_restart_of_kafka() {
    let (system, _proxy) = System::with_slow_storage(&[]).await;
    let _worker = system.worker("worker");
    let owner = system.person().await;
    let (upload, video) = owner.send_film(&footage::film(30), "public").await;
    let events = owner.follow(&video).await;
    owner.complete(&upload).await;
    eventually("it can be watched", async || owner.film(&video).await["watchable"] == true).await;
    system.stack.kafka().kill().unwrap();
    block_in_place(|| system.stack.kafka().start()).unwrap();
    owner.ready(&video).await;
    let events = events.await.unwrap();
    let shares: Vec<f64> = events.iter().filter_map(|(_, data)| data["progress"].as_f64()).collect();
    assert!(shares.is_sorted() && shares.len() > 2, "{events:?}");
    assert_eq!(events.iter().filter(|(_, data)| data["state"] == "ready").count(), 1, "{events:?}");
    system.assert_undisturbed(&video).await;
    system.assert_made_once(&[&video]).await;
    let waiting = "SELECT count(*) FROM outbox WHERE key = $1";
    eventually("Kafka has heard all of it", async || system.number(waiting, &video).await == 0).await;
}
