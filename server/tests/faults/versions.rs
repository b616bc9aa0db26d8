//! Workers of another version.

use crate::footage;
use crate::system::{System, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_leaves_the_builds_of_another_version_alone_for_as_long_as_that_is_there() {
    let system = System::start(&[]).await;
    let owner = system.person().await;
    let theirs = owner.upload(&footage::film(4), "private").await;
    // A worker of that version has begun it, and was there just now.
    system.sql("UPDATE builds SET engine_version = 999 WHERE video_id = $1", &theirs).await;
    let seen = "INSERT INTO engines (version, seen_at) VALUES (999, now() - $1::interval)
                ON CONFLICT (version) DO UPDATE SET seen_at = excluded.seen_at";
    system.sql(seen, "0 s").await;
    let _worker = system.worker("worker");
    let ours = owner.upload(&footage::film(4), "private").await;
    owner.ready(&ours).await;
    assert_eq!(owner.film(&theirs).await["state"], "queued");
    let untouched: Vec<_> = system.tasks(&theirs).await.into_iter().map(|task| (task.fence, task.state)).collect();
    assert_eq!(untouched, [(0, "open".to_owned())]);

    // All of them are gone for good.
    system.sql(seen, "1 hour").await;
    eventually("it is made anew", async || owner.film(&theirs).await["state"] == "ready").await;
    let film = owner.ready(&theirs).await;
    assert_eq!(footage::play(&owner, &film).await, 4 * 25);
    system.assert_made_once(&[&ours, &theirs]).await;
    let own = "SELECT count(*) FROM builds WHERE video_id = $1 AND engine_version = 999";
    assert_eq!(system.number(own, &theirs).await, 0);
}
