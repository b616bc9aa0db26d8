//! Builds while they are watched: what is published of each, read from PostgreSQL once for all who wait for more.
//!
//! Whoever asks first for a build starts its keeper, which reads it again whenever Kafka says that something was
//! published, and every second anyway. Ten thousand players that wait are ten thousand receivers of one channel. Of a
//! finished build nothing changes but the captions that its film's owner adds.

use super::text::Text;
use crate::db::{self, builds::Playable};
use crate::{Error, Platform, Result};
use domain::dash::{self, Track};
use domain::event::{Envelope, Message};
use domain::id::{BuildId, VideoId};
use domain::plan::Plan;
use domain::playlist::{self, AUDIO, Chunk, Growth, Media, Rate, Rendition, Stretch, contiguous, is_audio, length_ms};
use domain::webvtt::{self, Chapter};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// What our player asks for a growing build with.
const GROWING: &str = "?growing=1";
/// How long a lost message goes unnoticed.
const SWEEP: Duration = Duration::from_secs(1);
/// The same of a finished build, of which only captions can change: in sweeps.
const SWEEPS_FINISHED: u32 = 5;
/// A build that nobody has asked for this long is forgotten.
const IDLE: Duration = Duration::from_secs(20);

/// A rendition's playlist or, without a name, the master; and whether for our player.
type Which = (Option<String>, bool);
type Tell = watch::Sender<Arc<Snapshot>>;
type Changes = watch::Receiver<Arc<Snapshot>>;
type Live = broadcast::Receiver<Arc<Envelope>>;

/// What is published of a build at a moment.
pub struct Snapshot {
    pub build: BuildId,
    playable: Playable,
    /// From the first on without a hole, by rendition; while it grows, no more picture than there is sound for.
    chunks: HashMap<String, Vec<Chunk>>,
    /// Where the sound ends so far, if it limits the picture.
    sound_ms: Option<f64>,
    /// Written once each, whoever asks.
    texts: Mutex<Texts>,
    lengths: Mutex<HashMap<Which, u64>>,
}

/// What was written of a build, all of it with lines that begin with `base`: with a CDN that is another after some hours.
#[derive(Default)]
struct Texts {
    base: String,
    playlists: HashMap<Which, Arc<Text>>,
    manifest: Option<Arc<str>>,
}

impl Snapshot {
    /// None before the build is planned.
    async fn read(platform: &Platform, build: &BuildId) -> Result<Option<Self>> {
        let mut tx = platform.db.begin().await?;
        let Some(playable) = db::builds::playable(&mut tx, build).await? else { return Ok(None) };
        let mut chunks = db::segments::chunks(&mut *tx, build, None).await?;
        tx.commit().await?;
        for chunks in chunks.values_mut() {
            let length = contiguous(chunks).len();
            chunks.truncate(length);
        }
        let has_sound = playable.renditions.iter().any(|(rendition, _)| rendition.is_audio());
        let sound_ms = (has_sound && !playable.finished && !playable.sound_ended)
            .then(|| chunks.get(AUDIO).map_or(0.0, |chunks| length_ms(chunks)));
        Ok(Some(Self {
            build: build.clone(),
            playable,
            chunks,
            sound_ms,
            texts: Mutex::default(),
            lengths: Mutex::default(),
        }))
    }

    pub fn is_finished(&self) -> bool {
        self.playable.finished
    }

    /// Whether the segment of that number is in the rendition's playlist.
    pub fn has(&self, name: &str, segment: u64, growing: bool) -> bool {
        let key = (Some(name.to_owned()), growing);
        // Ten thousand who wait ask it of every change.
        let mut lengths = self.lengths.lock().unwrap_or_else(PoisonError::into_inner);
        *lengths.entry(key).or_insert_with(|| self.count(name, growing)) > segment
    }

    /// The number of segments in a rendition's playlist.
    fn count(&self, name: &str, growing: bool) -> u64 {
        let counts = self.stretches(name, growing).into_iter().map(|stretch| match stretch {
            Stretch::There(chunk) => chunk.segments.len() as u64,
            Stretch::Gap(durations) => durations.len() as u64,
        });
        counts.sum()
    }

