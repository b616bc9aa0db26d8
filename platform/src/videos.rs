//! Films: their pages, lists, search, and what their owners do with them.

mod early;
mod growth;
mod look;
mod text;
mod watch;
mod watchers;

pub use early::{Early, early};
pub use growth::Builds;
pub use look::look;
pub use text::Text;
pub(crate) use watch::may_watch_film;
pub use watch::{Asked, Playlist, chapters, manifest, master, media_playlist, media_url, storyboard};
pub use watchers::Watchers;

use crate::access::{allow, allow_own};
use crate::audit::{self, Line};
use crate::db::{self, tasks::NewTask, videos::Film};
use crate::{Error, Platform, Result, builds, sharing, tasks, uploads, watching};
use domain::access::{Action, Subject, can};
use domain::actor::Actor;
use domain::audit::Event;
use domain::id::{BuildId, KeyId, UserId, VideoId};
use domain::key::MediaKey;
use domain::page::{Behind, Cursor, DEFAULT_LIMIT, InvalidCursor, MAX_LIMIT, Page};
use domain::plan::{MayCopy, Outcome};
use domain::playlist::Rendition;
use domain::poster::Poster;
use domain::search::SearchQuery;
use domain::task::{Kind, LATER};
use domain::text::{Description, InvalidText, Title};
use domain::upload;
use domain::video::{Card, Owner, Playback, Published, State, Video, Visibility};
use growth::Snapshot;
use serde::Deserialize;
use std::sync::Arc;
use time::OffsetDateTime;

/// How long a deletion can be undone, in seconds: a day.
const UNDO_SECONDS: f64 = 24.0 * 3600.0;
/// How much of a description a card in a public list carries.
const CARD_DESCRIPTION_CHARS: usize = 200;

/// What changes of a film; what is None stays.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Edit {
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub visibility: Option<String>,
    #[serde(default)]
    pub downloadable: Option<bool>,
    /// Of a film that is, or becomes, one behind a password.
    #[serde(default)]
    pub password: Option<String>,
}

/// A film as `actor` may see it.
pub async fn get(platform: &Platform, actor: &Actor, id: &VideoId) -> Result<Video> {
    let film = load(platform, actor, Action::Watch, id).await?;
    let build = film.build.clone();
    let inspect = can(actor, Action::Inspect, subject(&film));
    let mut video = page(film, actor);
    video.position_ms = watching::position(platform, actor, id).await?;
    if inspect {
        video.poster_choice = db::posters::choice(&platform.db, id).await?;
    }
    if let Some(build) = build {
        let outcomes = if inspect { db::tasks::ended(&platform.db, &build).await? } else { Vec::new() };
        let Some(build) = published(platform, &build, video.state).await? else { return Ok(video) };
        if inspect {
            let outcomes: Vec<Outcome> = outcomes.into_iter().filter_map(|ended| ended.outcome).collect();
            video.details = build.plan().details(&outcomes);
        }
        video.renditions = renditions(&build);
        video.chapters = build.chapters().to_vec();
        let has_chapters = !video.chapters.is_empty();
        if let Some(playback) = video.playback.as_mut().filter(|_| has_chapters) {
            playback.chapters = Some(format!("/v/{}/{}/chapters.vtt", video.id, build.build));
        }
    }
    Ok(video)
}

