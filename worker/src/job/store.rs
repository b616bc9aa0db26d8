//! What the engine makes, on its way to S3: segments are gathered into chunks, each PUT once while the next is made.

use super::Ended;
use super::engine::{Job, Made, patiently};
use crate::media::{Init, Picture, Segment, Track};
use bytes::Bytes;
use domain::key::{MediaKey, init_hash};
use domain::plan::Outcome;
use domain::playlist::{self, Chunk};
use domain::poster::Of;
use domain::task::Kind;
use platform::builds::{self, Stored};
use platform::{storage, tasks};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinSet;
use tracing::Instrument;

/// How long what was stored in vain is cleared away for, before it is left to the tidying.
const CLEARING: Duration = Duration::from_secs(4);

/// What a task that gives way publishes before it does: more than anybody watches while others have their turn.
const TURN: Duration = Duration::from_secs(5 * 60);

/// When a chunk is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publish {
    /// As soon as it is complete in all renditions: the task makes many.
    AtOnce,
    /// Likewise; but when a [`TURN`] of the film is published and other tasks wait, they go first.
    InTurns,
    /// Together with the task's end: it makes one.
    AtTheEnd,
}

pub struct Store<'a> {
    job: &'a Job<'a>,
    /// The names of the renditions that are made, by track.
    names: BTreeMap<Track, String>,
    publish: Publish,
    open: BTreeMap<Track, Open>,
    /// How much of the film has been completed in this turn, milliseconds.
    turn_ms: f64,
    /// What is complete, by chunk, and not published.
    complete: BTreeMap<u32, Vec<Stored>>,
    puts: JoinSet<Result<(), storage::Error>>,
    /// What was PUT and isn't published: of no use to anybody if the task ends badly.
    unpublished: Vec<MediaKey>,
}

/// A chunk of a rendition that is being made.
#[derive(Default)]
struct Open {
    init: Option<(String, String)>,
    segments: Vec<playlist::Segment>,
    /// Where the first of them begins, milliseconds.
    begin_ms: f64,
    bytes: Vec<u8>,
}

impl<'a> Store<'a> {
    pub fn new(job: &'a Job<'a>, names: BTreeMap<Track, String>, publish: Publish) -> Self {
        Self {
            job,
            names,
            publish,
            open: BTreeMap::new(),
            turn_ms: 0.0,
            complete: BTreeMap::new(),
            puts: JoinSet::new(),
            unpublished: Vec::new(),
        }
    }

    pub async fn take(&mut self, made: Made) -> Result<(), Ended> {
        match made {
            Made::Init(track, init) => self.init(track, init),
            Made::Segment(track, segment) => self.segment(track, &segment),
            Made::Chunk(track, number) => self.chunk(track, number).await,
            Made::Found(chunk) => Ok(patiently(|| builds::found(self.job.platform, self.job.claim, &chunk)).await?),
            Made::Picture(picture, bytes) => self.picture(picture, bytes),
        }
    }

    fn init(&mut self, track: Track, init: Init) -> Result<(), Ended> {
        let (hash, rung) = (init_hash(&init.bytes), self.name(track)?);
        // Each chunk has one, and the second is the first: its key says so.
        let key = MediaKey::Init { build: self.job.build()?.clone(), hash: hash.clone(), rung };
        self.put(key, init.bytes);
        self.open.entry(track).or_default().init = Some((hash, init.codecs));
        Ok(())
    }

    fn segment(&mut self, track: Track, segment: &Segment) -> Result<(), Ended> {
        let open = self.open.entry(track).or_default();
        let (bytes, duration_ms) = (segment.bytes.len() as u64, segment.seconds() * 1000.0);
        if open.segments.is_empty() {
            open.begin_ms = segment.start as f64 * 1000.0 / f64::from(segment.timescale);
        }
        open.segments.push(playlist::Segment { bytes, duration_ms });
        open.bytes.extend_from_slice(&segment.bytes);
        Ok(())
    }

    async fn chunk(&mut self, track: Track, number: u32) -> Result<(), Ended> {
        let rung = self.name(track)?;
        let Some(open) = self.open.get_mut(&track) else { return Ok(()) };
        let (mut segments, bytes) = (std::mem::take(&mut open.segments), std::mem::take(&mut open.bytes));
        if let (0, Some(first)) = (number, segments.first_mut()) {
            // A picture may begin a little behind the sound. Playlists and manifests count from 0, and what they say of
            // all segments behind the first should be true.
            first.duration_ms += open.begin_ms;
        }
        let Some((init_hash, codecs)) = open.init.clone().filter(|_| !segments.is_empty()) else { return Ok(()) };
        let fence = self.job.claim.fence;
        self.put(MediaKey::Chunk { build: self.job.build()?.clone(), chunk: number, fence, rung: rung.clone() }, bytes);
        let complete = self.complete.entry(number).or_default();
        let chunk = Chunk { number, fence, segments };
        let length_ms = playlist::length_ms(std::slice::from_ref(&chunk));
        complete.push(Stored { rung, chunk, init_hash, codecs });
        if self.publish == Publish::AtTheEnd || complete.len() < self.names.len() {
            return Ok(());
        }
        self.publish(None).await?;
        self.turn_ms += length_ms;
        if self.publish == Publish::InTurns { self.give_way().await } else { Ok(()) }
    }

