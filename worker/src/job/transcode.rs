//! One film through the engine: a blocking thread decodes and encodes; beside it chunks go to S3, each once, and are
//! written down under the fence; a heartbeat keeps the lease.

use super::{Ended, chain};
use crate::chunker::{Chunker, Closed};
use crate::jail::{Jail, Limits, Load};
use crate::media::{self, Init, Input, Plan, Probe, Segment, Sink, Stop, Track};
use crate::source::Source;
use bytes::Bytes;
use domain::id::{BuildId, VideoId};
use domain::key::MediaKey;
use domain::playlist::{self, AUDIO, Rendition};
use domain::video::Notice;
use platform::Platform;
use platform::tasks::{self, Claim, Finished};
use std::collections::BTreeMap;
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

/// What the engine's thread hands over.
enum Made {
    Init(Track, Init),
    Segment(Track, Segment),
    Poster(Vec<u8>),
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

    fn poster(&mut self, jpeg: Vec<u8>) -> Result<(), Stop> {
        self.over(Made::Poster(jpeg))
    }

    fn progress(&mut self, done_ms: i64) -> Result<(), Stop> {
        self.done_ms.store(done_ms, Ordering::Relaxed);
        if self.stop.is_cancelled() { Err(Stop) } else { Ok(()) }
    }
}

/// Makes the claim's build: segments and poster in S3, rows in PostgreSQL, the film `ready`.
pub async fn perform(
    platform: &Platform,
    jail: &Arc<Jail>,
    claim: &Claim,
    shutdown: &CancellationToken,
) -> Result<(), Ended> {
    let (Some(video), Some(build)) = (&claim.video, &claim.build) else {
        return Err(Ended::WentWrong("a transcode task without a film or a build".to_owned()));
    };
    let Some(size) = original_size(platform, video).await? else {
        return Err(Ended::Unplayable("The file that was uploaded is gone. Upload it again.".to_owned()));
    };
    let open = || -> Box<dyn Input> {
        let key = MediaKey::Original { video: video.clone() };
        Box::new(Source::new(Handle::current(), platform.storage.clone(), key, size))
    };

    if claim.fence > 1 {
        // A claim before this one may have died half-way.
        platform.storage.delete_earlier(build, claim.fence).await?;
    }

    let stop = shutdown.child_token();
    let _stop_engine = stop.clone().drop_guard();
    let mut store = Store::new(platform, claim, build);
    let made = tokio::select! {
        made = engine(platform, jail, claim, (&open, size), &stop, &mut store) => made,
        lost = keep_lease(platform, claim) => Err(lost),
    };
    stop.cancel();
    let finished = match made {
        Ok(finished) => finished,
        Err(ended) => {
            store.remove().await;
            return Err(ended);
        }
    };
    match patiently(|| tasks::finish_transcode(platform, claim, finished.clone())).await {
        Err(platform::Error::Lost) => {
            store.remove().await;
            Err(Ended::Lost)
        }
        // Committed or not, who knows: what is stored stays. If the film isn't ready, its next claim clears it away.
        result => Ok(result?),
    }
}

/// Tries again while PostgreSQL is away: an encode of hours is not thrown away for a restart.
async fn patiently<F: Future<Output = platform::Result<()>>>(mut attempt: impl FnMut() -> F) -> platform::Result<()> {
    let begun = Instant::now();
    loop {
        match attempt().await {
            Err(error @ platform::Error::Unavailable(_)) if begun.elapsed() < PATIENCE => {
                tracing::warn!(error = chain(&error), "not written down; trying again");
                tokio::time::sleep(PROGRESS).await;
            }
            result => return result,
        }
    }
}

async fn original_size(platform: &Platform, video: &VideoId) -> Result<Option<u64>, Ended> {
    Ok(platform.storage.head(&MediaKey::Original { video: video.clone() }).await?.map(|head| head.size))
}

/// Renews the lease four times before it ends. Returns when the claim is lost. A database that can't be asked is waited
/// for: the fence judges in the end.
async fn keep_lease(platform: &Platform, claim: &Claim) -> Ended {
    loop {
        tokio::time::sleep(platform.config.lease / 4).await;
        match tasks::heartbeat(platform, claim, None).await {
            Ok(true) => {}
            Ok(false) | Err(platform::Error::Lost) => return Ended::Lost,
            Err(error) => tracing::warn!(%error, "no heartbeat"),
        }
    }
}

