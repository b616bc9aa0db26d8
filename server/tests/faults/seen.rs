//! What can be seen of it from outside: numbers, and a log that can be followed.

use crate::footage;
use crate::support::Person;
use crate::system::{System, eventually};
use serde_json::Value;
use std::path::PathBuf;

const LOG: [(&str, &str); 1] = [("KINORA_LOG_FORMAT", "json")];

/// The lines of a process's log, each a JSON object.
fn log(system: &System, process: &str) -> Vec<Value> {
    let path: PathBuf = system.stack.data_dir().join("logs").join(format!("{process}.log"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// A field of a line or of one of its spans.
fn field<'a>(line: &'a Value, name: &str) -> Option<&'a str> {
    let spans = line["spans"].as_array().into_iter().flatten();
    std::iter::once(line).chain(spans).find_map(|place| place[name].as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_can_be_followed_through_the_logs_of_all_processes() {
    let system = System::start(&LOG).await;
    let worker = system.worker("worker");
    let owner = system.person().await;
    let other = owner.upload(&footage::film(2), "private").await;
    let video = owner.upload(&footage::older_film(6), "private").await;
    owner.ready(&video).await;
    owner.ready(&other).await;
    let mut said = Vec::new();
    eventually("all that is done is told", async || {
        said = [system.server.name(), worker.name()].iter().flat_map(|process| log(&system, process)).collect();
        said.retain(|line| field(line, "video") == Some(&video));
        let has = |message: &str| said.iter().any(|line| line["message"] == message);
        ["queued", "uploaded", "claimed", "planned", "encoded", "the build is finished", "task ended"]
            .into_iter()
            .all(has)
    })
    .await;
    // From the queue on the build is one and the same.
    let builds: std::collections::BTreeSet<&str> = said.iter().filter_map(|line| field(line, "build")).collect();
    assert_eq!(builds.len(), 1, "{said:#?}");
    for line in &said {
        let of_a_task = line["spans"].as_array().is_some_and(|spans| spans.iter().any(|span| span["name"] == "task"));
        assert!(!of_a_task || field(line, "build").is_some(), "{line}");
    }
    assert!(!said.iter().any(|line| line.to_string().contains(&other)), "the other film's lines are not among them");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_tell_how_a_film_was_made() {
    let system = System::start(&[]).await;
    let owner = system.person().await;
    let video = owner.upload(&footage::older_film(6), "private").await;

    let seen = async |name: &str, label: &str| system.counter(&system.server, name, label).await;
    assert_eq!(seen("kinora_tasks{", r#"kind="plan",state="open""#).await, 1, "no worker is there yet");
    eventually("it has waited for seconds", async || {
        seen("kinora_oldest_task_seconds{", r#"class="urgent""#).await >= 1
    })
    .await;

    let worker = system.worker("worker");
    owner.ready(&video).await;
    let did = async |name: &str, label: &str| system.counter(&worker, name, label).await;
    assert_eq!(seen("kinora_tasks{", r#"kind="plan""#).await, 0);
    assert!(seen("kinora_tasks{", r#"kind="tidy",state="later""#).await >= 1);
    assert_eq!(did("kinora_tasks_total{", r#"kind="plan",result="done""#).await, 1);
    assert!(did("kinora_task_wait_seconds_sum{", r#"class="urgent""#).await >= 1);
    for kind in ["plan", "encode", "sound"] {
        assert!(did("kinora_read_bytes_total{", &format!(r#"kind="{kind}""#)).await > 1000, "{kind}");
    }
    for kind in ["encode", "sound"] {
        assert!(did("kinora_stored_bytes_total{", &format!(r#"kind="{kind}""#)).await > 1000, "{kind}");
        assert!(did("kinora_encode_speed_count{", &format!(r#"kind="{kind}""#)).await >= 1, "{kind}");
    }
    let text = Person::anonymous(&worker.url()).get("/metrics").await.text().await.unwrap();
    assert!(text.contains(r#"kinora_encode_speed_bucket{kind="encode",le="2048"}"#), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_runs_out_is_counted() {
    let system = System::start(&[("KINORA_LEASE_SECONDS", "4")]).await;
    let worker = system.worker("silent");
    let owner = system.person().await;
    let video = owner.upload(&footage::older_film(20), "private").await;
    eventually("the worker is at it", async || {
        system.tasks(&video).await.iter().any(|task| task.kind == "encode" && task.state == "running")
    })
    .await;
    worker.kill().unwrap();
    let heir = system.worker("heir");
    owner.ready(&video).await;
    let swept = system.counter(&system.server, "kinora_leases_expired_total", "").await;
    let taken = system.counter(&heir, "kinora_leases_expired_total", "").await;
    let lapses: i64 = system.tasks(&video).await.iter().map(|task| i64::from(task.lapses)).sum();
    assert_eq!((swept + taken) as i64, lapses);
    assert!(lapses >= 1);
}