    /// Milliseconds from the beginning that are published of a rendition.
    pub fn length_ms(&self, name: &str) -> f64 {
        length_ms(self.of(name))
    }

    /// Every rendition that will be played, smallest picture first.
    pub fn renditions(&self) -> impl Iterator<Item = &Rendition> {
        self.playable.renditions.iter().map(|(rendition, _)| rendition)
    }

    /// A rendition's media playlist or, without a name, the master playlist. None if there is nothing to play yet. `base`
    /// leads to what it names.
    pub fn playlist(&self, base: &str, name: Option<&str>, growing: bool) -> Option<Arc<Text>> {
        let key = (name.map(str::to_owned), growing && !self.is_finished());
        let mut texts = self.texts(base);
        if let Some(text) = texts.playlists.get(&key) {
            return Some(Arc::clone(text));
        }
        let text = match name {
            Some(name) => self.media(base, name, key.1)?,
            None => self.master(key.1)?,
        };
        let text = Arc::new(Text::new(text));
        texts.playlists.insert(key, Arc::clone(&text));
        Some(text)
    }

    /// What was written with this base.
    fn texts(&self, base: &str) -> MutexGuard<'_, Texts> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if texts.base != base {
            *texts = Texts { base: base.to_owned(), ..Texts::default() };
        }
        texts
    }

    /// The DASH manifest. None while the build grows, or if nothing came of it.
    pub fn manifest(&self, base: &str) -> Option<Arc<str>> {
        let tracks = || {
            self.playable.renditions.iter().filter_map(|(rendition, init)| {
                Some(Track {
                    rendition,
                    init_hash: init.as_deref()?,
                    chunks: Some(self.of(&rendition.name)).filter(|chunks| !chunks.is_empty())?,
                    sound: self.playable.plan.sounds.iter().find(|sound| sound.name == rendition.name),
                })
            })
        };
        (self.is_finished() && tracks().next().is_some()).then(|| {
            let write =
                || dash::manifest(&self.build, base, &tracks().collect::<Vec<_>>(), &self.playable.texts).into();
            Arc::clone(self.texts(base).manifest.get_or_insert_with(write))
        })
    }

    fn of(&self, name: &str) -> &[Chunk] {
        self.chunks.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    fn pictures(&self) -> Vec<&[Chunk]> {
        self.chunks.iter().filter(|(name, _)| !is_audio(name)).map(|(_, chunks)| chunks.as_slice()).collect()
    }

    fn stretches(&self, name: &str, growing: bool) -> Vec<Stretch> {
        let own = self.of(name);
        if is_audio(name) || self.is_finished() {
            return own.iter().cloned().map(Stretch::There).collect();
        }
        let stretches = if growing {
            playlist::with_gaps(own, &self.pictures())
        } else {
            own.iter().cloned().map(Stretch::There).collect()
        };
        match self.sound_ms {
            Some(end) => playlist::clip(stretches, end),
            None => stretches,
        }
    }

    pub fn plan(&self) -> &Plan {
        &self.playable.plan
    }

    pub fn chapters(&self) -> &[Chapter] {
        &self.playable.plan.chapters
    }

    /// The same as a track that browsers know how to read. None if there are none.
    pub fn chapter_track(&self) -> Option<String> {
        (!self.chapters().is_empty()).then(|| webvtt::chapters(self.chapters()))
    }

    /// Of the longest of its renditions.
    fn duration_ms(&self) -> f64 {
        self.chunks.values().map(|chunks| length_ms(chunks)).fold(0.0, f64::max)
    }

    fn media(&self, base: &str, name: &str, growing: bool) -> Option<String> {
        if let Some(text) = self.playable.texts.iter().find(|text| text.name == name) {
            // One segment for all of the film, whose end may not be known yet.
            let promised = self.plan().promised_ms.filter(|_| !self.is_finished()).unwrap_or_default();
            return Some(playlist::subtitles(text, self.duration_ms().max(promised as f64), base));
        }
        let (_, init) = self.playable.renditions.iter().find(|(rendition, _)| rendition.name == name)?;
        let growth = match (self.is_finished(), growing) {
            (true, _) => Growth::Vod,
            (false, true) => Growth::Growing,
            (false, false) => Growth::Event,
        };
        let about = Media {
            build: &self.build,
            name,
            init_hash: init.as_deref(),
            target: self.playable.target,
            media_base: base,
        };
        let mut text = playlist::media(about, growth, &self.stretches(name, growing));
        if growth == Growth::Growing {
            text.push_str(&self.published_line());
        }
        Some(text)
    }

    fn published_line(&self) -> String {
        let pictures: Vec<(&str, f64)> = self
            .renditions()
            .filter(|rendition| !rendition.is_audio())
            .map(|rendition| (rendition.name.as_str(), self.length_ms(&rendition.name)))
            .collect();
        let Playable { sound_ended, picture_ended, .. } = self.playable;
        playlist::published_line(&pictures, (sound_ended && picture_ended).then(|| self.duration_ms()))
    }

    /// Of a finished build the rates that came out; before that what no segment will exceed. A growing build's for all
    /// players names the renditions that are as long as any.
    fn master(&self, growing: bool) -> Option<String> {
        let longest = self.pictures().into_iter().map(length_ms).fold(0.0, f64::max);
        let mut renditions: Vec<(Rendition, Rate)> = self
            .renditions()
            .filter(|rendition| {
                let length = self.length_ms(&rendition.name);
                // Other languages come once they are complete: who chose one would else wait for it.
                let may_lag = self.is_finished() || rendition.name == AUDIO;
                length > 0.0 && (may_lag || (!rendition.is_audio() && length >= longest))
                    || (growing && !rendition.is_audio() && longest > 0.0)
            })
            .map(|rendition| {
                let promised = u64::from(rendition.peak_bitrate);
                let rate = Rate::of(self.of(&rendition.name));
                let rate =
                    if self.is_finished() { rate } else { Rate { peak: promised, average: rate.average.max(1) } };
                (rendition.clone(), rate)
            })
            .collect();
        if !self.is_finished() {
            // A copy may be thinner than what is promised of smaller pictures; to a player more is more.
            let mut below = 0;
            for (_, rate) in renditions.iter_mut().filter(|(rendition, _)| !rendition.is_audio()) {
                rate.peak = rate.peak.max(below + 1);
                below = rate.peak;
            }
        }
        let planned_sound = self.renditions().any(Rendition::is_audio);
        let planned_picture = self.renditions().any(|rendition| !rendition.is_audio());
        let has = |audio: bool| renditions.iter().any(|(rendition, _)| rendition.is_audio() == audio);
        // Beside playlists that grow, only our own player is known to take one that doesn't.
        let texts = if self.is_finished() || growing { self.playable.texts.as_slice() } else { &[] };
        // A master without its sound would be played without it.
        let complete = self.is_finished() || ((!planned_sound || has(true)) && (!planned_picture || has(false)));
        let mut text = (complete && !renditions.is_empty())
            .then(|| playlist::master(&renditions, texts, if growing { GROWING } else { "" }))?;
        if growing {
            text.push_str(&self.published_line());
        }
        Some(text)
    }

    fn is_like(&self, other: &Self) -> bool {
        self.playable == other.playable && self.chunks == other.chunks && self.sound_ms == other.sound_ms
    }
}