async fn engine(
    platform: &Platform,
    jail: &Arc<Jail>,
    claim: &Claim,
    (open, size): (&(dyn Fn() -> Box<dyn Input> + Sync), u64),
    stop: &CancellationToken,
    store: &mut Store<'_>,
) -> Result<Finished, Ended> {
    let (input, child) = (open(), Arc::clone(jail));
    let probed = blocking(move || child.run(&media::Work::Probe, input, &Limits::for_probe(), &mut ())).await?;
    let media::Done::Probe(probe) = probed else { return Err(not_asked_for()) };
    let mut plan = Plan::of(&probe).map_err(ended)?;
    let highest = platform.config.ladder_max;
    if plan.rungs.len() > 1 {
        let lowest = plan.rungs.first().cloned();
        plan.rungs.retain(|rung| rung.width.min(rung.height) <= highest);
        plan.rungs.extend(lowest.filter(|_| plan.rungs.is_empty()));
    }
    store.expect(&plan);

    let started = Instant::now();
    let (sender, mut made) = mpsc::channel(WAITING);
    let done_ms = Arc::new(AtomicI64::new(0));
    let mut hand = Hand { made: sender, done_ms: Arc::clone(&done_ms), stop: stop.clone() };
    let (input, child) = (open(), Arc::clone(jail));
    let limits = limits(&probe, &plan, size);
    let work = media::Work::Transcode(plan);
    let engine = tokio::spawn(blocking(move || child.run(&work, input, &limits, &mut hand)));

    let mut tick = tokio::time::interval(PROGRESS);
    loop {
        tokio::select! {
            next = made.recv() => match next {
                Some(Made::Init(track, init)) => store.init(track, init).await?,
                Some(Made::Segment(track, segment)) => store.segment(track, &segment).await?,
                Some(Made::Poster(jpeg)) => store.poster(jpeg).await?,
                None => break,
            },
            _ = tick.tick() => report(platform, claim, &probe, done_ms.load(Ordering::Relaxed)).await?,
        }
    }
    let encoded = engine.await.map_err(|error| Ended::WentWrong(error.to_string()))??;
    let media::Done::Transcode(outcome) = encoded else { return Err(not_asked_for()) };
    store.close().await?;

    let seconds = started.elapsed().as_secs_f64();
    let speed = outcome.duration_ms as f64 / 1000.0 / seconds.max(0.001);
    tracing::info!(frames = outcome.frames, duration_ms = outcome.duration_ms, seconds, speed, "encoded");
    metrics::histogram!("kinora_encode_speed").record(speed);

    let (width, height) =
        probe.video.as_ref().map(|v| (Some(v.width as i32), Some(v.height as i32))).unwrap_or_default();
    if claim.fence > 1 {
        // One that was slow to die may have stored something since we began.
        platform.storage.delete_earlier(store.build, claim.fence).await?;
    }
    Ok(Finished {
        renditions: store.renditions(),
        poster: store.has_poster,
        duration_ms: outcome.duration_ms,
        width,
        height,
        notices: outcome.notices.into_iter().map(notice).collect(),
    })
}

fn not_asked_for() -> Ended {
    Ended::WentWrong("the engine did something else than it was asked for".to_owned())
}

/// `size`: bytes of the original. A file that doesn't tell its length, or tells too little, has at least 128 kbit/s.
fn limits(probe: &Probe, plan: &Plan, size: u64) -> Limits {
    let pixels = |width: u32, height: u32| u64::from(width) * u64::from(height);
    let promised = Duration::from_millis(probe.duration_ms.unwrap_or_default().max(0) as u64);
    Limits::for_encode(&Load {
        source_pixels: probe.video.as_ref().map_or(0, |video| pixels(video.width, video.height)),
        rung_pixels: plan.rungs.iter().map(|rung| pixels(rung.width, rung.height)).sum(),
        frame_rate: probe.video.as_ref().map_or(0.0, |video| video.frame_rate),
        film: promised.max(Duration::from_secs(size / 16_000)),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
    })
}

/// Tells how far the film is. That the database can't be asked just now stops nothing.
async fn report(platform: &Platform, claim: &Claim, probe: &Probe, done_ms: i64) -> Result<(), Ended> {
    let whole = probe.duration_ms.unwrap_or(0);
    let share = if whole > 0 { (done_ms as f64 / whole as f64).clamp(0.0, 0.999) } else { 0.0 };
    match tasks::heartbeat(platform, claim, Some(share)).await {
        Ok(true) => Ok(()),
        Ok(false) | Err(platform::Error::Lost) => Err(Ended::Lost),
        Err(error) => {
            tracing::warn!(%error, "progress could not be told");
            Ok(())
        }
    }
}

/// Runs the engine's code where it may block, and sorts its errors.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, media::Error> + Send + 'static,
) -> Result<T, Ended> {
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work))
        .await
        .map_err(|error| Ended::WentWrong(error.to_string()))?
        .map_err(ended)
}

fn ended(error: media::Error) -> Ended {
    match error {
        media::Error::Unplayable(reason) => Ended::Unplayable(reason.to_string()),
        media::Error::Stopped => Ended::HandedBack,
        other => Ended::WentWrong(chain(&other)),
    }
}

