//! Bells that ring twice, and noise between them.

use crate::footage;
use crate::system::{System, eventually};
use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use std::time::Duration;

const NOISE: [&[u8]; 4] = [b"\xff\xfe, no JSON", b"{", b"null", br#"{"v":1,"type":"unheard-of"}"#];
const NEWER: &[u8] = br#"{"v":999,"type":"bell","task":1}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_bell_that_rings_often_between_noise_makes_one_film() {
    let system = System::start(&[]).await;
    let worker = system.worker("worker");
    let kafka = &system.platform.config.kafka;
    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", &kafka.brokers).create().unwrap();
    let send = async |topic: &str, payload: &[u8]| {
        let topic = kafka.topic(topic);
        let record = FutureRecord::<(), [u8]>::to(&topic).payload(payload);
        producer.send(record, Duration::from_secs(30)).await.unwrap();
    };

    let owner = system.person().await;
    let (upload, video) = owner.send_film(&footage::film(10), "private").await;
    let events = owner.follow(&video).await;
    owner.complete(&upload).await;
    let bell = format!(r#"{{"v":1,"type":"bell","task":{}}}"#, system.tasks(&video).await[0].id);
    // Listeners begin at the end of what they meet: some of this may come before them.
    eventually("worker and server have counted noise", async || {
        for noise in NOISE.into_iter().chain([NEWER]) {
            send("kinora.tasks", noise).await;
            send("kinora.events", noise).await;
        }
        send("kinora.tasks", bell.as_bytes()).await;
        send("kinora.tasks", bell.as_bytes()).await;
        let mut counted = Vec::new();
        for process in [&worker, &system.server] {
            counted.push(system.counter(process, "kinora_bus_garbage_total", "").await);
            counted.push(system.counter(process, "kinora_bus_newer_total", "").await);
        }
        counted.iter().all(|count| *count > 0)
    })
    .await;
    owner.ready(&video).await;
    let told = events.await.unwrap();
    assert!(told.iter().any(|(_, data)| data["state"] == "ready"), "{told:?}");

    // What comes behind the noise is heard, too.
    let again = owner.upload(&footage::film(2), "private").await;
    owner.ready(&again).await;
    send("kinora.tasks", bell.as_bytes()).await;
    for video in [&video, &again] {
        system.assert_undisturbed(video).await;
    }
    system.assert_made_once(&[&video, &again]).await;
}