struct Kept {
    tell: Tell,
    asked: Instant,
}

/// The builds that are being watched, of this process.
#[derive(Clone, Default)]
pub struct Builds {
    kept: Arc<Mutex<HashMap<BuildId, Kept>>>,
}

impl Builds {
    /// What is published now, a second old at most.
    pub async fn look(&self, platform: &Platform, build: &BuildId) -> Result<Arc<Snapshot>> {
        Ok(Arc::clone(&self.follow(platform, build).await?.borrow()))
    }

    /// The same of a build that is known to be finished, which what was read a moment ago may not show yet. Whoever asks
    /// after that sees it finished, too.
    pub async fn look_finished(&self, platform: &Platform, build: &BuildId) -> Result<Arc<Snapshot>> {
        let known = self.look(platform, build).await?;
        if known.is_finished() {
            return Ok(known);
        }
        let now = Arc::new(Snapshot::read(platform, build).await?.ok_or(Error::NotFound)?);
        if let Some(kept) = self.lock().get(build) {
            replace(&kept.tell, &now);
        }
        Ok(now)
    }

    /// Captions of a film were added, replaced or deleted: whoever asks here after that gets playlists with them.
    pub async fn captions_changed(&self, platform: &Platform, video: &VideoId) -> Result<()> {
        let of_film = |tell: &Tell| tell.borrow().playable.video == *video;
        let kept: Vec<(BuildId, Tell)> = {
            let kept = self.lock();
            kept.iter()
                .filter(|(_, kept)| of_film(&kept.tell))
                .map(|(id, kept)| (id.clone(), kept.tell.clone()))
                .collect()
        };
        for (build, tell) in kept {
            if let Some(now) = Snapshot::read(platform, &build).await? {
                replace(&tell, &Arc::new(now));
            }
        }
        Ok(())
    }

