//! Workers that die, that fall silent, that work side by side.

use crate::footage;
use crate::proxy::{Fault, Proxy};
use crate::support::Person;
use crate::system::{System, Task, eventually, signal};
use crate::tunnel::{self, Fate, Tunnel};
use dev::App;

/// Long enough that the engine, which is a few segments ahead of what is stored, isn't done half-way.
const SECONDS: u32 = 40;

/// One in which a film's third chunk isn't stored until the proxy lets go of it, so that its copy stays half-way.
async fn system(lease_seconds: &str) -> (System, Proxy) {
    let (system, proxy) = System::behind_a_proxy(&[("KINORA_LEASE_SECONDS", lease_seconds)]).await;
    proxy.fault(Fault::Held, usize::MAX, |asked| asked.stores("/2.1/"));
    (system, proxy)
}

/// Two workers and a film that they have published some of: the one that copies it first, then the other, then the film.
async fn half_way(system: &System, owner: &Person) -> (App, App, String) {
    let (one, two) = (system.worker("one"), system.worker("two"));
    let video = owner.upload(&footage::film(SECONDS), "public").await;
    eventually("some of the film is published", async || {
        let published = "SELECT count(*) FROM segments s JOIN builds b ON b.id = s.build_id WHERE b.video_id = $1";
        system.number(published, &video).await > 2
    })
    .await;
    let copy = |task: &Task| task.kind == "copy" && task.state == "running";
    let busy = system.tasks(&video).await.into_iter().find(copy).expect("a copy that isn't whole").pid;
    if one.pid() == busy {
        (one, two, video)
    } else {
        assert_eq!(two.pid(), busy);
        (two, one, video)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_outlives_the_worker_that_is_killed_half_way() {
    let (system, proxy) = system("4").await;
    let owner = system.person().await;
    let (busy, idle, video) = half_way(&system, &owner).await;
    let killed = busy.pid();
    busy.kill().unwrap();
    proxy.release();
    let published = segments(&system, &video).await;
    assert!(!published.is_empty());

    let film = owner.ready(&video).await;
    let tasks = system.tasks(&video).await;
    assert!(tasks.iter().all(|task| task.failures == 0), "{tasks:?}");
    let lapsed: Vec<_> = tasks.iter().filter(|task| task.lapses > 0).collect();
    assert!(!lapsed.is_empty() && lapsed.iter().all(|task| task.pid == idle.pid()), "{tasks:?} without {killed:?}");
    system.assert_made_once(&[&video]).await;
    // What was published before is what is played now.
    let finished = segments(&system, &video).await;
    assert!(published.iter().all(|row| finished.contains(row)), "{published:?} in {finished:?}");
    assert_eq!(footage::play(&system.anonymous(), &film).await, u64::from(SECONDS * 25));
    // Why it was copied is its owner's to read.
    assert_eq!(film["details"][0], "The picture is taken as it is.");
    assert_eq!(system.anonymous().film(&video).await["details"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_wakes_after_its_lease_spoils_nothing() {
    let (system, proxy) = system("4").await;
    let owner = system.person().await;
    let (frozen, idle, video) = half_way(&system, &owner).await;
    assert!(signal("STOP", frozen.pid().unwrap()));
    let held = running(&system, &video, frozen.pid()).await;
    proxy.release();
    eventually("the other takes over", async || {
        // Its last commit may have been on its way when it was frozen.
        let done = |task: &Task| task.pid == idle.pid() || task.state == "done";
        system.tasks(&video).await.iter().filter(|task| held.contains(&task.id)).all(done)
    })
    .await;
    assert!(signal("CONT", frozen.pid().unwrap()));
    let film = owner.ready(&video).await;
    sees_that_it_has_lost(&system, &frozen).await;
    system.assert_made_once(&[&video]).await;
    assert_eq!(footage::play(&system.anonymous(), &film).await, u64::from(SECONDS * 25));
}

/// What it had locked, it would keep for as long as it sleeps.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_frozen_within_a_transaction_holds_nobody_up() {
    let system = System::start(&[("KINORA_LEASE_SECONDS", "4")]).await;
    let owner = system.person().await;
    let video = owner.upload(&footage::film(SECONDS), "public").await;
    let tunnel = Tunnel::start(system.database_url(), tunnel::PUBLISHED, Fate::Unheard).await;
    let frozen = system.worker_with("frozen", &[("KINORA_DATABASE_URL", tunnel.url.as_str())]);
    eventually("it is about to commit", async || tunnel.met() > 0).await;
    assert!(signal("STOP", frozen.pid().unwrap()));

    let _other = system.worker("other");
    let film = owner.ready(&video).await;
    assert!(signal("CONT", frozen.pid().unwrap()));
    sees_that_it_has_lost(&system, &frozen).await;
    assert!(system.tasks(&video).await.iter().all(|task| task.failures == 0));
    system.assert_made_once(&[&video]).await;
    assert_eq!(footage::play(&system.anonymous(), &film).await, u64::from(SECONDS * 25));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_end_hands_its_film_on() {
    let (system, proxy) = system("60").await;
    let owner = system.person().await;
    let (busy, idle, video) = half_way(&system, &owner).await;
    // Within the fifteen seconds that it has before it is killed: else something of it would lapse.
    // While S3 doesn't answer.
    tokio::task::block_in_place(|| busy.stop()).unwrap();
    proxy.release();
    let published = segments(&system, &video).await;
    let film = owner.ready(&video).await;
    let tasks = system.tasks(&video).await;
    assert!(tasks.iter().all(|task| (task.failures, task.lapses) == (0, 0)), "{tasks:?}");
    assert!(tasks.iter().any(|task| task.fence > 1 && task.pid == idle.pid()), "{tasks:?}");
    let finished = segments(&system, &video).await;
    assert!(published.iter().all(|row| finished.contains(row)), "{published:?} in {finished:?}");
    system.assert_made_once(&[&video]).await;
    assert_eq!(footage::play(&system.anonymous(), &film).await, u64::from(SECONDS * 25));
}

/// The smaller sizes of a long film come while it is copied, and not only then.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_copy_gives_way_after_some_minutes_of_film() {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    // So that they wait when the copy has had its turn.
    proxy.fault(Fault::Held, usize::MAX, |asked| asked.stores("/180p"));
    let owner = system.person().await;
    let video = owner.upload(&footage::long_film(), "public").await;
    let _worker = system.worker("worker");
    let copy = async || system.tasks(&video).await.into_iter().find(|task| task.kind == "copy");
    eventually("the copy gives way", async || copy().await.is_some_and(|copy| copy.state == "open" && copy.fence == 1))
        .await;
    proxy.release();
    let copied = "SELECT count(*) FROM segments s JOIN builds b ON b.id = s.build_id
                  WHERE b.video_id = $1 AND s.rung = '360p'";
    let first_turn = system.number(copied, &video).await;
    assert!(first_turn > 0);

    let film = owner.ready(&video).await;
    let copy = copy().await.unwrap();
    assert_eq!((copy.fence, copy.failures, copy.lapses), (2, 0, 0), "it went on once, where it was");
    assert!(system.number(copied, &video).await > first_turn);
    system.assert_made_once(&[&video]).await;
    let address = format!("{}{}", system.server.url(), film["playback"]["hls"].as_str().unwrap());
    assert_eq!(footage::frames(&format!("-http_persistent 0 -i {address}")), footage::LONG_FILM_FRAMES);
    assert_eq!(footage::play(&system.anonymous(), &film).await, footage::LONG_FILM_FRAMES);
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
        system.assert_undisturbed(video).await;
        made.extend(system.tasks(video).await.iter().map(|task| task.pid));
    }
    for worker in &workers {
        assert!(made.contains(&worker.pid()), "each made some of {made:?}");
    }
    system.assert_made_once(&videos.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

async fn sees_that_it_has_lost(system: &System, worker: &App) {
    eventually("the one that slept sees that it has lost", async || {
        system.counter(worker, "kinora_tasks_total", "result=\"lost\"").await >= 1
    })
    .await;
}

async fn running(system: &System, video: &str, pid: Option<u32>) -> Vec<i64> {
    let tasks = system.tasks(video).await;
    tasks.iter().filter(|task| task.state == "running" && task.pid == pid).map(|task| task.id).collect()
}

/// Rung, chunk and fence of what is published.
async fn segments(system: &System, video: &str) -> Vec<(String, i32, i64)> {
    sqlx::query_as(
        "SELECT rung, chunk, s.fence FROM segments s JOIN builds b ON b.id = s.build_id WHERE b.video_id = $1",
    )
    .bind(video)
    .fetch_all(&system.platform.db)
    .await
    .unwrap()
}
