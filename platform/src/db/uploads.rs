//! Upload sessions.

use super::{millis, read, read_option, violates};
use domain::fingerprint::Fingerprint;
use domain::id::{UploadId, UserId, VideoId};
use domain::time::UnixMillis;
use domain::upload::{Checksum, PartPlan, State};
use sqlx::PgExecutor;
use time::{Duration, OffsetDateTime};

/// How long a session may stand in `completing` untouched before it is taken for left behind, in seconds.
const STUCK_SECONDS: f64 = 30.0;
/// The sweep leaves those who ask themselves some time.
const LEFT_SECONDS: f64 = 2.0 * STUCK_SECONDS;
/// How long a session stays open while nobody goes on with it.
const OPEN_DAYS: i32 = 7;
/// How exactly it is known when somebody went on, in seconds.
const TOUCHED_EVERY: f64 = 60.0;

#[derive(Debug, Clone)]
pub struct Upload {
    pub id: UploadId,
    pub video: VideoId,
    pub owner: UserId,
    pub file_name: String,
    pub plan: PartPlan,
    pub s3_upload_id: String,
    pub state: State,
    /// None if its client doesn't tell.
    pub fingerprint: Option<Fingerprint>,
    /// What every part has to come with.
    pub checksum: Option<Checksum>,
}

/// A session, and when it is given up unless somebody goes on.
#[derive(Debug, Clone)]
pub struct Kept {
    pub upload: Upload,
    pub expires_at: UnixMillis,
}

struct Row {
    id: String,
    video_id: String,
    owner_id: String,
    file_name: String,
    size: i64,
    part_size: i64,
    part_count: i32,
    s3_upload_id: String,
    state: String,
    fingerprint: Option<String>,
    has_checksums: bool,
    updated_at: OffsetDateTime,
}

impl TryFrom<Row> for Kept {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let expires_at = millis(row.updated_at + Duration::days(OPEN_DAYS.into()));
        Ok(Kept { upload: row.try_into()?, expires_at })
    }
}

impl TryFrom<Row> for Upload {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        Ok(Upload {
            id: read(&row.id)?,
            video: read(&row.video_id)?,
            owner: read(&row.owner_id)?,
            file_name: row.file_name,
            plan: PartPlan {
                size: row.size.unsigned_abs(),
                part_size: row.part_size.unsigned_abs(),
                part_count: row.part_count.unsigned_abs(),
            },
            s3_upload_id: row.s3_upload_id,
            state: read(&row.state)?,
            fingerprint: read_option(row.fingerprint)?,
            checksum: row.has_checksums.then_some(Checksum::Sha256),
        })
    }
}

macro_rules! uploads {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT id, video_id, owner_id, file_name, size, part_size, part_count, s3_upload_id, state, fingerprint,
                 has_checksums, updated_at
             FROM uploads " + $tail
            $(, $argument)*
        )
    };
}

pub async fn insert(db: impl PgExecutor<'_>, upload: &Upload, s3_key: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO uploads (id, video_id, owner_id, file_name, size, part_size, part_count, s3_key, s3_upload_id, state,
             fingerprint, has_checksums)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        upload.id.as_str(),
        upload.video.as_str(),
        upload.owner.as_str(),
        upload.file_name,
        upload.plan.size as i64,
        upload.plan.part_size as i64,
        upload.plan.part_count as i32,
        s3_key,
        upload.s3_upload_id,
        upload.state.as_str(),
        upload.fingerprint.as_ref().map(Fingerprint::as_str),
        upload.checksum.is_some()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether `error` says that the file has a session already.
pub fn is_known(error: &sqlx::Error) -> bool {
    violates(error, "uploads_fingerprint")
}

pub async fn get(db: impl PgExecutor<'_>, id: &UploadId) -> sqlx::Result<Option<Kept>> {
    uploads!("WHERE id = $1", id.as_str()).fetch_optional(db).await?.map(Kept::try_from).transpose()
}

pub async fn of_video(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<Option<Upload>> {
    uploads!("WHERE video_id = $1", video.as_str()).fetch_optional(db).await?.map(Upload::try_from).transpose()
}

/// A person's unfinished session of a file.
pub async fn of_file(
    db: impl PgExecutor<'_>,
    owner: &UserId,
    fingerprint: &Fingerprint,
    size: u64,
) -> sqlx::Result<Option<Upload>> {
    let row = uploads!(
        "WHERE owner_id = $1 AND fingerprint = $2 AND size = $3 AND state IN ('open', 'completing')",
        owner.as_str(),
        fingerprint.as_str(),
        size as i64
    );
    row.fetch_optional(db).await?.map(Upload::try_from).transpose()
}

/// The session by which a person has sent a file before, if its film is still there.
pub async fn sent_before(
    db: impl PgExecutor<'_>,
    owner: &UserId,
    fingerprint: &Fingerprint,
    size: u64,
) -> sqlx::Result<Option<Upload>> {
    let row = uploads!(
        "WHERE owner_id = $1 AND fingerprint = $2 AND size = $3 AND state = 'completed' AND EXISTS (
             SELECT FROM videos v WHERE v.id = video_id AND v.deleted_at IS NULL AND v.state <> 'failed')
         ORDER BY created_at DESC LIMIT 1",
        owner.as_str(),
        fingerprint.as_str(),
        size as i64
    );
    row.fetch_optional(db).await?.map(Upload::try_from).transpose()
}

