//! No room: on the worker's disk, or in S3.

use crate::footage;
use crate::proxy::Fault;
use crate::system::System;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_needs_no_disk() {
    let system = System::start(&[]).await;
    let worker = system.worker_without_a_disk("worker");
    let owner = system.person().await;
    let video = owner.upload(&footage::film(10), "private").await;
    let film = owner.ready(&video).await;
    system.assert_undisturbed(&video).await;
    system.assert_made_once(&[&video]).await;
    assert_eq!(footage::play(&owner, &film).await, 10 * 25);
    assert!(worker.ended().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_waits_for_room_in_s3() {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    let full = proxy.fault(Fault::Refused(507), 6, |asked| asked.stores("/media/"));
    let _worker = system.worker("worker");
    let owner = system.person().await;
    let video = owner.upload(&footage::film(10), "private").await;
    let film = owner.ready(&video).await;
    assert_eq!(full.count(), 6);
    let tasks = system.tasks(&video).await;
    assert!(tasks.iter().any(|task| task.failures > 0), "{tasks:?}");
    assert!(tasks.iter().all(|task| task.lapses == 0), "{tasks:?}");
    assert_eq!(film["notices"], serde_json::json!([]));
    system.assert_made_once(&[&video]).await;
    assert_eq!(footage::play(&owner, &film).await, 10 * 25);
}
