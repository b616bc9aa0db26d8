//! The end of an upload, in steps each of which can be done again: a crash anywhere is finished by the sweep.

use super::{closed, original};
use crate::db::{
    self,
    uploads::{Claim, Upload},
};
use crate::storage::Part;
use crate::{Error, Platform, Result, storage, tasks};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::id::VideoId;
use domain::plan::MayCopy;
use domain::sniff;
use domain::upload::State;
use domain::video;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument;

/// What its owner reads when the file isn't a film.
const NO_FILM: &str = "This file is not a film that Kinora can read.";
const VANISHED: &str = "The storage lost this upload. Please upload the film again.";
const DAMAGED: &str = "The storage damaged this upload. Please upload the film again.";

/// What whoever asks hears meanwhile.
const JOINING: Error =
    Error::Underway { message: "The storage is still putting the film together. It goes on by itself." };
/// How long whoever asks waits for the storage to join the parts.
const PATIENCE: Duration = Duration::from_secs(40);
/// How often it is looked whether somebody else has completed it.
const LOOK: Duration = Duration::from_millis(500);
/// How often whoever completes it says so.
const GO_ON: Duration = Duration::from_secs(10);
/// So long after it was first asked to join them a storage may deny to have parts and object alike, and mean that it is
/// at it. In seconds.
const JOINS_WITHIN: f64 = 3600.0;

/// Records the intent, joins the parts in S3, and queues the film; by one process at a time, and to the end even if nobody
/// waits for it. Parts missing: a conflict that lists them.
#[tracing::instrument(name = "complete", skip_all, fields(upload = %upload.id, video = %upload.video))]
pub(super) async fn finish(platform: &Platform, upload: &Upload) -> Result<VideoId> {
    let deadline = Instant::now() + PATIENCE;
    let claim = loop {
        if let Some(claim) = db::uploads::claim(&platform.db, &upload.id).await? {
            break claim;
        }
        match db::uploads::get(&platform.db, &upload.id).await?.map(|kept| kept.upload.state) {
            Some(State::Completed) => return Ok(upload.video.clone()),
            Some(State::Aborted) => return Err(closed(State::Aborted)),
            None => return Err(Error::NotFound),
            Some(State::Open | State::Completing) if Instant::now() > deadline => return Err(JOINING),
            Some(State::Open | State::Completing) => tokio::time::sleep(LOOK).await,
        }
    };
    let (platform, upload) = (platform.clone(), upload.clone());
    let work = async move {
        let done = going_on(&platform, &upload, complete(&platform, &upload, claim)).await;
        if done.is_err() {
            db::uploads::let_go(&platform.db, &upload.id).await?;
        }
        done
    };
    match tokio::time::timeout_at(deadline, tokio::spawn(work.in_current_span())).await {
        Ok(done) => done.map_err(Error::internal)?,
        Err(_) => Err(JOINING),
    }
}

/// Keeps the session from being taken for left behind while `work` goes on.
async fn going_on<T>(platform: &Platform, upload: &Upload, work: impl Future<Output = T>) -> T {
    let mut beat = tokio::time::interval_at(Instant::now() + GO_ON, GO_ON);
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = beat.tick() => {
                if let Err(error) = db::uploads::go_on(&platform.db, &upload.id).await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "nobody hears that this goes on");
                }
            }
        }
    }
}

async fn complete(platform: &Platform, upload: &Upload, claim: Claim) -> Result<VideoId> {
    match join(platform, upload, claim).await? {
        Joined::Whole => {}
        Joined::Lost => return give_up(platform, upload, "upload_lost", VANISHED).await,
        Joined::Damaged => return give_up(platform, upload, "upload_damaged", DAMAGED).await,
    }
    let head = platform.storage.get_range(&original(upload), 0, upload.plan.size.min(sniff::SNIFF_LEN as u64)).await?;
    settle(platform, upload, sniff::container(&head).is_some()).await
}

/// What became of the parts.
enum Joined {
    Whole,
    /// S3 has neither the upload nor the object.
    Lost,
    /// The object isn't what the parts were.
    Damaged,
}

