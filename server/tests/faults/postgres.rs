//! The truth, away for a moment.

use crate::footage;
use crate::support::{expect, problem};
use crate::system::{System, eventually};
use reqwest::StatusCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
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
    let mut database = system.database_url();
    let (port, broken) = break_after_publishing(database.port().unwrap()).await;
    database.set_port(Some(port)).unwrap();
    let _worker = system.worker_with("worker", &[("KINORA_DATABASE_URL", database.as_str())]);
    let owner = system.person().await;
    let video = owner.upload(&footage::film(5), "private").await;
    let film = owner.ready(&video).await;
    eventually("the answer was lost", async || broken.load(Ordering::SeqCst) == 1).await;
    // It is ready before the worker tries again, and after.
    let next = owner.upload(&footage::film(2), "private").await;
    owner.ready(&next).await;
    system.assert_undisturbed(&video).await;
    system.assert_made_once(&[&video, &next]).await;
    assert_eq!(footage::play(&owner, &film).await, 5 * 25);
}

/// A way to PostgreSQL that breaks once: when the transaction that makes a film ready is committed, before the answer.
async fn break_after_publishing(upstream: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let broken = Arc::new(AtomicUsize::new(0));
    let count = broken.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", upstream)).await.unwrap();
            tokio::spawn(pass(client, server, count.clone()));
        }
    });
    (port, broken)
}

async fn pass(mut client: TcpStream, mut server: TcpStream, broken: Arc<AtomicUsize>) {
    let (mut asked, mut answered) = ([0; 1 << 16], [0; 1 << 16]);
    let (mut publishing, mut breaking) = (false, false);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Some(bytes) = read.ok().filter(|len| *len > 0).and_then(|len| asked.get(..len)) else { return };
                let text = String::from_utf8_lossy(bytes);
                publishing |= text.contains("UPDATE videos SET state = 'ready'");
                breaking = publishing && text.contains("COMMIT") && broken.fetch_add(1, Ordering::SeqCst) == 0;
                if server.write_all(bytes).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Some(bytes) = read.ok().filter(|len| *len > 0).and_then(|len| answered.get(..len)) else { return };
                if breaking || client.write_all(bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}
