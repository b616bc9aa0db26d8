//! How long it takes to sign the URL of an object, by us and by the SDK. `cargo run -p platform --example presign`; the
//! profile it is built by is told with the figures.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "it is there to print")]

use domain::id::BuildId;
use domain::key::MediaKey;
use platform::Config;
use platform::storage::Storage;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const BATCH: u32 = 200;
const BATCHES: usize = 51;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let vars = [
        ("KINORA_PUBLIC_URL", "http://localhost:3000"),
        ("KINORA_DATABASE_URL", "postgres://localhost/kinora"),
        ("KINORA_KAFKA_BROKERS", "localhost:9092"),
        ("KINORA_S3_ENDPOINT", "http://localhost:7070"),
        ("KINORA_S3_BUCKET", "kinora"),
        ("KINORA_S3_ACCESS_KEY", "access"),
        ("KINORA_S3_SECRET_KEY", "secret"),
        ("KINORA_S3_PATH_STYLE", "true"),
    ];
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let storage = Storage::new(&Config::from_vars(&vars.into()).unwrap());
    let build = BuildId::from_random([7; 16]);
    let key = |chunk| MediaKey::Chunk { build: build.clone(), chunk, fence: 1, rung: "1080p".to_owned() };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    storage.presign_get(&key(0)).await.unwrap();

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // By turns, so that a noisy moment hits both.
    for _ in 0..BATCHES {
        let begun = Instant::now();
        for chunk in 0..BATCH {
            std::hint::black_box(storage.presign_get(&key(chunk)).await.unwrap());
        }
        ours.push(begun.elapsed() / BATCH);
        let begun = Instant::now();
        for chunk in 0..BATCH / 10 {
            std::hint::black_box(storage.presign_by_sdk(&key(chunk).to_string(), now).await.unwrap());
        }
        theirs.push(begun.elapsed() / (BATCH / 10));
    }
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    println!("{{\"profile\":\"{profile}\",\"ours_us\":{:.2},\"sdk_us\":{:.2}}}", median(ours), median(theirs));
}

/// Microseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}
