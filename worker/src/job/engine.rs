//! Between the engine, which blocks on a thread, and the rest, which is async: what it makes is stored while it goes on,
//! a heartbeat keeps the lease, progress is told.

use super::store::Store;
use super::{Ended, chain, limits};
use crate::jail::Jail;
use crate::media::{self, Done, Init, Input, Picture, Segment, Sink, Stop, Track, Work};
use crate::source::Source;
use domain::id::{BuildId, VideoId};
use domain::key::MediaKey;
use domain::timeline;
use platform::Platform;
use platform::tasks::{self, Claim};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Results that wait for S3 before the engine does.
const WAITING: usize = 8;
/// Progress is told this often.
const PROGRESS: Duration = Duration::from_millis(900);
/// How long PostgreSQL may be away before what is made is given up.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a worker that was asked to end waits for S3.
const LAST_WORDS: Duration = Duration::from_secs(6);

/// A claimed task of a build.
pub struct Job<'a> {
    pub platform: &'a Platform,
    jail: &'a Arc<Jail>,
    pub claim: &'a Claim,
    pub video: &'a VideoId,
    /// None for what belongs to no build.
    build: Option<&'a BuildId>,
    /// What the engine reads: the original, or a picture that was sent.
    source: MediaKey,
    /// Its bytes.
    size: u64,
    shutdown: &'a CancellationToken,
}

/// What the engine's thread hands over.
pub enum Made {
    Init(Track, Init),
    Segment(Track, Segment),
    Chunk(Track, u32),
    Picture(Picture, Vec<u8>),
    Found(timeline::Chunk),
}

impl<'a> Job<'a> {
    pub async fn new(
        platform: &'a Platform,
        jail: &'a Arc<Jail>,
        claim: &'a Claim,
        shutdown: &'a CancellationToken,
    ) -> Result<Job<'a>, Ended> {
        let video = video(claim)?;
        Self::of(platform, jail, claim, shutdown, MediaKey::Original { video: video.clone() }).await
    }

    /// One whose engine reads `source`.
    pub async fn of(
        platform: &'a Platform,
        jail: &'a Arc<Jail>,
        claim: &'a Claim,
        shutdown: &'a CancellationToken,
        source: MediaKey,
    ) -> Result<Job<'a>, Ended> {
        let (video, build) = (video(claim)?, claim.build.as_ref());
        let Some(head) = platform.storage.head(&source).await? else {
            return Err(Ended::Unplayable("The file that was uploaded is gone. Upload it again.".to_owned()));
        };
        Ok(Job { platform, jail, claim, video, build, source, size: head.size, shutdown })
    }

    pub fn build(&self) -> Result<&'a BuildId, Ended> {
        self.build.ok_or_else(|| Ended::WentWrong("a task of the engine without a build".to_owned()))
    }

    /// Has the engine do `work` while `store` takes what it makes. `share` turns the milliseconds of the film that are
    /// done into how far the task is, 0 to 1.
    pub async fn run(&self, work: Work, store: &mut Store<'_>, share: impl Fn(i64) -> f64) -> Result<Done, Ended> {
        let stop = self.shutdown.child_token();
        let _stop_engine = stop.clone().drop_guard();
        let (storage, key) = (self.platform.storage.clone(), self.source.clone());
        let input: Box<dyn Input> = Box::new(Source::new(Handle::current(), storage, key, self.size, self.claim.kind));
        let (sender, mut made) = mpsc::channel(WAITING);
        let done_ms = Arc::new(AtomicI64::new(0));
        let mut hand = Hand { made: sender, done_ms: Arc::clone(&done_ms), stop };
        let span = tracing::Span::current();
        let (jail, limits) = (Arc::clone(self.jail), limits::of(&work, self.size));
        let engine = tokio::task::spawn_blocking(move || span.in_scope(|| jail.run(&work, input, &limits, &mut hand)));

        let mut tick = tokio::time::interval(PROGRESS);
        let receive = async {
            loop {
                tokio::select! {
                    next = made.recv() => match next {
                        Some(made) => store.take(made).await?,
                        None => return Ok::<(), Ended>(()),
                    },
                    _ = tick.tick() => self.report(share(done_ms.load(Ordering::Relaxed))).await?,
                }
            }
        };
        tokio::select! {
            received = receive => received?,
            lost = self.keep_lease() => return Err(lost),
            () = self.wait_no_longer() => return Err(Ended::HandedBack),
        }
        engine.await.map_err(|error| Ended::WentWrong(error.to_string()))?.map_err(ended)
    }

    /// Tells how far the task is. That the database can't be asked just now stops nothing.
    async fn report(&self, share: f64) -> Result<(), Ended> {
        match tasks::heartbeat(self.platform, self.claim, Some(share.clamp(0.0, 0.999))).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(platform::Error::Lost) => Err(Ended::Lost),
            Err(error) => {
                tracing::warn!(%error, "progress could not be told");
                Ok(())
            }
        }
    }

    /// Returns when a worker that was asked to end has waited long enough for what is on its way.
    pub async fn wait_no_longer(&self) {
        self.shutdown.cancelled().await;
        tokio::time::sleep(LAST_WORDS).await;
    }

    /// Renews the lease four times before it ends. Returns when the claim is lost. A database that can't be asked is
    /// waited for: the fence judges in the end.
    async fn keep_lease(&self) -> Ended {
        loop {
            tokio::time::sleep(self.platform.config.lease / 4).await;
            match tasks::heartbeat(self.platform, self.claim, None).await {
                Ok(true) => {}
                Ok(false) | Err(platform::Error::Lost) => return Ended::Lost,
                Err(error) => tracing::warn!(%error, "no heartbeat"),
            }
        }
    }
}

