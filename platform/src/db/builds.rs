//! Builds: one processing of one original each, and the renditions they are played in.

use super::read;
use super::tasks::words;
use domain::id::{BuildId, VideoId};
use domain::key::MediaKey;
use domain::plan::{About, MayCopy, Plan};
use domain::playlist::{self, AUDIO, Rendition, Text};
use domain::poster::Stored;
use domain::storyboard::Storyboard;
use domain::task::Kind;
use domain::timeline;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use std::collections::HashSet;

pub async fn insert(db: impl PgExecutor<'_>, id: &BuildId, video: &VideoId, may_copy: MayCopy) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO builds (id, video_id, may_copy_picture, may_copy_sound) VALUES ($1, $2, $3, $4)",
        id.as_str(),
        video.as_str(),
        may_copy.picture,
        may_copy.sound
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What of the original may be taken as it is; nothing, of a build that isn't there.
pub async fn may_copy(db: impl PgExecutor<'_>, id: &BuildId) -> sqlx::Result<MayCopy> {
    let row = sqlx::query!("SELECT may_copy_picture, may_copy_sound FROM builds WHERE id = $1", id.as_str())
        .fetch_optional(db)
        .await?;
    Ok(row.map_or(MayCopy::NOTHING, |row| MayCopy { picture: row.may_copy_picture, sound: row.may_copy_sound }))
}

pub async fn of_video(db: impl PgExecutor<'_>, video: &VideoId) -> sqlx::Result<Vec<BuildId>> {
    let ids = sqlx::query_scalar!("SELECT id FROM builds WHERE video_id = $1", video.as_str()).fetch_all(db).await?;
    ids.iter().map(|id| read(id)).collect()
}

/// The first claim decides which engine makes a build.
pub async fn begin(db: impl PgExecutor<'_>, id: &BuildId, engine_version: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE builds SET engine_version = $2 WHERE id = $1 AND engine_version IS NULL",
        id.as_str(),
        engine_version
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes down what will be made.
pub async fn set_plan(db: &mut PgConnection, id: &BuildId, plan: &Plan) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE builds SET plan = $2, target_seconds = $3, planned_at = now() WHERE id = $1",
        id.as_str(),
        Json(plan) as _,
        plan.target_seconds() as i32
    )
    .execute(&mut *db)
    .await?;
    for (position, rendition) in (0..).zip(plan.renditions()) {
        let (width, height) = rendition.resolution.map(|(w, h)| (w as i32, h as i32)).unzip();
        sqlx::query!(
            "INSERT INTO renditions (build_id, position, name, codecs, width, height, frame_rate, peak_bitrate,
                 language, label)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            id.as_str(),
            position,
            rendition.name,
            rendition.codecs,
            width,
            height,
            rendition.frame_rate,
            rendition.peak_bitrate as i32,
            rendition.about.language,
            rendition.about.label
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Adds the next chunk to the plan of a film that is being divided. False if there is one of its number.
pub async fn add_chunk(db: impl PgExecutor<'_>, id: &BuildId, chunk: &timeline::Chunk) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE builds SET plan = jsonb_insert(plan, '{picture,chunks,-1}', $2, true)
         WHERE id = $1 AND jsonb_array_length(plan #> '{picture,chunks}') = $3",
        id.as_str(),
        Json(chunk) as _,
        chunk.number as i32
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Adds what can't be divided to the plan.
pub async fn set_rest(db: impl PgExecutor<'_>, id: &BuildId, rest: &timeline::Rest) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE builds SET plan = jsonb_set(plan, '{picture,rest}', $2) WHERE id = $1",
        id.as_str(),
        Json(rest) as _
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn plan(db: impl PgExecutor<'_>, id: &BuildId) -> sqlx::Result<Option<Plan>> {
    let plan = sqlx::query_scalar!(r#"SELECT plan AS "plan: Json<Plan>" FROM builds WHERE id = $1"#, id.as_str())
        .fetch_optional(db)
        .await?;
    Ok(plan.flatten().map(|Json(plan)| plan))
}

/// Notes a rendition's init segment, the first time; later the same. False if another one is known: then an encoder
/// works differently from the one that made what is published.
pub async fn set_init(
    db: impl PgExecutor<'_>,
    id: &BuildId,
    name: &str,
    hash: &str,
    codecs: &str,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE renditions SET init_hash = $3, codecs = $4
         WHERE build_id = $1 AND name = $2 AND (init_hash IS NULL OR init_hash = $3)",
        id.as_str(),
        name,
        hash,
        codecs
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// A rendition that was planned and of which nothing came is no rendition.
pub async fn drop_rendition_without_chunks(db: impl PgExecutor<'_>, id: &BuildId, name: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM renditions r WHERE build_id = $1 AND name = $2
             AND NOT EXISTS (SELECT 1 FROM segments s WHERE s.build_id = $1 AND s.rung = $2)",
        id.as_str(),
        name
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A build as its playlists need it.
#[derive(Debug, Clone, PartialEq)]
pub struct Playable {
    pub video: VideoId,
    /// Of its playlists, seconds.
    pub target: u32,
    /// Nothing will be added to it.
    pub finished: bool,
    /// Nothing will be added to the sound that is heard first.
    pub sound_ended: bool,
    /// Nor to the longest picture: to a copy, if there is one, else to what is encoded.
    pub picture_ended: bool,
    pub plan: Plan,
    /// Each with the hash of its init segment, if it has one yet.
    pub renditions: Vec<(Rendition, Option<String>)>,
    /// Those that are stored, and those that its film's owner added.
    pub texts: Vec<Text>,
    /// Raised by every change of what was added.
    pub captions_version: i64,
}

/// None before it is planned.
pub async fn playable(db: &mut PgConnection, id: &BuildId) -> sqlx::Result<Option<Playable>> {
    let build = sqlx::query!(
        r#"SELECT b.video_id, b.target_seconds AS "target_seconds!", (b.finished_at IS NOT NULL) AS "finished!",
               ARRAY(
                   SELECT DISTINCT kind FROM tasks
                   WHERE build_id = $1 AND coalesce(rendition, $2) = $2 AND state IN ('open', 'running')
               ) AS "unfinished!", b.plan AS "plan!: Json<Plan>", v.captions_version
           FROM builds b JOIN videos v ON v.id = b.video_id WHERE b.id = $1 AND b.planned_at IS NOT NULL"#,
        id.as_str(),
        AUDIO
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(build) = build else { return Ok(None) };
    let rows = sqlx::query!(
        "SELECT name, codecs, width, height, frame_rate, peak_bitrate, init_hash, language, label FROM renditions
         WHERE build_id = $1 ORDER BY position",
        id.as_str()
    )
    .fetch_all(&mut *db)
    .await?;
    let renditions = rows
        .into_iter()
        .map(|row| {
            let rendition = Rendition {
                name: row.name,
                codecs: row.codecs,
                resolution: row.width.zip(row.height).map(|(w, h)| (w.unsigned_abs(), h.unsigned_abs())),
                frame_rate: row.frame_rate,
                peak_bitrate: row.peak_bitrate.unsigned_abs(),
                about: About { language: row.language, label: row.label },
            };
            (rendition, row.init_hash)
        })
        .collect();
    let Json(plan) = build.plan;
    let ended = |kind: Kind| build.unfinished.iter().all(|unfinished| unfinished != kind.as_str());
    let copies = plan.picture.as_ref().is_some_and(|picture| picture.copy.is_some());
    let sound_ended = ended(Kind::Sound);
    let picture_ended = if copies { ended(Kind::Copy) } else { ended(Kind::Scan) && ended(Kind::Encode) };
    let fences =
        sqlx::query!("SELECT name, fence FROM texts WHERE build_id = $1", id.as_str()).fetch_all(&mut *db).await?;
    let own: Vec<Text> = plan
        .texts
        .iter()
        .filter_map(|text| {
            let fence = fences.iter().find(|row| row.name == text.name)?.fence;
            let key = MediaKey::Text { build: id.clone(), name: text.name.clone(), fence };
            Some(Text { name: text.name.clone(), key, about: text.about.clone() })
        })
        .collect();
    let video = read(&build.video_id)?;
    // After the version: what is newer than that is read again.
    let added = super::captions::of_video(&mut *db, &video).await?;
    let added: Vec<Text> = added.iter().map(|captions| captions.rendition(&video)).collect();
    Ok(Some(Playable {
        texts: playlist::texts(&own, &added),
        captions_version: build.captions_version,
        video,
        target: build.target_seconds.unsigned_abs(),
        finished: build.finished,
        sound_ended,
        picture_ended,
        plan,
        renditions,
    }))
}

/// Subtitles are stored under that fence.
pub async fn insert_text(db: impl PgExecutor<'_>, id: &BuildId, name: &str, fence: i64, cues: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO texts (build_id, name, fence, cues) VALUES ($1, $2, $3, $4)",
        id.as_str(),
        name,
        fence,
        cues
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn set_poster(db: impl PgExecutor<'_>, id: &BuildId, poster: &Stored) -> sqlx::Result<()> {
    sqlx::query!("UPDATE builds SET poster = $2 WHERE id = $1", id.as_str(), Json(poster) as _).execute(db).await?;
    Ok(())
}

/// A waveform is stored under that fence.
pub async fn set_waveform(db: impl PgExecutor<'_>, id: &BuildId, fence: i64) -> sqlx::Result<()> {
    sqlx::query!("UPDATE builds SET waveform_fence = $2 WHERE id = $1", id.as_str(), fence).execute(db).await?;
    Ok(())
}

pub async fn set_storyboard(db: impl PgExecutor<'_>, id: &BuildId, storyboard: &Storyboard) -> sqlx::Result<()> {
    sqlx::query!("UPDATE builds SET storyboard = $2 WHERE id = $1", id.as_str(), Json(storyboard) as _)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn storyboard(db: impl PgExecutor<'_>, id: &BuildId) -> sqlx::Result<Option<Storyboard>> {
    let row = sqlx::query_scalar!(
        r#"SELECT storyboard AS "storyboard: Json<Storyboard>" FROM builds WHERE id = $1"#,
        id.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.flatten().map(|Json(storyboard)| storyboard))
}

/// Adds up how far its tasks are. Returns the share of the whole, 0 to 1; it never goes back.
pub async fn add_up(db: impl PgExecutor<'_>, id: &BuildId) -> sqlx::Result<f64> {
    let progress = sqlx::query_scalar!(
        r#"UPDATE builds SET progress = greatest(progress, least(0.999, coalesce((
               SELECT sum(weight * CASE state WHEN 'done' THEN 1 ELSE progress END) / nullif(sum(weight), 0)
               FROM tasks WHERE build_id = $1
           ), 0)))
           WHERE id = $1 RETURNING progress"#,
        id.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(f64::from(progress.unwrap_or_default()))
}

pub async fn is_finished(db: impl PgExecutor<'_>, id: &BuildId) -> sqlx::Result<bool> {
    let row = sqlx::query_scalar!(
        r#"SELECT (finished_at IS NOT NULL) AS "finished!" FROM builds WHERE id = $1"#,
        id.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.unwrap_or(false))
}

pub async fn finish(db: impl PgExecutor<'_>, id: &BuildId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE builds SET progress = 1, finished_at = now() WHERE id = $1", id.as_str()).execute(db).await?;
    Ok(())
}

/// What of a build is of use: see [`in_use`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InUse {
    /// Chunk, fence and rung.
    pub chunks: HashSet<(u32, i64, String)>,
    /// Hash and rung.
    pub inits: Vec<(String, String)>,
    pub poster: Option<Stored>,
    /// The fence of its waveform.
    pub waveform: Option<i64>,
    pub storyboard: Option<Storyboard>,
    /// Name and fence.
    pub texts: Vec<(String, i64)>,
}

/// What stored objects of a build are played or shown. Nothing, if no film points at it and nobody works on it.
pub async fn in_use(db: &mut PgConnection, id: &BuildId) -> sqlx::Result<InUse> {
    let build = sqlx::query!(
        r#"SELECT b.poster AS "poster: Json<Stored>", b.waveform_fence, b.storyboard AS "storyboard: Json<Storyboard>" FROM builds b JOIN videos v ON v.id = b.video_id
           WHERE b.id = $1 AND (v.build_id = b.id OR EXISTS (
               SELECT 1 FROM tasks t WHERE t.build_id = b.id AND t.kind = ANY($2) AND t.state IN ('open', 'running')
           ))"#,
        id.as_str(),
        &words(Kind::makes_film)
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(build) = build else { return Ok(InUse::default()) };
    let chunks = sqlx::query!("SELECT chunk, fence, rung FROM segments WHERE build_id = $1", id.as_str())
        .fetch_all(&mut *db)
        .await?;
    let inits = sqlx::query!(
        r#"SELECT name, init_hash AS "init_hash!" FROM renditions WHERE build_id = $1 AND init_hash IS NOT NULL"#,
        id.as_str()
    )
    .fetch_all(&mut *db)
    .await?;
    let texts =
        sqlx::query!("SELECT name, fence FROM texts WHERE build_id = $1", id.as_str()).fetch_all(&mut *db).await?;
    Ok(InUse {
        texts: texts.into_iter().map(|row| (row.name, row.fence)).collect(),
        chunks: chunks.into_iter().map(|row| (row.chunk.unsigned_abs(), row.fence, row.rung)).collect(),
        inits: inits.into_iter().map(|row| (row.init_hash, row.name)).collect(),
        poster: build.poster.map(|Json(poster)| poster),
        waveform: build.waveform_fence,
        storyboard: build.storyboard.map(|Json(storyboard)| storyboard),
    })
}

/// Removes the row of a build that is of no use, as in [`in_use`], with all that hangs on it.
pub async fn remove_unused(db: impl PgExecutor<'_>, id: &BuildId) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM builds b WHERE b.id = $1
             AND NOT EXISTS (SELECT 1 FROM videos v WHERE v.id = b.video_id AND v.build_id = b.id)
             AND NOT EXISTS (
                 SELECT 1 FROM tasks t WHERE t.build_id = b.id AND t.kind = ANY($2) AND t.state IN ('open', 'running')
             )",
        id.as_str(),
        &words(Kind::makes_film)
    )
    .execute(db)
    .await?;
    Ok(())
}
