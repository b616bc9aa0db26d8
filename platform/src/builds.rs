//! A build on its way: planned, published chunk by chunk, finished. What of it comes to nothing is left out.

use crate::db::{self, tasks::End, tasks::NewTask, videos::Access};
use crate::tasks::{build, ended_now, move_film, ours, queue_plan, tell_state, video};
use crate::{Error, Platform, Result};
use domain::event::{Message, TOPIC_EVENTS};
use domain::id::{BuildId, VideoId};
use domain::key::MediaKey;
use domain::plan::{MayCopy, Outcome, Plan};
use domain::playlist::{AUDIO, Chunk, contiguous, is_audio, length_ms};
use domain::poster;
use domain::storyboard::{Layout, Storyboard};
use domain::task::{Kind, LATER};
use domain::video::{Notice, State};
use sqlx::PgConnection;
use std::time::Duration;

mod planning;

pub use crate::db::tasks::Claim;
pub use planning::{found, planned, scanned};

/// When nobody who lost a lease can still be writing, in seconds.
const SOON: f64 = 600.0;
/// When nobody is left who began to watch a build before another took over.
const ONCE_WATCHED: f64 = 24.0 * 3600.0;
/// An engine that hasn't been seen for so long isn't waited for.
const GONE: Duration = Duration::from_secs(600);
/// What its owner reads of a film nothing came out of.
const NOTHING: &str = "This file contains no picture or sound that can be decoded.";

/// A rendition's chunk whose object, and whose init segment, are stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The rendition's name.
    pub rung: String,
    pub chunk: Chunk,
    pub init_hash: String,
    /// By RFC 6381.
    pub codecs: String,
}

/// What is to be made of the claim's build.
pub async fn plan(platform: &Platform, claim: &Claim) -> Result<Plan> {
    let plan = db::builds::plan(&platform.db, build(claim)?).await?;
    plan.ok_or_else(|| Error::internal(format!("the build of task {} has no plan", claim.task)))
}

/// What of the original may be taken as it is.
pub async fn may_copy(platform: &Platform, claim: &Claim) -> Result<MayCopy> {
    Ok(db::builds::may_copy(&platform.db, build(claim)?).await?)
}

/// The chunks of one rendition that are published, in order.
pub async fn published(platform: &Platform, claim: &Claim, rung: &str) -> Result<Vec<Chunk>> {
    let mut chunks = db::segments::chunks(&platform.db, build(claim)?, Some(rung)).await?;
    Ok(chunks.remove(rung).unwrap_or_default())
}

/// Publishes what is stored, all of it or nothing; with `outcome`, it was the claim's last, and its task is done. Again
/// is the same.
pub async fn publish(platform: &Platform, claim: &Claim, stored: &[Stored], outcome: Option<&Outcome>) -> Result<()> {
    let (build, video) = (build(claim)?, video(claim)?);
    let mut tx = platform.db.begin().await?;
    if !db::tasks::hold(&mut *tx, claim).await? {
        // The connection may have broken before we heard that it was committed.
        return ours(outcome.is_some() && db::tasks::is_done(&mut *tx, claim).await?);
    }
    // One of a film's tasks at a time looks at what it has become by this.
    let film = db::videos::lock(&mut *tx, video).await?.ok_or(Error::Lost)?;
    for Stored { rung, chunk, init_hash, codecs } in stored {
        if !db::builds::set_init(&mut *tx, build, rung, init_hash, codecs).await? {
            return Err(Error::internal(format!(
                "the encoder of {rung} made another init segment than the one before it"
            )));
        }
        db::segments::insert(&mut *tx, build, rung, chunk).await?;
    }
    if let Some(outcome) = outcome {
        ours(db::tasks::end(&mut *tx, claim, End::Done).await?)?;
        db::tasks::set_outcome(&mut *tx, claim, outcome).await?;
        if let Some(sound) = &claim.rendition {
            db::builds::drop_rendition_without_chunks(&mut *tx, build, sound).await?;
        }
    }
    if db::videos::make_watchable(&mut *tx, video, build).await? {
        tell_state(&mut tx, video, State::Processing).await?;
    }
    let finished = outcome.is_some() && finish_if_last(&mut tx, &film, build).await?;
    tx.commit().await?;
    if finished {
        tracing::info!(%video, %build, "the build is finished");
    }
    platform.bus.fire(TOPIC_EVENTS, Message::Published { video: video.clone(), build: build.clone() });
    Ok(())
}

