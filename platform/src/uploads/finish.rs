//! The end of an upload, in steps each of which can be done again: a crash anywhere is finished by the sweep.

use super::{closed, original};
use crate::db::{self, uploads::Upload};
use crate::{Error, Platform, Result, storage, tasks};
use domain::id::VideoId;
use domain::plan::MayCopy;
use domain::sniff;
use domain::upload::State;
use domain::video;
use serde_json::json;

/// What its owner reads when the file isn't a film.
const NO_FILM: &str = "This file is not a film that Kinora can read.";
const VANISHED: &str = "The storage lost this upload. Please upload the film again.";

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
        return match db::uploads::get(&platform.db, &upload.id).await?.map(|u| u.state) {
            Some(State::Completed) => Ok(upload.video.clone()),
            Some(state) => Err(closed(state)),
            None => Err(Error::NotFound),
        };
    }
    if !join(platform, upload).await? {
        return vanished(platform, upload).await;
    }
    let head = platform.storage.get_range(&original(upload), 0, upload.plan.size.min(sniff::SNIFF_LEN as u64)).await?;
    settle(platform, upload, sniff::container(&head).is_some()).await
}

/// Makes one object of the parts. False if S3 has neither the upload nor the object.
async fn join(platform: &Platform, upload: &Upload) -> Result<bool> {
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
        if chosen.is_empty() && is_there(platform, upload).await? {
            return Ok(true);
        }
        db::uploads::set_state(&platform.db, &upload.id, &[State::Completing], State::Open).await?;
        let message = format!("{} of {} parts are missing.", missing.len(), upload.plan.part_count);
        return Err(Error::Conflict { code: "parts_missing", message, details: Some(json!({ "missing": missing })) });
    }
    match platform.storage.complete_multipart(&key, &upload.s3_upload_id, &chosen).await {
        Ok(_) => Ok(true),
        Err(storage::Error::NoSuchUpload) => is_there(platform, upload).await,
        Err(error) => Err(error.into()),
    }
}

/// Whether the object is there in its full size: then joining has succeeded before.
async fn is_there(platform: &Platform, upload: &Upload) -> Result<bool> {
    Ok(platform.storage.head(&original(upload)).await?.is_some_and(|head| head.size == upload.plan.size))
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

async fn vanished(platform: &Platform, upload: &Upload) -> Result<VideoId> {
    let mut tx = platform.db.begin().await?;
    if db::uploads::lock(&mut *tx, &upload.id).await? == Some(State::Completing) {
        db::uploads::set_state(&mut *tx, &upload.id, &[State::Completing], State::Completed).await?;
        tasks::move_film(&mut tx, &upload.video, video::State::Failed, Some(VANISHED)).await?;
    }
    tx.commit().await?;
    tracing::error!(upload = %upload.id, video = %upload.video, "S3 has neither the upload nor its object");
    Err(Error::Conflict { code: "upload_lost", message: VANISHED.to_owned(), details: None })
}
