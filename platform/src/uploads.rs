//! Uploads: the browser sends parts straight to S3; here are the plan, the presigned URLs, and the end.

mod finish;
mod quota;

pub use quota::{holds, left};

use crate::access::{allow, allow_here};
use crate::db::{
    self,
    uploads::{Kept, Upload},
};
use crate::{Error, Platform, Result, storage};
use domain::access::{Action, Subject};
use domain::actor::Actor;
use domain::fingerprint::Fingerprint;
use domain::id::{UploadId, VideoId};
use domain::key::MediaKey;
use domain::quota::NoRoom;
use domain::text::{Description, Title};
use domain::upload::{Checksum, Created, InvalidSize, PartPlan, PartRequest, PartUrl, State, Status};
use domain::video::Visibility;
use futures::future::try_join_all;
use serde::Deserialize;
use std::time::Duration;

/// How many part URLs can be asked for at once.
const MAX_URLS: usize = 1_000;
/// How many open sessions a list shows.
const MAX_OPEN: i64 = 100;
/// How long a list waits for what S3 has of its sessions.
const PATIENCE: Duration = Duration::from_secs(2);
const MAX_FILE_NAME_CHARS: usize = 255;
/// How often a session that another tab begins at the same moment is looked for.
const ATTEMPTS: u32 = 3;

/// What a client says of a file that it wants to send. Nothing of it is believed later.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct NewUpload {
    pub file_name: String,
    /// Bytes.
    pub size: u64,
    #[serde(default)]
    pub content_type: Option<String>,
    /// The file's name, if there is none.
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    /// `private`, if there is none.
    #[serde(default)]
    pub visibility: Option<String>,
    /// What the file is known again by: an unfinished session of the same file is gone on with.
    #[serde(default)]
    pub fingerprint: Option<Fingerprint>,
    /// What every part will come with.
    #[serde(default)]
    pub checksum_algorithm: Option<Checksum>,
    /// What the client's line carries, bytes per second.
    #[serde(default)]
    pub line: Option<u64>,
}

