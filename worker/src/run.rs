//! The loop: claims the best task while there is room, sleeps until the bell rings, looks by itself every second.

use crate::jail::Jail;
use crate::{job, media};
use platform::tasks::{self, Claim, Wanted};
use platform::{Platform, builds, bus};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

const ENGINE: i32 = media::ENGINE_VERSION as i32;

/// How long a lost bell goes unnoticed.
const SWEEP: Duration = Duration::from_secs(1);

/// How often a worker says that its engine is there, and looks for builds whose engine isn't.
const ENGINES: Duration = Duration::from_secs(20);

/// Tasks beside the usual number that a worker takes if somebody waits for them: so the first seconds of a film never
/// stand behind the hours of another.
const FOR_URGENT: usize = 2;

/// Works until `shutdown`; then hands back what it was at and returns.
pub async fn run(platform: Platform, jail: Jail, shutdown: CancellationToken) {
    let jail = Arc::new(jail);
    let bells = bus::Bells::new(&platform.config.kafka);
    let room = Arc::new(Semaphore::new(platform.config.worker_concurrency.max(1)));
    let reserve = Arc::new(Semaphore::new(FOR_URGENT));
    let jobs = TaskTracker::new();
    jobs.spawn(keep_engines(platform.clone(), shutdown.clone()));
    let name = worker_name();
    tracing::info!(worker = %name, room = room.available_permits(), "ready for work");

    while !shutdown.is_cancelled() {
        let (permit, wanted) = tokio::select! {
            biased;
            permit = Arc::clone(&room).acquire_owned() => (permit, Wanted::Any),
            permit = Arc::clone(&reserve).acquire_owned() => (permit, Wanted::Urgent),
            () = shutdown.cancelled() => break,
        };
        let Ok(permit) = permit else { break };
        match tasks::claim(&platform, &name, ENGINE, wanted).await {
            Ok(Some(claim)) => {
                let span = span(&claim);
                let (platform, jail, shutdown) = (platform.clone(), Arc::clone(&jail), shutdown.clone());
                jobs.spawn(
                    async move {
                        tracing::info!("claimed");
                        work(&platform, &jail, &claim, &shutdown).await;
                        drop(permit);
                    }
                    .instrument(span),
                );
                // There may be more.
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "can't claim work; trying again"),
        }
        drop(permit);
        tokio::select! {
            () = bells.rung() => {}
            // Room for what isn't urgent.
            _ = room.acquire(), if wanted == Wanted::Urgent => {}
            () = tokio::time::sleep(SWEEP) => {}
            () = shutdown.cancelled() => {}
        }
    }
    jobs.close();
    jobs.wait().await;
}

/// Others hear that this engine is there, before it is looked which one isn't: after a night without workers all come back
/// at once.
async fn keep_engines(platform: Platform, shutdown: CancellationToken) {
    loop {
        if let Err(error) = builds::engine_is_here(&platform, ENGINE).await {
            tracing::warn!(%error, "can't say that this engine is there");
        }
        tokio::select! {
            () = tokio::time::sleep(ENGINES) => {}
            () = shutdown.cancelled() => return,
        }
        if let Err(error) = builds::sweep_engines(&platform, ENGINE).await {
            tracing::warn!(%error, "can't look for builds whose engine is gone");
        }
    }
}

/// What every line of the log says of the task that it is about. `build` is what all tasks of one processing have in
/// common, from the upload's end to `ready`.
fn span(claim: &Claim) -> tracing::Span {
    let Claim { task, kind, fence, video, build, chunk, rendition, .. } = claim;
    tracing::info_span!(
        "task",
        %task,
        kind = kind.as_str(),
        fence,
        video = video.as_ref().map(tracing::field::display),
        build = build.as_ref().map(tracing::field::display),
        chunk,
        rendition,
    )
}

/// One task to its end, whatever that is; what is written about it is written here.
async fn work(platform: &Platform, jail: &Arc<Jail>, claim: &Claim, shutdown: &CancellationToken) {
    let started = std::time::Instant::now();
    let outcome = job::perform(platform, jail, claim, shutdown).await;
    let kind = claim.kind.as_str();
    metrics::histogram!("kinora_task_seconds", "kind" => kind).record(started.elapsed().as_secs_f64());
    let (result, written) = match outcome {
        Ok(()) => ("done", Ok(())),
        Err(job::Ended::Unplayable(reason)) => {
            tracing::info!(%reason, "the file can't be processed");
            ("unplayable", tasks::fail(platform, claim, &reason).await)
        }
        Err(job::Ended::WentWrong(error)) => {
            tracing::error!(error = %error, "the task went wrong");
            ("went_wrong", tasks::went_wrong(platform, claim, &error).await)
        }
        Err(job::Ended::HandedBack) => {
            tracing::info!("handed back");
            ("handed_back", tasks::hand_back(platform, claim).await)
        }
        Err(job::Ended::GaveWay) => {
            tracing::info!("gives way");
            ("gave_way", tasks::give_way(platform, claim).await)
        }
        Err(job::Ended::Lost) => {
            tracing::warn!("the task is another worker's now, or its film is gone");
            ("lost", Ok(()))
        }
    };
    if let Err(error) = written {
        tracing::warn!(%error, result, "the end could not be written; the lease will run out and the task be taken again");
    }
    metrics::counter!("kinora_tasks_total", "kind" => kind, "result" => result).increment(1);
    tracing::info!(result, seconds = started.elapsed().as_secs_f64(), "task ended");
}

/// Who holds a lease, for operators: host and process.
fn worker_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}:{}", host.trim(), std::process::id())
}