/// Makes one object of the parts.
async fn join(platform: &Platform, upload: &Upload, claim: Claim) -> Result<Joined> {
    let key = original(upload);
    let may_be_at_it = claim.age < JOINS_WITHIN;
    let may_have_begun = may_be_at_it && !claim.is_first;
    let parts = match platform.storage.list_parts(&key, &upload.s3_upload_id).await {
        Ok(parts) => parts,
        Err(storage::Error::NoSuchUpload) => return is_there(platform, upload, may_have_begun).await,
        Err(error) => return Err(error.into()),
    };
    let (mut missing, mut chosen) = (Vec::new(), Vec::new());
    for number in upload.plan.numbers() {
        let size = upload.plan.range(number).map(|(_, len)| len);
        match parts.iter().find(|p| p.number == number && Some(p.size) == size) {
            Some(part) => chosen.push(part.clone()),
            None => missing.push(number),
        }
    }
    if !missing.is_empty() {
        // Some stores answer with no parts where another request joins them, or has just done so.
        if chosen.is_empty() && matches!(is_there(platform, upload, may_have_begun).await?, Joined::Whole) {
            return Ok(Joined::Whole);
        }
        db::uploads::set_state(&platform.db, &upload.id, &[State::Completing], State::Open).await?;
        let message = format!("{} of {} parts are missing.", missing.len(), upload.plan.part_count);
        return Err(Error::Conflict { code: "parts_missing", message, details: Some(json!({ "missing": missing })) });
    }
    match platform.storage.complete_multipart(&key, &upload.s3_upload_id, &chosen).await {
        Ok(()) if upload.checksum.is_some() => compare(platform, upload, &chosen).await,
        Ok(()) => Ok(Joined::Whole),
        Err(storage::Error::NoSuchUpload) => is_there(platform, upload, may_be_at_it).await,
        Err(error) => Err(error.into()),
    }
}

/// Whether the object is there in its full size: then joining has succeeded before. If it isn't, it may still come.
async fn is_there(platform: &Platform, upload: &Upload, may_be_at_it: bool) -> Result<Joined> {
    match platform.storage.head(&original(upload)).await? {
        Some(head) if head.size == upload.plan.size => Ok(Joined::Whole),
        _ if may_be_at_it => Err(JOINING),
        _ => Ok(Joined::Lost),
    }
}

/// Whether the object is what its parts were, by its size and by what S3 says of its content.
async fn compare(platform: &Platform, upload: &Upload, parts: &[Part]) -> Result<Joined> {
    let Some(head) = platform.storage.head(&original(upload)).await? else { return Ok(Joined::Lost) };
    // Some stores don't tell.
    let is_told = head.checksum_sha256.as_ref().zip(checksum_of(parts));
    let fits = head.size == upload.plan.size && is_told.is_none_or(|(told, expected)| *told == expected);
    Ok(if fits { Joined::Whole } else { Joined::Damaged })
}

/// An object's checksum out of those of its parts, as S3 makes it. None where one is missing.
fn checksum_of(parts: &[Part]) -> Option<String> {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(STANDARD.decode(part.checksum_sha256.as_ref()?).ok()?);
    }
    Some(format!("{}-{}", STANDARD.encode(digest.finalize()), parts.len()))
}

/// The film is queued, or refused for not being one; in one transaction with the session's end.
async fn settle(platform: &Platform, upload: &Upload, is_film: bool) -> Result<VideoId> {
    let mut tx = platform.db.begin().await?;
    match db::uploads::lock(&mut *tx, &upload.id).await? {
        Some(State::Completed) => return Ok(upload.video.clone()),
        Some(State::Open | State::Completing) => {}
        Some(State::Aborted) => return Err(closed(State::Aborted)),
        None => return Err(Error::NotFound),
    }
    db::uploads::set_state(&mut *tx, &upload.id, &[State::Open, State::Completing], State::Completed).await?;
    let film = db::videos::lock(&mut *tx, &upload.video).await?.ok_or(Error::NotFound)?;
    if is_film {
        tasks::move_film(&mut tx, &upload.video, video::State::Queued, None).await?;
        // Undoing the deletion queues it.
        if !film.deleted {
            tasks::queue_plan(&mut tx, &upload.video, &upload.owner, MayCopy::ALL).await?;
        }
    } else {
        tasks::move_film(&mut tx, &upload.video, video::State::Failed, Some(NO_FILM)).await?;
    }
    tx.commit().await?;
    tracing::info!(upload = %upload.id, video = %upload.video, is_film, "uploaded");
    Ok(upload.video.clone())
}

/// The film is failed, and the session ended: S3 doesn't have what was sent.
async fn give_up(platform: &Platform, upload: &Upload, code: &'static str, why: &str) -> Result<VideoId> {
    let mut tx = platform.db.begin().await?;
    if db::uploads::lock(&mut *tx, &upload.id).await? == Some(State::Completing) {
        db::uploads::set_state(&mut *tx, &upload.id, &[State::Completing], State::Completed).await?;
        tasks::move_film(&mut tx, &upload.video, video::State::Failed, Some(why)).await?;
    }
    tx.commit().await?;
    tracing::error!(upload = %upload.id, video = %upload.video, code, "S3 doesn't have what was sent");
    Err(Error::Conflict { code, message: why.to_owned(), details: None })
}