/// Notes that somebody goes on with a session.
pub async fn touch(db: impl PgExecutor<'_>, id: &UploadId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE uploads SET updated_at = now()
         WHERE id = $1 AND state = 'open' AND updated_at < now() - make_interval(secs => $2)",
        id.as_str(),
        TOUCHED_EVERY
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Gives a session another upload in S3 than `old`. False if it isn't open any more, or has another one already.
pub async fn replace_s3_upload(db: impl PgExecutor<'_>, id: &UploadId, old: &str, new: &str) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE uploads SET s3_upload_id = $3, updated_at = now()
         WHERE id = $1 AND s3_upload_id = $2 AND state = 'open'",
        id.as_str(),
        old,
        new
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// A person's unfinished sessions, newest first.
pub async fn unfinished_of(db: impl PgExecutor<'_>, owner: &UserId, limit: i64) -> sqlx::Result<Vec<Kept>> {
    let rows = uploads!(
        "WHERE owner_id = $1 AND state IN ('open', 'completing') ORDER BY created_at DESC LIMIT $2",
        owner.as_str(),
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Kept::try_from).collect()
}

/// Where a session is. The row stays locked until the end of the transaction.
pub async fn lock(db: impl PgExecutor<'_>, id: &UploadId) -> sqlx::Result<Option<State>> {
    let state = sqlx::query_scalar!("SELECT state FROM uploads WHERE id = $1 FOR UPDATE", id.as_str())
        .fetch_optional(db)
        .await?;
    state.as_deref().map(read).transpose()
}

/// Who completes a session, and nobody else does.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// Nobody did before.
    pub is_first: bool,
    /// Seconds since somebody first did.
    pub age: f64,
}

/// Takes a session to complete it, for as long as [`go_on`] is called. None if somebody else does, or it has ended.
pub async fn claim(db: impl PgExecutor<'_>, id: &UploadId) -> sqlx::Result<Option<Claim>> {
    sqlx::query_as!(
        Claim,
        r#"UPDATE uploads SET state = 'completing', updated_at = now(), completing_at = COALESCE(completing_at, now())
           WHERE id = $1
             AND (state = 'open' OR (state = 'completing' AND updated_at <= now() - make_interval(secs => $2)))
           RETURNING completing_at = now() AS "is_first!",
               extract(epoch FROM now() - completing_at)::float8 AS "age!""#,
        id.as_str(),
        STUCK_SECONDS
    )
    .fetch_optional(db)
    .await
}

/// Somebody still completes it.
pub async fn go_on(db: impl PgExecutor<'_>, id: &UploadId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE uploads SET updated_at = now() WHERE id = $1 AND state = 'completing'", id.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// Nobody completes it any more: whoever asks next may.
pub async fn let_go(db: impl PgExecutor<'_>, id: &UploadId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE uploads SET updated_at = now() - make_interval(secs => $2) WHERE id = $1 AND state = 'completing'",
        id.as_str(),
        STUCK_SECONDS
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Moves a session from one of `from` to `to`. False if it is in none of them.
pub async fn set_state(db: impl PgExecutor<'_>, id: &UploadId, from: &[State], to: State) -> sqlx::Result<bool> {
    let from: Vec<String> = from.iter().map(|s| s.as_str().to_owned()).collect();
    let updated = sqlx::query!(
        "UPDATE uploads SET state = $2, updated_at = now(),
             completing_at = CASE WHEN $2 = 'open' THEN NULL ELSE completing_at END
         WHERE id = $1 AND state = ANY($3)",
        id.as_str(),
        to.as_str(),
        &from
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Sessions that nobody works on any more: left in `completing`, open for too long, or aborted and not yet cleared away.
pub async fn left_behind(db: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<Vec<Upload>> {
    let rows = uploads!(
        "WHERE state <> 'completed' AND (
             (state IN ('completing', 'aborted') AND updated_at < now() - make_interval(secs => $1))
             OR (state = 'open' AND updated_at < now() - make_interval(days => $2)))
         ORDER BY updated_at LIMIT $3",
        LEFT_SECONDS,
        OPEN_DAYS,
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Upload::try_from).collect()
}