/// Begins a session: a plan of parts, and a film that waits for its bytes. Or goes on with the one that this file has, which
/// may be completed.
pub async fn create(platform: &Platform, actor: &Actor, new: NewUpload) -> Result<Created> {
    let owner = allow_here(actor, Action::Upload)?;
    let title = match &new.title {
        Some(title) => crate::videos::title(title)?,
        None => Title::from_file_name(&new.file_name),
    };
    let description = match &new.description {
        Some(text) => crate::videos::description(text)?,
        None => Description::default(),
    };
    let visibility = match &new.visibility {
        Some(word) => at_first(crate::videos::visibility(word)?)?,
        None => Visibility::Private,
    };
    let plan = PartPlan::new(new.size, platform.config.upload_max_bytes, new.line).map_err(|why| {
        let code = match why {
            InvalidSize::Empty => "file_empty",
            InvalidSize::TooLarge { .. } => "file_too_large",
        };
        Error::invalid("size", code, why)
    })?;
    let file_name: String = new.file_name.chars().filter(|c| !c.is_control()).take(MAX_FILE_NAME_CHARS).collect();

    for _ in 0..ATTEMPTS {
        if let Some(fingerprint) = &new.fingerprint
            && let Some(upload) = db::uploads::of_file(&platform.db, &owner, fingerprint, new.size).await?
        {
            db::uploads::touch(&platform.db, &upload.id).await?;
            return Ok(created(upload, true));
        }
        // Choosing a file twice doesn't make two films of it.
        if let Some(fingerprint) = &new.fingerprint
            && let Some(upload) = db::uploads::sent_before(&platform.db, &owner, fingerprint, new.size).await?
        {
            return Ok(created(upload, true));
        }
        let video = VideoId::from_random(rand::random());
        let key = MediaKey::Original { video: video.clone() };
        let upload = Upload {
            id: UploadId::from_random(rand::random()),
            video,
            owner: owner.clone(),
            file_name: file_name.clone(),
            plan,
            s3_upload_id: platform.storage.create_multipart(&key, new.checksum_algorithm).await?,
            state: State::Open,
            fingerprint: new.fingerprint.clone(),
            checksum: new.checksum_algorithm,
        };
        let inserted = insert(platform, &upload, &title, &description, visibility).await;
        if !matches!(inserted, Ok(Ok(()))) {
            forget(platform, &key, &upload.s3_upload_id).await;
        }
        match inserted {
            Ok(Ok(())) => return Ok(created(upload, false)),
            Ok(Err(why)) => return Err(quota::refused(why)),
            Err(error) if db::uploads::is_known(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Unavailable("sessions of this file come and go".into()))
}

fn created(upload: Upload, resumed: bool) -> Created {
    Created {
        upload_id: upload.id,
        video_id: upload.video,
        part_size: upload.plan.part_size,
        part_count: upload.plan.part_count,
        checksum_algorithm: upload.checksum,
        resumed,
    }
}

/// Ends an upload in S3 that no session has.
async fn forget(platform: &Platform, key: &MediaKey, s3_upload_id: &str) {
    if let Err(error) = platform.storage.abort_multipart(key, s3_upload_id).await {
        tracing::warn!(error = &error as &dyn std::error::Error, %key, "an upload that nobody knows of stays in S3");
    }
}

/// A password is given to a film that is there.
fn at_first(visibility: Visibility) -> Result<Visibility> {
    if Visibility::AT_FIRST.contains(&visibility) {
        return Ok(visibility);
    }
    let message = "Send the film as private, and give it its password when it's there.";
    Err(Error::invalid("visibility", "password_later", message))
}

async fn insert(
    platform: &Platform,
    upload: &Upload,
    title: &Title,
    description: &Description,
    visibility: Visibility,
) -> sqlx::Result<Result<(), NoRoom>> {
    let mut tx = platform.db.begin().await?;
    let room = quota::check(&mut tx, &platform.config.quotas, &upload.owner, upload.plan.size).await?;
    if room.is_err() {
        return Ok(room);
    }
    let size = upload.plan.size as i64;
    let film = db::videos::NewFilm { id: &upload.video, owner: &upload.owner, title, description, visibility, size };
    db::videos::insert(&mut *tx, film).await?;
    db::uploads::insert(&mut *tx, upload, &original(upload).to_string()).await?;
    tx.commit().await?;
    Ok(room)
}

/// The actor's sessions that can be gone on with, told without S3, too: what it has of them is unknown then.
pub async fn open(platform: &Platform, actor: &Actor) -> Result<Vec<Status>> {
    let owner = allow_here(actor, Action::Upload)?;
    let uploads = db::uploads::unfinished_of(&platform.db, &owner, MAX_OPEN).await?;
    let listed = uploads.into_iter().map(|kept| async move {
        let received = received_soon(platform, &kept.upload).await?;
        Ok(describe(kept, received))
    });
    try_join_all(listed).await
}

/// URLs to PUT parts to. Each signs its part's exact length, and its checksum if one is given.
pub async fn sign_parts(
    platform: &Platform,
    actor: &Actor,
    id: &UploadId,
    parts: Vec<PartRequest>,
) -> Result<Vec<PartUrl>> {
    let upload = load(platform, actor, id).await?.upload;
    if upload.state != State::Open {
        return Err(closed(upload.state));
    }
    if parts.len() > MAX_URLS {
        let why = format!("At most {MAX_URLS} parts can be asked for at once.");
        return Err(Error::invalid("parts", "too_many_parts", why));
    }
    db::uploads::touch(&platform.db, &upload.id).await?;
    let (key, upload) = (&original(&upload), &upload);
    let sign = parts.iter().map(|part| async move {
        let Some((_, len)) = upload.plan.range(part.number) else {
            let why =
                format!("This file has the parts 1 to {}; {} is none of them.", upload.plan.part_count, part.number);
            return Err(Error::invalid("parts", "part_unknown", why));
        };
        if part.checksum.as_deref().is_some_and(|c| !is_sha256(c)) {
            let why = format!("The checksum of part {} is not the base64 of a SHA-256.", part.number);
            return Err(Error::invalid("parts", "checksum_invalid", why));
        }
        let checksum = part.checksum.as_deref();
        if checksum.is_none() && upload.checksum.is_some() {
            let why = format!("Part {} needs its SHA-256: this upload was begun with checksums.", part.number);
            return Err(Error::invalid("parts", "checksum_required", why));
        }
        // S3 refuses the checksum of a part whose upload was begun without.
        let checksum = checksum.filter(|_| upload.checksum.is_some());
        Ok(platform.storage.presign_part(key, &upload.s3_upload_id, part.number, len, checksum).await?)
    });
    try_join_all(sign).await
}

/// A session as it stands; S3 says which parts are there.
pub async fn status(platform: &Platform, actor: &Actor, id: &UploadId) -> Result<Status> {
    let kept = load(platform, actor, id).await?;
    let received = received(platform, &kept.upload).await?;
    Ok(describe(kept, Some(received)))
}

/// Ends a session whose parts are all there: the film is queued. Again is the same answer.
pub async fn complete(platform: &Platform, actor: &Actor, id: &UploadId) -> Result<VideoId> {
    let upload = load(platform, actor, id).await?.upload;
    finish::finish(platform, &upload).await
}

/// Gives a session up: its parts and its film are gone.
pub async fn abort(platform: &Platform, actor: &Actor, id: &UploadId) -> Result<()> {
    let upload = load(platform, actor, id).await?.upload;
    discard(platform, &upload).await
}

/// Finishes and clears away what crashes and people left behind. Returns how many sessions that were.
pub async fn sweep(platform: &Platform) -> Result<usize> {
    let left = db::uploads::left_behind(&platform.db, 50).await?;
    let count = left.len();
    for upload in left {
        let result = match upload.state {
            State::Completing => finish::finish(platform, &upload).await.map(drop),
            _ => discard(platform, &upload).await,
        };
        match result {
            Ok(()) => {
                tracing::info!(upload = %upload.id, state = upload.state.as_str(), "an upload left behind is settled")
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, upload = %upload.id, "an upload stays behind");
            }
        }
    }
    Ok(count)
}

/// Marks a session aborted first, so that nobody completes it any more, then clears S3, then removes the film. What a
/// crash leaves of this the sweep does.
pub(crate) async fn discard(platform: &Platform, upload: &Upload) -> Result<()> {
    if !db::uploads::set_state(&platform.db, &upload.id, &[State::Open, State::Aborted], State::Aborted).await? {
        return Err(closed(State::Completed));
    }
    match platform.storage.abort_multipart(&original(upload), &upload.s3_upload_id).await {
        Ok(()) | Err(storage::Error::NoSuchUpload | storage::Error::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    db::videos::remove(&platform.db, &upload.video).await?;
    Ok(())
}

/// A session that is the actor's; others hear that there is none.
async fn load(platform: &Platform, actor: &Actor, id: &UploadId) -> Result<Kept> {
    allow_here(actor, Action::Upload)?;
    let kept = db::uploads::get(&platform.db, id).await?.ok_or(Error::NotFound)?;
    allow(actor, Action::Upload, Subject::Upload { owner: &kept.upload.owner })?;
    Ok(kept)
}

fn describe(Kept { upload, expires_at }: Kept, received: Option<Vec<u32>>) -> Status {
    Status {
        upload_id: upload.id,
        video_id: upload.video,
        file_name: upload.file_name,
        size: upload.plan.size,
        part_size: upload.plan.part_size,
        part_count: upload.plan.part_count,
        received,
        state: upload.state,
        fingerprint: upload.fingerprint,
        checksum_algorithm: upload.checksum,
        expires_at,
    }
}

/// The parts that S3 has.
async fn received(platform: &Platform, upload: &Upload) -> Result<Vec<u32>> {
    match upload.state {
        State::Completed => Ok(upload.plan.numbers().collect()),
        State::Aborted => Ok(Vec::new()),
        State::Open | State::Completing => read(platform, upload, list(platform, upload).await).await,
    }
}

/// The same of an open session, if S3 says so soon.
async fn received_soon(platform: &Platform, upload: &Upload) -> Result<Option<Vec<u32>>> {
    let error = match tokio::time::timeout(PATIENCE, list(platform, upload)).await {
        Ok(Err(error @ storage::Error::Unavailable(_))) => error.to_string(),
        Ok(listed) => return read(platform, upload, listed).await.map(Some),
        Err(late) => late.to_string(),
    };
    tracing::warn!(upload = %upload.id, error, "S3 doesn't say what it has of an upload");
    Ok(None)
}

async fn list(platform: &Platform, upload: &Upload) -> storage::Result<Vec<storage::Part>> {
    platform.storage.list_parts(&original(upload), &upload.s3_upload_id).await
}

/// What S3 has said. An open session whose upload it has lost gets another one: it is begun anew.
async fn read(platform: &Platform, upload: &Upload, listed: storage::Result<Vec<storage::Part>>) -> Result<Vec<u32>> {
    match listed {
        Ok(parts) => {
            let whole = |n, size| upload.plan.range(n).is_some_and(|(_, len)| len == size);
            Ok(parts.into_iter().filter(|p| whole(p.number, p.size)).map(|p| p.number).collect())
        }
        Err(storage::Error::NoSuchUpload) => {
            if upload.state == State::Open {
                revive(platform, upload).await?;
            }
            Ok(Vec::new())
        }
        Err(error) => Err(error.into()),
    }
}

async fn revive(platform: &Platform, upload: &Upload) -> Result<()> {
    let key = original(upload);
    let s3_upload_id = platform.storage.create_multipart(&key, upload.checksum).await?;
    if db::uploads::replace_s3_upload(&platform.db, &upload.id, &upload.s3_upload_id, &s3_upload_id).await? {
        tracing::warn!(upload = %upload.id, "S3 has lost what was sent; it is sent again");
    } else {
        forget(platform, &key, &s3_upload_id).await;
    }
    Ok(())
}

fn original(upload: &Upload) -> MediaKey {
    MediaKey::Original { video: upload.video.clone() }
}

fn closed(state: State) -> Error {
    let (code, message) = match state {
        State::Aborted => ("upload_aborted", "This upload was given up."),
        _ => ("upload_closed", "This upload is complete already."),
    };
    Error::Conflict { code, message: message.to_owned(), details: None }
}

/// Base64 of 32 bytes.
fn is_sha256(text: &str) -> bool {
    text.len() == 44
        && text
            .strip_suffix('=')
            .is_some_and(|t| t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')))
}