    /// Every change from now on.
    pub async fn follow(&self, platform: &Platform, build: &BuildId) -> Result<Changes> {
        if let Some(changes) = self.known(build) {
            return Ok(changes);
        }
        // Listening begins before the first look, so that nothing falls in between.
        let live = platform.live.subscribe();
        let snapshot = Snapshot::read(platform, build).await?.ok_or(Error::NotFound)?;
        let mut kept = self.lock();
        if let Some(known) = kept.get(build) {
            return Ok(known.tell.subscribe());
        }
        let (tell, changes) = watch::channel(Arc::new(snapshot));
        kept.insert(build.clone(), Kept { tell: tell.clone(), asked: Instant::now() });
        tokio::spawn(self.clone().keep(platform.clone(), build.clone(), tell, live));
        Ok(changes)
    }

    async fn keep(self, platform: Platform, build: BuildId, tell: Tell, live: Live) {
        let mut live = Some(live);
        let video = tell.borrow().playable.video.clone();
        let mut sweeps = 0;
        while self.is_asked_for(&build, &tell) {
            let heard = tokio::select! {
                () = published(&mut live, &build, &video) => true,
                () = tokio::time::sleep(SWEEP) => false,
            };
            sweeps += 1;
            let (finished, known) = {
                let known = tell.borrow();
                (known.is_finished(), known.playable.captions_version)
            };
            if finished {
                if !heard && sweeps < SWEEPS_FINISHED {
                    continue;
                }
                sweeps = 0;
                if !matches!(db::captions::version(&platform.db, &video).await, Ok(Some(version)) if version > known) {
                    continue;
                }
            }
            match Snapshot::read(&platform, &build).await {
                Ok(Some(snapshot)) => replace(&tell, &Arc::new(snapshot)),
                // Deleted with its film.
                Ok(None) => break,
                Err(error) => tracing::debug!(%error, %build, "can't look what is published"),
            }
        }
        self.lock().remove(&build);
    }

    fn known(&self, build: &BuildId) -> Option<Changes> {
        let mut kept = self.lock();
        let known = kept.get_mut(build)?;
        known.asked = Instant::now();
        Some(known.tell.subscribe())
    }

    fn is_asked_for(&self, build: &BuildId, tell: &Tell) -> bool {
        tell.receiver_count() > 0 || self.lock().get(build).is_some_and(|kept| kept.asked.elapsed() < IDLE)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<BuildId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells of what is published now, if that is news. What was read before a build was finished may come after that, and
/// what was read before a change of captions after what shows it.
fn replace(tell: &Tell, now: &Arc<Snapshot>) {
    tell.send_if_modified(|known| {
        let (before, after) = (known.playable.captions_version, now.playable.captions_version);
        let is_news = if known.is_finished() {
            now.is_finished() && after > before
        } else {
            after >= before && !known.is_like(now)
        };
        if is_news {
            *known = Arc::clone(now);
        }
        is_news
    });
}

/// Returns when something of the build was published, or of its film was changed, or may have been.
async fn published(live: &mut Option<Live>, of: &BuildId, film: &VideoId) {
    loop {
        let Some(receiver) = live else { return std::future::pending().await };
        match receiver.recv().await {
            Ok(envelope) => match &envelope.message {
                Message::Published { build, .. } if build == of => return,
                Message::State { video, .. } if video == film => return,
                _ => {}
            },
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => *live = None,
        }
    }
}
