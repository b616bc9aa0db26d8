//! The end of an upload, in steps each of which can be done again: a crash anywhere is finished by the sweep.

use super::{closed, original};
use crate::db::{self, uploads::Upload};
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

/// What its owner reads when the file isn't a film.
const NO_FILM: &str = "This file is not a film that Kinora can read.";
const VANISHED: &str = "The storage lost this upload. Please upload the film again.";
const DAMAGED: &str = "The storage damaged this upload. Please upload the film again.";

/// Records the intent, joins the parts in S3, and queues the film. Parts missing: a conflict that lists them.
#[tracing::instrument(name = "complete", skip_all, fields(upload = %upload.id, video = %upload.video))]
pub(super) async fn finish(platform: &Platform, upload: &Upload) -> Result<VideoId> {
    match upload.state {
        State::Completed => return Ok(upload.video.clone()),
        State::Aborted => return Err(closed(State::Aborted)),
        State::Open | State::Completing => {}
    }
    let unfinished = [State::Open, State::Completing];
    if !db::uploads::set_state(&platform.db, &upload.id, &unfinished, State::Completing).await? {
        // Another request was faster.
        return match db::uploads::get(&platform.db, &upload.id).await?.map(|kept| kept.upload.state) {
            Some(State::Completed) => Ok(upload.video.clone()),
            Some(state) => Err(closed(state)),
            None => Err(Error::NotFound),
        };
    }
    match join(platform, upload).await? {
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
async fn join(platform: &Platform, upload: &Upload) -> Result<Joined> {
    let key = original(upload);
    let parts = match platform.storage.list_parts(&key, &upload.s3_upload_id).await {
        Ok(parts) => parts,
        Err(storage::Error::NoSuchUpload) => return is_there(platform, upload).await,
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
        // Some stores answer with no parts where another request has just joined them.
        if chosen.is_empty() && matches!(is_there(platform, upload).await?, Joined::Whole) {
            return Ok(Joined::Whole);
        }
        db::uploads::set_state(&platform.db, &upload.id, &[State::Completing], State::Open).await?;
        let message = format!("{} of {} parts are missing.", missing.len(), upload.plan.part_count);
        return Err(Error::Conflict { code: "parts_missing", message, details: Some(json!({ "missing": missing })) });
    }
    match platform.storage.complete_multipart(&key, &upload.s3_upload_id, &chosen).await {
        Ok(()) if upload.checksum.is_some() => compare(platform, upload, &chosen).await,
        Ok(()) => Ok(Joined::Whole),
        Err(storage::Error::NoSuchUpload) => is_there(platform, upload).await,
        Err(error) => Err(error.into()),
    }
}

/// Whether the object is there in its full size: then joining has succeeded before.
async fn is_there(platform: &Platform, upload: &Upload) -> Result<Joined> {
    let head = platform.storage.head(&original(upload)).await?;
    Ok(if head.is_some_and(|head| head.size == upload.plan.size) { Joined::Whole } else { Joined::Lost })
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
