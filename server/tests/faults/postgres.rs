//! The truth, away for a moment.

use crate::footage;
use crate::support::{expect, problem};
use crate::system::{System, eventually};
use crate::tunnel::{self, Fate, Tunnel};
use reqwest::StatusCode;
use tokio::task::block_in_place;

#[tokio::test(flavor = "multi_thread")]
async fn server_and_worker_come_back_with_postgres() {
    let system = System::start(&[]).await;
    let worker = system.worker("worker");
    let pids = (system.server.pid(), worker.pid());
    let owner = system.person().await;
    let anyone = system.anonymous();
    let made_meanwhile = owner.upload(&footage::film(16), "private").await;
    let (upload, sent_before) = owner.send_film(&footage::film(2), "private").await;
    eventually("the worker is busy", async || owner.film(&made_meanwhile).await["state"] == "processing").await;

    block_in_place(|| system.stack.postgres().stop()).unwrap();
    assert_eq!(anyone.get("/healthz").await.status(), StatusCode::OK);
    assert_eq!(anyone.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let refused = anyone.get("/api/v1/videos").await;
    problem(refused, 503, "unavailable").await;
    block_in_place(|| system.stack.postgres().start()).unwrap();

    eventually("the server is back", async || anyone.get("/readyz").await.status() == StatusCode::OK).await;
    expect(anyone.get("/api/v1/videos").await, StatusCode::OK).await;
    owner.complete(&upload).await;
    let sent_after = owner.upload(&footage::film(2), "private").await;
    for video in [&made_meanwhile, &sent_before, &sent_after] {
        owner.ready(video).await;
        // What was half made when PostgreSQL went was not begun anew.
        system.assert_undisturbed(video).await;
    }
    system.assert_made_once(&[&made_meanwhile, &sent_before, &sent_after]).await;
    assert_eq!((system.server.pid(), worker.pid()), pids);
    assert!(system.server.ended().is_none() && worker.ended().is_none());
}

/// The worst moment: PostgreSQL has made the film ready, and the worker doesn't hear of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_film_whose_last_commit_was_not_answered_is_whole() {
    let system = System::start(&[]).await;
    let tunnel = Tunnel::start(system.database_url(), tunnel::READY, Fate::Unanswered).await;
    let _worker = system.worker_with("worker", &[("KINORA_DATABASE_URL", tunnel.url.as_str())]);
    let owner = system.person().await;
    let video = owner.upload(&footage::film(5), "private").await;
    let film = owner.ready(&video).await;
    eventually("the answer was lost", async || tunnel.met() == 1).await;
    // It is ready before the worker tries again, and after.
    let next = owner.upload(&footage::film(2), "private").await;
    owner.ready(&next).await;
    system.assert_undisturbed(&video).await;
    system.assert_made_once(&[&video, &next]).await;
    assert_eq!(footage::play(&owner, &film).await, 5 * 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_half_way_whose_answers_are_lost_are_made_once() {
    for transaction in [tunnel::PLANNED, tunnel::PUBLISHED] {
        let system = System::start(&[]).await;
        let tunnel = Tunnel::start(system.database_url(), transaction, Fate::Unanswered).await;
        let _worker = system.worker_with("worker", &[("KINORA_DATABASE_URL", tunnel.url.as_str())]);
        let owner = system.person().await;
        let video = owner.upload(&footage::film(10), "private").await;
        let film = owner.ready(&video).await;
        assert_eq!(tunnel.met(), 1, "{transaction}");
        system.assert_undisturbed(&video).await;
        system.assert_made_once(&[&video]).await;
        assert_eq!(footage::play(&owner, &film).await, 10 * 25);
    }
}