/// What is published of a build. None before it is planned.
async fn published(platform: &Platform, build: &BuildId, state: State) -> Result<Option<Arc<Snapshot>>> {
    let now = match state {
        State::Ready => platform.growth.look_finished(platform, build).await,
        _ => platform.growth.look(platform, build).await,
    };
    match now {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How far each rendition is published.
fn renditions(build: &Snapshot) -> Vec<Published> {
    let published = |rendition: &Rendition| Published {
        name: rendition.name.clone(),
        language: rendition.about.language.clone(),
        label: rendition.about.label.clone(),
        published_ms: build.length_ms(&rendition.name).round() as i64,
    };
    build.renditions().map(published).collect()
}

/// Public films: the newest, or the best for `query` if there is anything in it.
pub async fn list(
    platform: &Platform,
    query: Option<&str>,
    cursor: Option<&str>,
    limit: Option<u32>,
) -> Result<Page<Card>> {
    let limit = page_size(limit)?;
    let cursor = cursor.map(Cursor::parse).transpose().map_err(foreign_cursor)?;
    match query.and_then(SearchQuery::parse) {
        Some(query) => search(platform, &query, cursor, limit).await,
        None => {
            let behind = match cursor {
                None => None,
                Some(Cursor::Newest(behind)) => Some(place(&behind)?),
                Some(_) => return Err(foreign_cursor(InvalidCursor)),
            };
            let films = db::videos::newest(&platform.db, behind, limit as i64 + 1).await?;
            let at = |film: &Film| film.published_at.unwrap_or(film.created_at);
            Ok(listed(films, limit, |film| Cursor::Newest(place_of(film, at(film))), &Actor::ANONYMOUS))
        }
    }
}

async fn search(platform: &Platform, query: &SearchQuery, cursor: Option<Cursor>, limit: usize) -> Result<Page<Card>> {
    let offset = match cursor {
        None => 0,
        Some(Cursor::Search { query: of, offset }) if of == query.fingerprint() => offset,
        Some(_) => return Err(foreign_cursor(InvalidCursor)),
    };
    let mut tx = platform.db.begin().await?;
    let mut films = db::search::best(&mut tx, query, i64::from(offset), limit as i64 + 1).await?;
    tx.commit().await?;
    let more = films.len() > limit;
    films.truncate(limit);
    let next = Cursor::Search { query: query.fingerprint(), offset: offset.saturating_add(limit as u32) };
    Ok(Page {
        items: films.into_iter().map(|film| card(film, &Actor::ANONYMOUS)).collect(),
        next_cursor: more.then(|| next.to_string()),
    })
}

/// The actor's own films, newest first, in whatever state they are.
pub async fn mine(platform: &Platform, actor: &Actor, cursor: Option<&str>, limit: Option<u32>) -> Result<Page<Card>> {
    let owner = &allow_own(actor, Action::Inspect)?;
    let limit = page_size(limit)?;
    let cursor = cursor.map(Cursor::parse).transpose().map_err(foreign_cursor)?;
    let behind = match cursor {
        None => None,
        Some(Cursor::Mine(behind)) => Some(place(&behind)?),
        Some(_) => return Err(foreign_cursor(InvalidCursor)),
    };
    let films = db::videos::of_owner(&platform.db, owner, behind, limit as i64 + 1).await?;
    Ok(listed(films, limit, |film| Cursor::Mine(place_of(film, film.created_at)), actor))
}

/// Changes title, description, visibility or password.
pub async fn edit(platform: &Platform, actor: &Actor, id: &VideoId, edit: Edit) -> Result<Video> {
    let film = load(platform, actor, Action::Edit, id).await?;
    if edit.password.is_some() {
        load(platform, actor, Action::Share, id).await?;
    }
    let title = edit.title.as_deref().map(title).transpose()?;
    let description = edit.description.as_deref().map(description).transpose()?;
    let visibility = edit.visibility.as_deref().map(visibility).transpose()?;
    let change = sharing::change(film.visibility, visibility, edit.password.as_deref()).await?;
    let mut tx = platform.db.begin().await?;
    db::videos::edit(&mut *tx, &film.id, title.as_ref(), description.as_ref(), visibility, edit.downloadable).await?;
    sharing::apply(&mut tx, &film.id, change).await?;
    if actor.user() != Some(&film.owner) {
        audit::write(&mut *tx, Event::FilmEdited, about(actor, &film.owner, id)).await?;
    }
    tx.commit().await?;
    platform.watchers.forget(id);
    get(platform, actor, id).await
}

/// Takes a film from everywhere at once. Its objects go a day later; until then it can be undone. A film whose upload
/// hasn't ended is given up with it, for good.
pub async fn delete(platform: &Platform, actor: &Actor, id: &VideoId) -> Result<()> {
    let film = load(platform, actor, Action::Delete, id).await?;
    if film.deleted {
        return Ok(());
    }
    if film.state == State::Uploading
        && let Some(upload) = db::uploads::of_video(&platform.db, id).await?
        && matches!(upload.state, upload::State::Open | upload::State::Aborted)
    {
        match uploads::discard(platform, &upload).await {
            // It was completed in this moment: then it's deleted like any other.
            Err(Error::Conflict { .. }) => {}
            other => return other,
        }
    }
    let mut tx = platform.db.begin().await?;
    db::tasks::cancel_processing(&mut *tx, id).await?;
    let access = db::videos::lock(&mut *tx, id).await?.ok_or(Error::NotFound)?;
    if access.deleted {
        return Ok(());
    }
    db::videos::set_deleted(&mut *tx, id, true).await?;
    let new = NewTask { delay: UNDO_SECONDS, ..NewTask::new(Kind::DeleteVideo, LATER, id, &access.owner) };
    db::tasks::insert(&mut *tx, new).await?;
    audit::write(&mut *tx, Event::FilmDeleted, about(actor, &access.owner, id)).await?;
    // Pages that show the film ask again, and learn that it is gone.
    tasks::tell_state(&mut tx, id, access.state).await?;
    tx.commit().await?;
    platform.watchers.forget(id);
    Ok(())
}

/// Brings a deleted film back, for as long as its objects are there.
pub async fn undo_delete(platform: &Platform, actor: &Actor, id: &VideoId) -> Result<()> {
    let film = load(platform, actor, Action::Delete, id).await?;
    if !film.deleted {
        return Ok(());
    }
    let mut tx = platform.db.begin().await?;
    let in_time = db::tasks::remove_deletion(&mut *tx, id).await?;
    let access = db::videos::lock(&mut *tx, id).await?.ok_or(Error::NotFound)?;
    if !access.deleted {
        return Ok(());
    }
    if !in_time {
        let message = "This film's files are gone already.".to_owned();
        return Err(Error::Conflict { code: "too_late", message, details: None });
    }
    db::videos::set_deleted(&mut *tx, id, false).await?;
    builds::tidy(&mut tx, &access).await?;
    audit::write(&mut *tx, Event::FilmRestored, about(actor, &access.owner, id)).await?;
    match access.state {
        // Its processing was called off with the deletion.
        State::Queued | State::Processing => {
            if access.state == State::Processing {
                db::videos::set_state(&mut *tx, id, State::Queued, None).await?;
            }
            tasks::queue_plan(&mut tx, id, &access.owner, MayCopy::ALL).await?;
            tasks::tell_state(&mut tx, id, State::Queued).await?;
        }
        state => {
            db::videos::set_not_remade(&mut *tx, id).await?;
            tasks::tell_state(&mut tx, id, state).await?;
        }
    }
    tx.commit().await?;
    platform.watchers.forget(id);
    Ok(())
}

/// What the log says of something that was done to a film.
fn about<'a>(actor: &'a Actor, owner: &'a UserId, video: &'a VideoId) -> Line<'a> {
    Line { actor: actor.user(), account: Some(owner), object: Some(video.as_str()), ..Line::default() }
}