/// Notes which of the plan's subtitles are stored under the claim's fence, and how many cues each has: those that have any
/// words. The task is done.
pub async fn publish_texts(platform: &Platform, claim: &Claim, stored: &[(String, usize)]) -> Result<()> {
    let (build, video) = (build(claim)?, video(claim)?);
    let mut tx = platform.db.begin().await?;
    if !ended_now(&mut tx, claim).await? {
        return Ok(());
    }
    let film = db::videos::lock(&mut *tx, video).await?.ok_or(Error::Lost)?;
    db::tasks::set_outcome(&mut *tx, claim, &Outcome::default()).await?;
    for (name, cues) in stored {
        db::builds::insert_text(&mut *tx, build, name, claim.fence, *cues as i32).await?;
    }
    finish_if_last(&mut tx, &film, build).await?;
    tx.commit().await?;
    platform.bus.fire(TOPIC_EVENTS, Message::Published { video: video.clone(), build: build.clone() });
    Ok(())
}

/// Pictures of a film that are stored under a claim's fence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pictures {
    pub poster: Option<poster::Stored>,
    pub storyboard: Option<Layout>,
    /// Of a film without a picture.
    pub waveform: bool,
}

/// Notes which pictures are stored. The task is done. Again is the same.
pub async fn pictured(platform: &Platform, claim: &Claim, pictures: &Pictures) -> Result<()> {
    let (build, video) = (build(claim)?, video(claim)?);
    let mut tx = platform.db.begin().await?;
    if !ended_now(&mut tx, claim).await? {
        return Ok(());
    }
    if *pictures != Pictures::default() {
        let film = db::videos::lock(&mut *tx, video).await?.ok_or(Error::Lost)?;
        if let Some(poster) = &pictures.poster {
            db::builds::set_poster(&mut *tx, build, poster).await?;
        }
        if pictures.waveform {
            db::builds::set_waveform(&mut *tx, build, claim.fence).await?;
        }
        if let Some(layout) = pictures.storyboard.clone() {
            db::builds::set_storyboard(&mut *tx, build, &Storyboard { fence: claim.fence, layout }).await?;
        }
        // Pages that show the film ask again.
        tell_state(&mut tx, video, film.state).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// A task of a film has come to nothing, for a `reason` its owner reads: the film is what it can be without it.
pub(crate) async fn lose(tx: &mut PgConnection, claim: &Claim, reason: &str) -> Result<()> {
    let (Some(video), Some(build)) = (&claim.video, &claim.build) else { return Ok(()) };
    if !claim.kind.makes_film() {
        return Ok(());
    }
    let plan = db::builds::plan(&mut *tx, build).await?;
    let copied = plan.as_ref().and_then(|plan| plan.picture.as_ref()?.copy.as_ref());
    let sounds = plan.as_ref().map(|plan| plan.sounds.as_slice()).unwrap_or_default();
    let copies_sound = sounds.iter().any(|sound| sound.copy && Some(&sound.name) == claim.rendition.as_ref());
    let can_be_encoded = claim.kind == Kind::Copy || (claim.kind == Kind::Sound && copies_sound);
    // Tasks before their film, as everywhere: else two wait for each other.
    if can_be_encoded {
        db::tasks::abandon(&mut *tx, build).await?;
    } else if let (Kind::Encode, Some(chunk)) = (claim.kind, claim.chunk) {
        db::tasks::abandon_behind(&mut *tx, build, chunk).await?;
    }
    let Some(film) = db::videos::lock(&mut *tx, video).await? else { return Ok(()) };
    match (claim.kind, claim.chunk) {
        (Kind::Plan, _) => return come_to_nothing(tx, &film, build, reason).await,
        _ if can_be_encoded => {
            // What was looked at before was no fair sample: then it is encoded.
            tracing::info!(%video, %build, reason, kind = claim.kind.as_str(), "can't be copied");
            let may_copy = db::builds::may_copy(&mut *tx, build).await?;
            let may_copy = match claim.kind {
                Kind::Copy => MayCopy { picture: false, ..may_copy },
                _ => MayCopy { sound: false, ..may_copy },
            };
            queue_tidying(tx, &film, build, SOON).await?;
            return queue_plan(tx, video, &film.owner, may_copy).await;
        }
        (Kind::Encode, Some(chunk)) => {
            // Beside a copy that is whole, sizes that aren't are none.
            let from = if copied.is_some() { 0 } else { chunk };
            let except: Vec<String> =
                sounds.iter().map(|sound| &sound.name).chain(copied.map(|copied| &copied.name)).cloned().collect();
            db::segments::delete_from(&mut *tx, build, from, &except).await?;
        }
        (Kind::Sound, _) => {
            let sound = claim.rendition.as_deref().unwrap_or(AUDIO);
            db::builds::drop_rendition_without_chunks(&mut *tx, build, sound).await?;
        }
        _ => {}
    }
    finish_if_last(tx, &film, build).await?;
    Ok(())
}

/// Finishes a build if none of its tasks is left: points the film at it, or says why nothing came of it. The film's row
/// is locked, so that one task at a time looks.
async fn finish_if_last(tx: &mut PgConnection, film: &Access, build: &BuildId) -> Result<bool> {
    if db::tasks::is_unfinished(&mut *tx, build).await? || db::builds::is_finished(&mut *tx, build).await? {
        return Ok(false);
    }
    if !take_over(tx, film, build).await? {
        let ended = db::tasks::ended(&mut *tx, build).await?;
        let reason = ended.iter().find_map(|task| task.reason.as_deref()).unwrap_or(NOTHING);
        come_to_nothing(tx, film, build, reason).await?;
    }
    Ok(true)
}

/// Finishes a build as far as it is published, and points the film at it. False if there is nothing to be played, or
/// less than there is already.
async fn take_over(tx: &mut PgConnection, film: &Access, build: &BuildId) -> Result<bool> {
    let video = &film.video;
    let Some(plan) = db::builds::plan(&mut *tx, build).await? else { return Ok(false) };
    let ended = db::tasks::ended(&mut *tx, build).await?;
    let chunks = db::segments::chunks(&mut *tx, build, None).await?;
    let sound_ms = chunks.get(AUDIO).map_or(0.0, |chunks| length_ms(contiguous(chunks)));
    let picture_ms = chunks
        .iter()
        .filter(|(rung, _)| !is_audio(rung))
        .map(|(_, chunks)| length_ms(contiguous(chunks)))
        .fold(0.0_f64, f64::max);
    db::builds::finish(&mut *tx, build).await?;
    let outcomes: Vec<Option<&Outcome>> =
        ended.iter().filter(|task| task.kind != Kind::Plan).map(|task| task.outcome.as_ref()).collect();
    let notices = plan.notices(&outcomes, sound_ms, picture_ms);
    // A film that is whole isn't replaced by a part of it.
    let is_less = film.state == State::Ready && notices.contains(&Notice::GivenUp);
    if is_less || sound_ms.max(picture_ms) <= 0.0 {
        return Ok(false);
    }
    queue_tidying(tx, film, build, SOON).await?;
    let before = db::videos::watched_build(&mut *tx, video).await?.filter(|before| before != build);
    if db::videos::publish(&mut *tx, video, build, sound_ms.max(picture_ms).round() as i64, &notices).await? {
        tell_state(tx, video, State::Ready).await?;
        if let Some(before) = before {
            queue_tidying(tx, film, &before, ONCE_WATCHED).await?;
        }
    }
    Ok(true)
}

/// Nothing comes of a build, for a `reason` its owner reads. A film that can be watched in an earlier one stays what it
/// is there; any other has failed.
async fn come_to_nothing(tx: &mut PgConnection, film: &Access, build: &BuildId, reason: &str) -> Result<()> {
    let video = &film.video;
    queue_tidying(tx, film, build, SOON).await?;
    if film.state == State::Ready {
        tracing::warn!(%video, %build, reason, "not made anew");
        db::videos::set_not_remade(&mut *tx, video).await?;
        return tell_state(tx, video, State::Ready).await;
    }
    if let Some(earlier) = db::videos::watched_build(&mut *tx, video).await?.filter(|earlier| earlier != build) {
        // It was given up half-way: sizes that lag behind are none.
        let chunks = db::segments::chunks(&mut *tx, &earlier, None).await?;
        let length = |chunks: &Vec<Chunk>| length_ms(contiguous(chunks));
        let pictures = chunks.iter().filter(|(rung, _)| !is_audio(rung));
        let longest = pictures.max_by(|(_, one), (_, other)| length(one).total_cmp(&length(other)));
        let except: Vec<String> = longest.map(|(rung, _)| rung.clone()).into_iter().chain([AUDIO.to_owned()]).collect();
        db::segments::delete_from(&mut *tx, &earlier, 0, &except).await?;
        if take_over(tx, film, &earlier).await? {
            return Ok(());
        }
        queue_tidying(tx, film, &earlier, SOON).await?;
    }
    move_film(tx, video, State::Failed, Some(reason)).await
}

/// Makes a film anew from its original, by the ladder and the engine there are now: one that failed starts over, one
/// that is ready plays as it is until the new build takes over.
pub async fn reprocess(platform: &Platform, video: &VideoId) -> Result<()> {
    let conflict = |code, message: &str| Err(Error::Conflict { code, message: message.to_owned(), details: None });
    let original = platform.storage.head(&MediaKey::Original { video: video.clone() }).await?;
    let mut tx = platform.db.begin().await?;
    let film = db::videos::lock(&mut *tx, video).await?.filter(|film| !film.deleted).ok_or(Error::NotFound)?;
    match film.state {
        State::Uploading => return conflict("not_uploaded", "This film has not been uploaded yet."),
        State::Queued | State::Processing => return conflict("in_work", "This film is being processed already."),
        State::Ready | State::Failed if db::tasks::is_made(&mut *tx, video).await? => {
            return conflict("in_work", "This film is being processed again already.");
        }
        State::Ready | State::Failed if original.is_none() => {
            let message = "The file of this film is not there any more. Please upload it again.";
            return conflict("original_gone", message);
        }
        State::Failed => move_film(&mut tx, video, State::Queued, None).await?,
        State::Ready => {
            db::videos::set_remaking(&mut *tx, video).await?;
            tell_state(&mut tx, video, State::Ready).await?;
        }
    }
    queue_plan(&mut tx, video, &film.owner, MayCopy::ALL).await?;
    tx.commit().await?;
    tracing::info!(%video, was = film.state.as_str(), "to be made anew");
    Ok(())
}

/// The films of which something was given up that may go well now. For operators.
pub async fn given_up(platform: &Platform) -> Result<Vec<VideoId>> {
    Ok(db::videos::given_up(&platform.db).await?)
}

/// Notes that a worker with this engine is there.
pub async fn engine_is_here(platform: &Platform, engine_version: i32) -> Result<()> {
    Ok(db::engines::seen(&platform.db, engine_version).await?)
}

/// Makes builds anew whose engine is there no more: only workers of its version could go on with them. Returns how many
/// there were.
pub async fn sweep_engines(platform: &Platform, engine_version: i32) -> Result<usize> {
    db::engines::inherit(&platform.db, engine_version, GONE).await?;
    let mut count = 0;
    for (build, video) in db::engines::stranded(&platform.db, engine_version, GONE).await? {
        let mut tx = platform.db.begin().await?;
        let ended = db::tasks::abandon(&mut *tx, &build).await?;
        let Some(film) = db::videos::lock(&mut *tx, &video).await?.filter(|film| ended && !film.deleted) else {
            continue;
        };
        let may_copy = db::builds::may_copy(&mut *tx, &build).await?;
        queue_tidying(&mut tx, &film, &build, SOON).await?;
        queue_plan(&mut tx, &video, &film.owner, may_copy).await?;
        tx.commit().await?;
        tracing::warn!(%video, %build, "the engine that began this build is gone; it is made anew");
        count += 1;
    }
    Ok(count)
}

/// Clears away what of a film's builds was called off.
pub(crate) async fn tidy(tx: &mut PgConnection, film: &Access) -> Result<()> {
    for build in db::builds::of_video(&mut *tx, &film.video).await? {
        queue_tidying(tx, film, &build, SOON).await?;
    }
    Ok(())
}

/// Clears away what nobody points at, so many seconds later.
async fn queue_tidying(tx: &mut PgConnection, film: &Access, build: &BuildId, delay: f64) -> Result<()> {
    let task = NewTask::new(Kind::Tidy, LATER, &film.video, &film.owner);
    db::tasks::insert(&mut *tx, NewTask { build: Some(build), delay, ..task }).await?;
    Ok(())
}

/// The stored objects of a build that are of no use to anybody.
pub async fn useless(platform: &Platform, claim: &Claim) -> Result<Vec<String>> {
    let build = build(claim)?;
    let stored = platform.storage.keys(&MediaKey::build_prefix(build)).await?;
    let mut tx = platform.db.begin().await?;
    let used = db::builds::in_use(&mut tx, build).await?;
    tx.commit().await?;
    let is_used = |key: &MediaKey| match key {
        MediaKey::Chunk { chunk, fence, rung, .. } => used.chunks.contains(&(*chunk, *fence, rung.clone())),
        MediaKey::Init { hash, rung, .. } => used.inits.contains(&(hash.clone(), rung.clone())),
        MediaKey::Poster { fence, width, .. } => used.poster.as_ref().is_some_and(|poster| poster.has(*fence, *width)),
        MediaKey::Waveform { fence, .. } => used.waveform == Some(*fence),
        MediaKey::Sheet { number, fence, .. } => used
            .storyboard
            .as_ref()
            .is_some_and(|storyboard| storyboard.fence == *fence && *number < storyboard.layout.sheets()),
        MediaKey::Text { name, fence, .. } => used.texts.contains(&(name.clone(), *fence)),
        MediaKey::Original { .. } | MediaKey::Picture { .. } | MediaKey::Captions { .. } => true,
    };
    // What this version can't read is another's, and stays.
    Ok(stored.into_iter().filter(|key| MediaKey::from_key(key).is_some_and(|key| !is_used(&key))).collect())
}