    /// Ends the task's turn when it has had it, if anybody waits.
    async fn give_way(&mut self) -> Result<(), Ended> {
        if self.turn_ms < TURN.as_millis() as f64 {
            return Ok(());
        }
        self.turn_ms = 0.0;
        let job = self.job;
        if patiently(|| tasks::others_wait(job.platform)).await? { Err(Ended::GaveWay) } else { Ok(()) }
    }

    fn picture(&mut self, picture: Picture, bytes: Vec<u8>) -> Result<(), Ended> {
        let (job, fence) = (self.job, self.job.claim.fence);
        let key = match picture {
            Picture::Poster { width, format } => {
                let of = match job.claim.kind {
                    Kind::Poster => Of::Film(job.video.clone(), job.claim.task),
                    _ => Of::Build(job.build()?.clone()),
                };
                MediaKey::Poster { of, fence, width, format }
            }
            Picture::Sheet(number) => MediaKey::Sheet { build: job.build()?.clone(), number, fence },
            Picture::Waveform => MediaKey::Waveform { build: job.build()?.clone(), fence },
        };
        self.put(key, bytes);
        Ok(())
    }

    /// Publishes all that is complete and, with an outcome, ends the task.
    pub async fn publish(&mut self, outcome: Option<&Outcome>) -> Result<(), Ended> {
        let stored: Vec<Stored> = std::mem::take(&mut self.complete).into_values().flatten().collect();
        let job = self.job;
        self.write_down(|| builds::publish(job.platform, job.claim, &stored, outcome)).await
    }

    /// Waits until all is stored, then has it written down.
    pub async fn write_down<F>(&mut self, write: impl FnMut() -> F) -> Result<(), Ended>
    where
        F: Future<Output = platform::Result<()>>,
    {
        self.stored().await?;
        let result = patiently(write).await;
        // Committed or not, who knows: then what is stored stays, until it is tidied away.
        if matches!(result, Ok(()) | Err(platform::Error::Unavailable(_))) {
            self.unpublished.clear();
        }
        Ok(result?)
    }

    /// Waits for what is on its way.
    async fn stored(&mut self) -> Result<(), Ended> {
        let job = self.job;
        let all = async {
            while let Some(put) = self.puts.join_next().await {
                put.map_err(|error| Ended::WentWrong(error.to_string()))??;
            }
            Ok(())
        };
        tokio::select! {
            stored = all => stored,
            () = job.wait_no_longer() => Err(Ended::HandedBack),
        }
    }

    fn name(&self, track: Track) -> Result<String, Ended> {
        let name = self.names.get(&track).cloned();
        name.ok_or_else(|| Ended::WentWrong(format!("the engine made {track:?}, which isn't planned")))
    }

    /// Begins to store it.
    pub fn put(&mut self, key: MediaKey, bytes: Vec<u8>) {
        let kind = self.job.claim.kind.as_str();
        metrics::counter!("kinora_stored_bytes_total", "kind" => kind).increment(bytes.len() as u64);
        // An init segment may be another chunk's, too.
        if !matches!(key, MediaKey::Init { .. }) {
            self.unpublished.push(key.clone());
        }
        let storage = self.job.platform.storage.clone();
        let put = async move { storage.put(&key, Bytes::from(bytes)).await };
        self.puts.spawn(put.in_current_span());
    }

    async fn clear(&self) {
        for key in &self.unpublished {
            if let Err(error) = self.job.platform.storage.delete(key).await {
                tracing::warn!(%error, %key, "left behind");
            }
        }
    }

    /// The end of what was to be made. If it came to nothing, takes back what was stored in vain; what can't be deleted
    /// now is tidied away later.
    pub async fn settle<T>(mut self, made: Result<T, Ended>) -> Result<T, Ended> {
        if made.is_err() {
            self.puts.shutdown().await;
            if tokio::time::timeout(CLEARING, self.clear()).await.is_err() {
                tracing::warn!("what was stored in vain is left behind");
            }
        }
        made
    }
}