/// Makes a film anew: see [`builds::reprocess`].
pub async fn reprocess(platform: &Platform, actor: &Actor, id: &VideoId) -> Result<Video> {
    let film = load(platform, actor, Action::Edit, id).await?;
    builds::reprocess(platform, &film.id).await?;
    get(platform, actor, id).await
}

/// A film that `actor` may do `action` to; to others there is none.
pub(crate) async fn load(platform: &Platform, actor: &Actor, action: Action, id: &VideoId) -> Result<Film> {
    let film = db::videos::get(&platform.db, id).await?.ok_or(Error::NotFound)?;
    // Before its bytes are there a film is nobody's business but its owner's.
    if film.state == State::Uploading && !film.deleted && !can(actor, Action::Inspect, subject(&film)) {
        return Err(Error::NotFound);
    }
    let keys = if is_open(film.visibility) { Vec::new() } else { db::keys::valid(&platform.db, id).await? };
    let keys: Vec<KeyId> = keys.into_iter().map(|valid| valid.key).collect();
    let subject =
        Subject::Video { owner: &film.owner, visibility: film.visibility, deleted: film.deleted, keys: &keys };
    match allow(actor, action, subject) {
        Ok(()) => Ok(film),
        // To somebody who may watch it, a film that isn't his is no secret.
        Err(Error::NotFound) if can(actor, Action::Watch, subject) => Err(Error::forbidden()),
        Err(Error::NotFound) => Err(watch::shut(actor, subject)),
        Err(error) => Err(error),
    }
}

/// Whether it takes no key to watch a film.
fn is_open(visibility: Visibility) -> bool {
    matches!(visibility, Visibility::Public | Visibility::Unlisted)
}

/// For everything but watching, which keys are for.
fn subject(film: &Film) -> Subject<'_> {
    Subject::Video { owner: &film.owner, visibility: film.visibility, deleted: film.deleted, keys: &[] }
}

pub(crate) fn title(text: &str) -> Result<Title> {
    Title::parse(text).map_err(|why| Error::invalid("title", text_code(&why), why))
}

pub(crate) fn description(text: &str) -> Result<Description> {
    Description::parse(text).map_err(|why| Error::invalid("description", text_code(&why), why))
}

pub(crate) fn visibility(word: &str) -> Result<Visibility> {
    word.parse().map_err(|why: domain::video::UnknownWord| Error::invalid("visibility", "visibility_unknown", why))
}

