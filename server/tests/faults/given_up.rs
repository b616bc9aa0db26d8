//! Tasks that went wrong five times, and films that are made anew.

use crate::footage;
use crate::proxy::{Fault, Proxy};
use crate::support::{Person, expect, problem};
use crate::system::{System, eventually};
use rdkafka::ClientConfig;
use rdkafka::Message;
use rdkafka::consumer::{Consumer, StreamConsumer};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

/// A film whose plan went wrong for the last time.
async fn dead(system: &System, proxy: &Proxy, owner: &Person) -> String {
    let (upload, video) = owner.send_film(&footage::film(4), "private").await;
    owner.complete(&upload).await;
    // Four times it has gone wrong, with longer and longer pauses.
    system.sql("UPDATE tasks SET failures = 4 WHERE video_id = $1", &video).await;
    proxy.fault(Fault::Refused(503), usize::MAX, |asked| asked.reads("/originals/"));
    let _worker = system.worker("unlucky");
    let film = owner.ended(&video).await;
    assert_eq!(film["state"], "failed");
    assert!(film["failure"].as_str().unwrap().starts_with("We could not process this film."), "{film}");
    proxy.heal();
    video
}

/// What is said of the film where dead tasks are told of.
async fn told(system: &System, video: &str) -> Value {
    let kafka = &system.platform.config.kafka;
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", &kafka.brokers)
        .set("group.id", format!("dead-{video}"))
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    let topic = kafka.topic("kinora.tasks.dlq");
    consumer.subscribe(&[&topic]).unwrap();
    let mut said = None;
    eventually("a dead task is told of", async || {
        let heard = tokio::time::timeout(Duration::from_secs(1), consumer.recv()).await;
        if let Ok(Ok(message)) = heard {
            let message: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
            said = Some(message).filter(|message| message["video"] == video);
        }
        said.is_some()
    })
    .await;
    said.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_was_given_up_is_made_anew_by_one_call() {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    let owner = system.person().await;
    let video = dead(&system, &proxy, &owner).await;
    let said = told(&system, &video).await;
    assert_eq!(said["type"], "dead");
    assert!(said["error"].as_str().unwrap().contains("S3 can't be reached"), "{said}");

    let _worker = system.worker("worker");
    let reprocess = format!("/api/v1/videos/{video}/reprocess");
    let queued = expect(owner.post(&reprocess, &json!({})).await, StatusCode::ACCEPTED).await;
    assert_eq!(queued["state"], "queued");
    owner.ready(&video).await;
    system.assert_made_once(&[&video]).await;
    let first = owner.film(&video).await;

    // One that is ready plays as it is until the next takes over.
    let remade = expect(owner.post(&reprocess, &json!({})).await, StatusCode::ACCEPTED).await;
    assert_eq!((&remade["state"], &remade["notices"]), (&json!("ready"), &json!(["remaking"])));
    assert_eq!(remade["playback"], first["playback"]);
    problem(owner.post(&reprocess, &json!({})).await, 409, "in_work").await;
    eventually("the new one takes over", async || owner.film(&video).await["playback"] != first["playback"]).await;
    let second = owner.film(&video).await;
    assert_eq!((&second["state"], &second["notices"]), (&json!("ready"), &json!([])));
    for film in [&first, &second] {
        assert_eq!(footage::play(&owner, film).await, 4 * 25);
    }
    system.assert_made_once(&[&video]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn films_that_were_given_up_are_made_anew_by_one_command() {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    let owner = system.person().await;
    let one = dead(&system, &proxy, &owner).await;
    let other = dead(&system, &proxy, &owner).await;
    let (fine, said) = system.command(&["reprocess", "--given-up"]);
    assert!(fine, "{said}");
    assert_eq!(said, format!("{one}: is made anew\n{other}: is made anew\n"));
    let (fine, said) = system.command(&["reprocess", &one]);
    assert!(!fine && said == format!("{one}: This film is being processed already.\n"), "{said}");

    let _worker = system.worker("worker");
    for video in [&one, &other] {
        owner.ready(video).await;
    }
    assert_eq!(system.command(&["reprocess", "--given-up"]), (true, String::new()));
    let (fine, said) = system.command(&["reprocess", &one]);
    assert!(fine, "{said}");
    eventually("it is made once more", async || {
        system.number("SELECT count(*) FROM videos WHERE id = $1 AND notices = '{}'", &one).await == 1
    })
    .await;
    system.assert_made_once(&[&one, &other]).await;
}
