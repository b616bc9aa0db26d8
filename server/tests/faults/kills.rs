//! Workers killed (`kill -9`) at every step of a film, each stopped exactly there from outside.

use crate::footage;
use crate::proxy::{Asked, Fault};
use crate::support::Person;
use crate::system::{System, eventually, signal};
use crate::tunnel::{self, Fate, Tunnel};
use dev::App;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Of a film that takes its encoder a moment.
const SECONDS: u32 = 20;
/// Short, so that others needn't wait long for what the dead one held.
const LEASE: [(&str, &str); 1] = [("KINORA_LEASE_SECONDS", "4")];

/// Kills the worker once it is `reached`, and has another one make the film: all of it, once, without a failure. How many
/// tasks the dead one held.
async fn is_killed(
    system: &System,
    (owner, video): Film,
    worker: App,
    step: &str,
    reached: impl Fn() -> bool,
) -> usize {
    eventually(step, async || reached()).await;
    // Exactly there: it begins no child any more, and buries none that ends while this is done.
    assert!(signal("STOP", worker.pid().unwrap()));
    let children = children(worker.pid().unwrap());
    assert!(!children.is_empty(), "{step}");
    for child in &children {
        // None can end by itself.
        signal("STOP", *child);
    }
    worker.kill().unwrap();
    // One that was still being started finds its parent gone by itself; the others are dead.
    for child in &children {
        signal("CONT", *child);
    }
    eventually("its children died with it", async || !children.iter().any(|child| lives(*child))).await;

    let _other = system.worker("other");
    let film = owner.ready(&video).await;
    system.assert_made_once(&[&video]).await;
    let tasks = system.tasks(&video).await;
    for task in &tasks {
        assert_eq!((task.failures, i64::from(task.lapses)), (0, task.fence - 1), "{step}: {task:?}");
    }
    assert_eq!(footage::play(&owner, &film).await, u64::from(SECONDS * 25), "{step}");
    tasks.iter().filter(|task| task.lapses > 0).count()
}

/// Its owner, and its id.
type Film = (Person, String);

async fn uploaded(system: &System) -> Film {
    upload(system, &footage::film(SECONDS)).await
}

async fn upload(system: &System, film: &[u8]) -> Film {
    let owner = system.person().await;
    let video = owner.upload(film, "private").await;
    (owner, video)
}

/// `asked` is told how often a task has begun by then.
async fn is_killed_at_a_request(step: &str, fault: Fault, asked: fn(&Asked, usize) -> bool) {
    let (system, proxy) = System::behind_a_proxy(&LEASE).await;
    let film = uploaded(&system).await;
    let begun = AtomicUsize::new(0);
    let met = proxy.fault(fault, 1, move |request| {
        // How large its original is.
        begun.fetch_add(usize::from(request.looks_at("/originals/")), Ordering::SeqCst);
        asked(request, begun.load(Ordering::SeqCst))
    });
    let worker = system.worker("killed");
    assert!(is_killed(&system, film, worker, step, || met.count() == 1).await > 0, "{step}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_be_killed_when_it_has_claimed() {
    is_killed_at_a_request("claimed", Fault::Lost, |asked, _| asked.looks_at("/originals/")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_be_killed_while_it_reads() {
    is_killed_at_a_request("reads to plan", Fault::Lost, |asked, _| asked.reads("/originals/")).await;
    is_killed_at_a_request("reads to encode", Fault::Lost, |asked, begun| begun > 1 && asked.reads("/originals/"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_be_killed_while_it_encodes() {
    let (system, proxy) = System::behind_a_proxy(&LEASE).await;
    // The first that comes of an encoder is how to decode what it makes; what it makes then is waited for.
    let begun = proxy.fault(Fault::Late, usize::MAX, |asked| asked.stores("/init.") && !asked.stores("/audio."));
    let film = uploaded(&system).await;
    let worker = system.worker("killed");
    assert!(is_killed(&system, film, worker, "encodes", || begun.count() > 0).await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_be_killed_while_it_stores() {
    is_killed_at_a_request("stores", Fault::Lost, |asked, _| asked.stores(".m4s")).await;
    is_killed_at_a_request("has stored", Fault::Unanswered, |asked, _| asked.stores(".m4s")).await;
}

async fn is_killed_at_a_commit(fate: Fate) {
    let (film, without_index) = (footage::film(SECONDS), footage::film_without_index(SECONDS));
    for (transaction, film) in
        [(tunnel::PLANNED, &film), (tunnel::FOUND, &without_index), (tunnel::PUBLISHED, &film), (tunnel::READY, &film)]
    {
        let system = System::start(&LEASE).await;
        let film = upload(&system, film).await;
        let tunnel = Tunnel::start(system.database_url(), transaction, fate).await;
        let worker = system.worker_with("killed", &[("KINORA_DATABASE_URL", tunnel.url.as_str())]);
        let held = is_killed(&system, film, worker, transaction, || tunnel.met() > 0).await;
        // What it had committed, nobody does again.
        assert!(held > 0 || fate == Fate::Untold, "{transaction}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_be_killed_just_before_a_commit() {
    is_killed_at_a_commit(Fate::Unheard).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_be_killed_just_after_a_commit() {
    is_killed_at_a_commit(Fate::Untold).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_dies_costs_its_task_a_failure_and_nothing_else() {
    let (system, proxy) = System::behind_a_proxy(&[]).await;
    let (owner, video) = uploaded(&system).await;
    let reading = proxy.fault(Fault::Held, 1, |asked| asked.reads("/originals/"));
    let worker = system.worker("worker");
    eventually("it reads", async || reading.count() > 0).await;
    for child in children(worker.pid().unwrap()) {
        assert!(signal("KILL", child));
    }
    proxy.release();
    let film = owner.ready(&video).await;
    for task in system.tasks(&video).await {
        // Two, if its successor was killed while it was started.
        let expected = if task.kind == "plan" { 1..=2 } else { 0..=0 };
        assert!(expected.contains(&task.failures), "{task:?}");
        assert_eq!((task.lapses, task.fence), (0, i64::from(task.failures) + 1), "{task:?}");
    }
    assert!(worker.ended().is_none());
    system.assert_made_once(&[&video]).await;
    assert_eq!(footage::play(&owner, &film).await, u64::from(SECONDS * 25));
}

fn children(of: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{of}/task")).unwrap();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()).collect()
}

/// A dead one that nobody has buried yet doesn't.
fn lives(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