fn text_code(why: &InvalidText) -> &'static str {
    match why {
        InvalidText::Blank { .. } => "blank",
        InvalidText::TooLong { .. } => "too_long",
        InvalidText::Control { .. } => "control_character",
    }
}

fn page_size(limit: Option<u32>) -> Result<usize> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        Ok(limit as usize)
    } else {
        Err(Error::invalid("limit", "limit_invalid", format!("A page has 1 to {MAX_LIMIT} films.")))
    }
}

fn foreign_cursor(why: InvalidCursor) -> Error {
    Error::invalid("cursor", "cursor_invalid", why)
}

/// Where a list by time goes on, as the database knows it.
fn place(behind: &Behind) -> Result<(OffsetDateTime, VideoId)> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(behind.at_us) * 1_000);
    match (at, behind.id.parse()) {
        (Ok(at), Ok(id)) => Ok((at, id)),
        _ => Err(foreign_cursor(InvalidCursor)),
    }
}

fn place_of(film: &Film, at: OffsetDateTime) -> Behind {
    Behind { at_us: db::micros(at), id: film.id.to_string() }
}

/// A page of `films`, of which there is one more than `limit` if the list goes on.
fn listed(films: Vec<Film>, limit: usize, cursor: impl Fn(&Film) -> Cursor, actor: &Actor) -> Page<Card> {
    Page::cut(films, limit, |film| cursor(film).to_string()).map(|film| card(film, actor))
}

/// Share of the film that is processed.
fn progress(film: &Film) -> f64 {
    match film.state {
        State::Ready => 1.0,
        State::Processing => film.progress,
        State::Uploading | State::Queued | State::Failed => 0.0,
    }
}

fn poster(film: &Film) -> Option<Poster> {
    film.poster.as_ref()?.poster(&film.id, film.build.as_ref())
}

fn waveform(film: &Film) -> Option<String> {
    let key = MediaKey::Waveform { build: film.build.clone()?, fence: film.waveform? };
    key.path().map(|path| format!("/m/{path}"))
}

fn page(film: Film, actor: &Actor) -> Video {
    let inspect = can(actor, Action::Inspect, subject(&film));
    let playback = film.build.as_ref().map(|build| Playback {
        hls: format!("/v/{}/{build}/master.m3u8", film.id),
        dash: (film.state == State::Ready).then(|| format!("/v/{}/{build}/manifest.mpd", film.id)),
        chapters: None,
        poster: poster(&film),
        storyboard: film.storyboard.then(|| format!("/v/{}/{build}/storyboard.vtt", film.id)),
        waveform: waveform(&film),
    });
    Video {
        progress: progress(&film),
        watchable: playback.is_some(),
        renditions: Vec::new(),
        details: Vec::new(),
        chapters: Vec::new(),
        poster_choice: None,
        eta_seconds: film.eta_seconds.filter(|_| film.state == State::Processing).map(|seconds| seconds.ceil() as u64),
        playback,
        views: film.views.unsigned_abs(),
        position_ms: None,
        downloadable: film.downloadable,
        mine: is_owner(actor, &film.owner),
        id: film.id,
        title: film.title,
        description: film.description,
        owner: Owner { id: film.owner, username: film.username },
        visibility: film.visibility,
        state: film.state,
        failure: film.failure.filter(|_| inspect),
        notices: if inspect { film.notices } else { Vec::new() },
        duration_ms: film.duration_ms,
        width: film.width,
        height: film.height,
        created_at: db::millis(film.created_at),
        published_at: film.published_at.map(db::millis),
    }
}

pub(crate) fn card(film: Film, actor: &Actor) -> Card {
    let inspect = can(actor, Action::Inspect, subject(&film));
    let description = if inspect {
        film.description.clone()
    } else {
        film.description.chars().take(CARD_DESCRIPTION_CHARS).collect()
    };
    Card {
        progress: progress(&film),
        poster: poster(&film),
        id: film.id,
        title: film.title,
        owner: film.username,
        duration_ms: film.duration_ms,
        visibility: film.visibility,
        state: film.state,
        failure: film.failure.filter(|_| inspect),
        notices: if inspect { film.notices } else { Vec::new() },
        description,
        created_at: db::millis(film.created_at),
        published_at: film.published_at.map(db::millis),
        views: film.views.unsigned_abs(),
        downloadable: film.downloadable,
    }
}

fn is_owner(actor: &Actor, owner: &UserId) -> bool {
    actor.user() == Some(owner)
}
