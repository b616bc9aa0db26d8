//! Against a real Kafka and PostgreSQL; `make test` brings them.

use domain::event::{Envelope, Message, TOPIC_EVENTS, TOPIC_TASKS};
use domain::id::{TaskId, VideoId};
use platform::bus::{Bells, Live, Producer, create_topics, relay};
use platform::db::outbox;
use platform::{Config, Platform};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const LONG: Duration = Duration::from_secs(30);

fn config() -> Config {
    Config::from_env().expect("run by make test")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_listener_hears_and_garbage_is_passed_over() {
    let config = config();
    create_topics(&config.kafka).await.unwrap();
    let (one, two) = (Live::new(&config.kafka), Live::new(&config.kafka));
    let (mut one, mut two) = (one.subscribe(), two.subscribe());
    let bells = Bells::new(&config.kafka);
    let producer = Producer::new(&config.kafka).unwrap();
    let video = VideoId::from_random(rand::random());
    let message = Message::Progress { video: video.clone(), progress: 0.5 };
    // Listening begins a moment after the start: ring until it is heard.
    let ringing = async {
        loop {
            producer.fire(TOPIC_EVENTS, message.clone());
            let bell = Envelope::new(Message::Bell { task: TaskId(1) });
            producer.send(TOPIC_TASKS, None, &bell).await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let hearing = async {
        for live in [&mut one, &mut two] {
            while live.recv().await.unwrap().message != message {}
        }
        bells.rung().await;
    };
    tokio::select! {
        () = ringing => unreachable!(),
        heard = timeout(LONG, hearing) => heard.expect("heard"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_is_brought_to_kafka_and_emptied() {
    let config = config();
    create_topics(&config.kafka).await.unwrap();
    let platform = Platform::connect(config).await.unwrap();
    let stop = CancellationToken::new();
    let relaying = tokio::spawn(relay(platform.clone(), stop.clone()));
    let mut live = platform.live.subscribe();
    let video = VideoId::from_random(rand::random());
    let message = Message::Progress { video: video.clone(), progress: 1.0 };
    let hearing = async {
        loop {
            outbox::insert(&platform.db, TOPIC_EVENTS, Some(video.as_str()), &Envelope::new(message.clone()))
                .await
                .unwrap();
            if let Ok(Ok(envelope)) = timeout(Duration::from_millis(500), live.recv()).await
                && envelope.message == message
            {
                break;
            }
        }
    };
    timeout(LONG, hearing).await.expect("heard");
    stop.cancel();
    timeout(LONG, relaying).await.expect("ends").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_kafka_down_nothing_blocks_and_sending_fails_in_seconds() {
    let mut kafka = config().kafka;
    kafka.brokers = "127.0.0.1:1".into();
    let producer = Producer::new(&kafka).unwrap();
    let message = Message::Bell { task: TaskId(1) };
    for _ in 0..20_000 {
        producer.fire(TOPIC_TASKS, message.clone());
    }
    let sent = timeout(LONG, producer.send(TOPIC_TASKS, None, &Envelope::new(message))).await;
    assert!(sent.expect("gives up").is_err());
}