/// Tries again while PostgreSQL is away: what took long to make is not thrown away for a restart.
pub async fn patiently<T, F: Future<Output = platform::Result<T>>>(
    mut attempt: impl FnMut() -> F,
) -> platform::Result<T> {
    let begun = Instant::now();
    loop {
        match attempt().await {
            Err(error @ platform::Error::Unavailable(_)) if begun.elapsed() < PATIENCE => {
                tracing::warn!(error = chain(&error), "PostgreSQL is away; trying again");
                tokio::time::sleep(PROGRESS).await;
            }
            result => return result,
        }
    }
}

fn video(claim: &Claim) -> Result<&VideoId, Ended> {
    claim.video.as_ref().ok_or_else(|| Ended::WentWrong("a task of the engine without a film".to_owned()))
}

fn ended(error: media::Error) -> Ended {
    match error {
        media::Error::Unplayable(reason) => Ended::Unplayable(reason.to_string()),
        media::Error::Stopped => Ended::HandedBack,
        other => Ended::WentWrong(chain(&other)),
    }
}

/// The engine's end of the channel; stops it when nobody listens any more.
struct Hand {
    made: mpsc::Sender<Made>,
    done_ms: Arc<AtomicI64>,
    stop: CancellationToken,
}

impl Hand {
    fn over(&self, made: Made) -> Result<(), Stop> {
        if self.stop.is_cancelled() {
            return Err(Stop);
        }
        self.made.blocking_send(made).map_err(|_| Stop)
    }
}

impl Sink for Hand {
    fn init(&mut self, track: Track, init: Init) -> Result<(), Stop> {
        self.over(Made::Init(track, init))
    }

    fn segment(&mut self, track: Track, segment: Segment) -> Result<(), Stop> {
        self.over(Made::Segment(track, segment))
    }

    fn chunk(&mut self, track: Track, number: u32) -> Result<(), Stop> {
        self.over(Made::Chunk(track, number))
    }

    fn picture(&mut self, picture: Picture, bytes: Vec<u8>) -> Result<(), Stop> {
        self.over(Made::Picture(picture, bytes))
    }

    fn found(&mut self, chunk: timeline::Chunk) -> Result<(), Stop> {
        self.over(Made::Found(chunk))
    }

    fn progress(&mut self, done_ms: i64) -> Result<(), Stop> {
        self.done_ms.store(done_ms, Ordering::Relaxed);
        if self.stop.is_cancelled() { Err(Stop) } else { Ok(()) }
    }
}
