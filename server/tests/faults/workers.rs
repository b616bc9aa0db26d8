//! Workers that die, that fall silent, that work side by side.

use crate::footage;
use crate::proxy::{Fault, Proxy};
use crate::support::Person;
use crate::system::{System, eventually};
use dev::App;
use std::process::Command;

/// Long enough that the engine, which is a few segments ahead of what is stored, isn't done half-way.
const SECONDS: u32 = 40;

/// A system whose workers take a while to store a film.
async fn slow_system(lease_seconds: &str) -> (System, Proxy) {
    let (system, proxy) = System::behind_a_proxy(&[("KINORA_LEASE_SECONDS", lease_seconds)]).await;
    proxy.fault(Fault::Late, usize::MAX, |asked| asked.stores("/media/"));
    (system, proxy)
}

/// Two workers and a film that one of them has published some of: this one first, then the idle one, then the film.
async fn half_way(system: &System, owner: &Person) -> (App, App, String) {
    let (one, two) = (system.worker("one"), system.worker("two"));
    let video = owner.upload(&footage::film(SECONDS), "public").await;
    eventually("some of the film is published", async || {
        let published = "SELECT count(*) FROM segments s JOIN builds b ON b.id = s.build_id WHERE b.video_id = $1";
        system.number(published, &video).await > 2
    })
    .await;
    let pid = system.task(&video).await.pid;
    if one.pid() == pid {
        (one, two, video)
    } else {
        assert_eq!(two.pid(), pid);
        (two, one, video)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_outlives_the_worker_that_is_killed_half_way() {
    let (system, _proxy) = slow_system("4").await;
    let owner = system.person().await;
    let (busy, idle, video) = half_way(&system, &owner).await;
    busy.kill().unwrap();
    assert_eq!(owner.film(&video).await["state"], "processing");
    assert!(!system.media().await.is_empty(), "the dead one stored something");

    let film = owner.ready(&video).await;
    let task = system.task(&video).await;
    assert_eq!((task.pid, task.failures), (idle.pid(), 0));
    assert!(task.fence >= 2 && task.lapses >= 1);
    system.assert_made_once(&[&video]).await;
    assert_eq!(footage::play(&system.anonymous(), &film).await, u64::from(SECONDS * 25));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_wakes_after_its_lease_spoils_nothing() {
    let (system, _proxy) = slow_system("4").await;
    let owner = system.person().await;
    let (frozen, idle, video) = half_way(&system, &owner).await;
    signal("STOP", &frozen);
    eventually("the other takes over", async || system.task(&video).await.pid == idle.pid()).await;
    signal("CONT", &frozen);
    owner.ready(&video).await;
    eventually("the one that slept sees that it has lost", async || {
        system.counter(&frozen, "kinora_tasks_total{kind=\"transcode\",result=\"lost\"}").await == 1
    })
    .await;
    system.assert_made_once(&[&video]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_end_hands_its_film_on() {
    let (system, _proxy) = slow_system("60").await;
    let owner = system.person().await;
    let (busy, idle, video) = half_way(&system, &owner).await;
    tokio::task::block_in_place(|| busy.stop()).unwrap();
    owner.ready(&video).await;
    let task = system.task(&video).await;
    assert_eq!((task.pid, task.failures, task.lapses), (idle.pid(), 0, 0));
    system.assert_made_once(&[&video]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_the_films_and_make_each_once() {
    let system = System::start(&[]).await;
    let owner = system.person().await;
    let film = footage::film(6);
    let mut videos = Vec::new();
    for _ in 0..4 {
        videos.push(owner.upload(&film, "private").await);
    }
    let workers = [system.worker("one"), system.worker("two")];
    let mut made = Vec::new();
    for video in &videos {
        owner.ready(video).await;
        let task = system.task(video).await;
        assert_eq!((task.fence, task.failures), (1, 0));
        made.push(task.pid);
    }
    for worker in &workers {
        assert!(made.contains(&worker.pid()), "each made some of {made:?}");
    }
    system.assert_made_once(&videos.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

fn signal(name: &str, to: &App) {
    let pid = to.pid().unwrap().to_string();
    assert!(Command::new("kill").args([format!("-{name}"), pid]).status().unwrap().success());
}