fn notice(notice: media::Notice) -> Notice {
    match notice {
        media::Notice::CutOff => Notice::CutOff,
        media::Notice::Damaged => Notice::Damaged,
        media::Notice::Silent => Notice::Silent,
    }
}

/// Puts what the engine makes into S3 and writes it down.
struct Store<'a> {
    platform: &'a Platform,
    claim: &'a Claim,
    build: &'a BuildId,
    /// Of every rendition that is planned; its codecs are known once its init segment is there.
    planned: BTreeMap<Track, Rendition>,
    chunkers: BTreeMap<Track, Chunker>,
    /// What was PUT under this fence: of no use to anybody if the claim ends badly.
    stored: Vec<MediaKey>,
    has_poster: bool,
}

impl<'a> Store<'a> {
    fn new(platform: &'a Platform, claim: &'a Claim, build: &'a BuildId) -> Self {
        Self {
            platform,
            claim,
            build,
            planned: BTreeMap::new(),
            chunkers: BTreeMap::new(),
            stored: Vec::new(),
            has_poster: false,
        }
    }

    fn expect(&mut self, plan: &Plan) {
        for (index, rung) in plan.rungs.iter().enumerate() {
            let rendition = Rendition {
                name: rung.name.clone(),
                codecs: String::new(),
                resolution: Some((rung.width, rung.height)),
                frame_rate: Some(plan.frame_rate),
            };
            self.planned.insert(Track::Video(index), rendition);
        }
        if plan.audio {
            let sound = Rendition { name: AUDIO.to_owned(), codecs: String::new(), resolution: None, frame_rate: None };
            self.planned.insert(Track::Audio, sound);
        }
    }

    /// The renditions that came out, with their codecs.
    fn renditions(&self) -> Vec<Rendition> {
        self.planned.values().filter(|rendition| !rendition.codecs.is_empty()).cloned().collect()
    }

    fn name(&self, track: Track) -> Result<String, Ended> {
        let planned = self.planned.get(&track).map(|rendition| rendition.name.clone());
        planned.ok_or_else(|| Ended::WentWrong(format!("the engine made {track:?}, which isn't planned")))
    }

    async fn put(&mut self, key: MediaKey, bytes: Vec<u8>) -> Result<(), Ended> {
        metrics::counter!("kinora_stored_bytes_total").increment(bytes.len() as u64);
        // Noted first: a PUT that fails may have arrived all the same.
        self.stored.push(key.clone());
        Ok(self.platform.storage.put(&key, Bytes::from(bytes)).await?)
    }

    async fn init(&mut self, track: Track, init: Init) -> Result<(), Ended> {
        let rung = self.name(track)?;
        if let Some(rendition) = self.planned.get_mut(&track) {
            rendition.codecs = init.codecs;
        }
        let key = MediaKey::Init { build: self.build.clone(), fence: self.claim.fence, rung };
        self.put(key, init.bytes).await
    }

    async fn segment(&mut self, track: Track, segment: &Segment) -> Result<(), Ended> {
        let closed = self.chunkers.entry(track).or_default().push(&segment.bytes, segment.seconds() * 1000.0);
        match closed {
            Some(chunk) => self.chunk(track, chunk).await,
            None => Ok(()),
        }
    }

    async fn close(&mut self) -> Result<(), Ended> {
        let open: Vec<_> = self.chunkers.iter_mut().filter_map(|(track, c)| Some((*track, c.close()?))).collect();
        for (track, chunk) in open {
            self.chunk(track, chunk).await?;
        }
        Ok(())
    }

    async fn chunk(&mut self, track: Track, chunk: Closed) -> Result<(), Ended> {
        let rung = self.name(track)?;
        let fence = self.claim.fence;
        let key = MediaKey::Chunk { build: self.build.clone(), chunk: chunk.number, fence, rung: rung.clone() };
        self.put(key, chunk.bytes).await?;
        let row = playlist::Chunk { number: chunk.number, fence, segments: chunk.segments };
        let publish = || tasks::publish_chunk(self.platform, self.claim, &rung, row.clone(), chunk.first_index);
        Ok(patiently(publish).await?)
    }

    async fn poster(&mut self, jpeg: Vec<u8>) -> Result<(), Ended> {
        let key = MediaKey::Poster { build: self.build.clone(), fence: self.claim.fence };
        self.put(key, jpeg).await?;
        self.has_poster = true;
        Ok(())
    }

    /// Takes back what was stored. What can't be deleted now goes with the film.
    async fn remove(&self) {
        for key in &self.stored {
            if let Err(error) = self.platform.storage.delete(key).await {
                tracing::warn!(%error, %key, "left behind");
            }
        }
    }
}
