//! Posters that owners choose in place of those that are made with their films: a picture of the film, or one of their
//! own. It belongs to the film, not to a build, so it outlives re-processing.

use crate::db::{self, tasks::NewTask};
use crate::tasks::{LEFT_ALONE, ended_now, queue_tidying, tell_state, video};
use crate::videos::load;
use crate::{Error, Platform, Result};
use domain::access::Action;
use domain::actor::Actor;
use domain::event::{Message, TOPIC_TASKS};
use domain::id::VideoId;
use domain::key::{MediaKey, picture_id};
use domain::plan::Plan;
use domain::poster::{Desk, MOST_BYTES, Of, Stored, Way, Wish};
use domain::task::{Kind, URGENT};
use domain::upload::PartUrl;
use domain::video::{State, Video};
use std::time::Duration;

pub use crate::db::tasks::Claim;

/// For the film's owner.
pub async fn desk(platform: &Platform, actor: &Actor, id: &VideoId) -> Result<Desk> {
    let film = load(platform, actor, Action::Edit, id).await?;
    let choice = db::posters::choice(&platform.db, id).await?;
    let storyboard = match film.build.clone().filter(|_| film.storyboard) {
        Some(build) => db::builds::storyboard(&platform.db, &build).await?.map(|storyboard| (build, storyboard)),
        None => None,
    };
    let poster = film.poster.as_ref().and_then(|poster| poster.poster(&film.id, film.build.as_ref()));
    Ok(Desk { poster, choice, storyboard })
}

/// An address to PUT a picture of exactly `size` bytes to.
pub async fn send(platform: &Platform, actor: &Actor, id: &VideoId, size: u64) -> Result<Way> {
    let film = load(platform, actor, Action::Edit, id).await?;
    if size == 0 {
        return Err(Error::invalid("size", "file_empty", "This file is empty."));
    }
    if size > MOST_BYTES {
        let why = format!("A poster may have {} MB at most.", MOST_BYTES >> 20);
        return Err(Error::invalid("size", "file_too_large", why));
    }
    let picture = VideoId::from_random(rand::random()).to_string();
    let key = MediaKey::Picture { video: id.clone(), id: picture.clone() };
    let mut tx = platform.db.begin().await?;
    queue_tidying(&mut tx, id, &film.owner).await?;
    tx.commit().await?;
    let PartUrl { url, headers, .. } = platform.storage.presign_put(&key, size).await?;
    Ok(Way { picture, url, headers })
}

/// Wishes for a poster; what was wished for before is called off. Until it is made the film has the one it had.
pub async fn choose(platform: &Platform, actor: &Actor, id: &VideoId, wish: &Wish) -> Result<Video> {
    let film = load(platform, actor, Action::Edit, id).await?;
    match wish {
        Wish::At { at_ms, .. } => {
            if film.build.is_none() || film.state == State::Failed {
                let message = "This film can't be watched yet. A picture of it can be chosen once it can.".to_owned();
                return Err(Error::Conflict { code: "not_watchable", message, details: None });
            }
            if film.width.is_none() {
                let why = "This film has no picture. Send one of your own instead.";
                return Err(Error::invalid("at_ms", "no_picture", why));
            }
            if *at_ms < 0 || film.duration_ms.is_some_and(|duration| *at_ms >= duration.max(1)) {
                return Err(Error::invalid("at_ms", "out_of_range", "The film doesn't show anything at that time."));
            }
        }
        Wish::Picture { picture } => {
            let gone = || Error::invalid("picture", "picture_missing", "This picture was not sent, or not all of it.");
            let id = picture_id(picture).ok_or_else(gone)?;
            let key = MediaKey::Picture { video: film.id.clone(), id };
            platform.storage.head(&key).await?.ok_or_else(gone)?;
        }
    }
    let mut tx = platform.db.begin().await?;
    db::posters::call_off(&mut *tx, id).await?;
    let access = db::videos::lock(&mut *tx, id).await?.filter(|film| !film.deleted).ok_or(Error::NotFound)?;
    let new = NewTask { wish: Some(wish), ..NewTask::new(Kind::Poster, URGENT, id, &access.owner) };
    let task = db::tasks::insert(&mut *tx, new).await?;
    db::announce(&mut tx, TOPIC_TASKS, Message::Bell { task }).await?;
    queue_tidying(&mut tx, id, &access.owner).await?;
    tx.commit().await?;
    crate::videos::get(platform, actor, id).await
}

/// Goes back to the poster that is chosen automatically.
pub async fn choose_none(platform: &Platform, actor: &Actor, id: &VideoId) -> Result<Video> {
    load(platform, actor, Action::Edit, id).await?;
    let mut tx = platform.db.begin().await?;
    db::posters::call_off(&mut *tx, id).await?;
    db::posters::forget(&mut *tx, id).await?;
    let access = db::videos::lock(&mut *tx, id).await?.filter(|film| !film.deleted).ok_or(Error::NotFound)?;
    db::videos::set_poster(&mut *tx, id, None).await?;
    queue_tidying(&mut tx, id, &access.owner).await?;
    tell_state(&mut tx, id, access.state).await?;
    tx.commit().await?;
    crate::videos::get(platform, actor, id).await
}

/// What a claimed task is to make a poster of.
pub async fn wish(platform: &Platform, claim: &Claim) -> Result<Wish> {
    let wish = db::posters::wish(&platform.db, claim.task).await?;
    wish.ok_or_else(|| Error::internal(format!("task {} wishes for nothing", claim.task)))
}

/// The plan of the build in which the claim's film is watched, if it is.
pub async fn plan(platform: &Platform, claim: &Claim) -> Result<Option<Plan>> {
    match db::videos::watched_build(&platform.db, video(claim)?).await? {
        Some(build) => Ok(db::builds::plan(&platform.db, &build).await?),
        None => Ok(None),
    }
}

/// Where a picture is that was sent for the claim's film.
pub fn sent(claim: &Claim, picture: String) -> Result<MediaKey> {
    Ok(MediaKey::Picture { video: video(claim)?.clone(), id: picture })
}

/// Notes that the poster that was wished for is stored: from now on the film has it. The task is done. Again is the same.
pub async fn made(platform: &Platform, claim: &Claim, poster: &Stored) -> Result<()> {
    let video = video(claim)?;
    let mut tx = platform.db.begin().await?;
    if !ended_now(&mut tx, claim).await? {
        return Ok(());
    }
    let film = db::videos::lock(&mut *tx, video).await?.ok_or(Error::Lost)?;
    db::videos::set_poster(&mut *tx, video, Some(poster)).await?;
    tell_state(&mut tx, video, film.state).await?;
    tx.commit().await?;
    Ok(())
}

/// What is stored for the posters of the claim's film and of no use to anybody: posters in place of which another was
/// chosen, and pictures that were sent.
pub async fn useless(platform: &Platform, claim: &Claim) -> Result<Vec<String>> {
    useless_after(platform, claim, LEFT_ALONE).await
}

/// Of what was stored that long ago.
pub async fn useless_after(platform: &Platform, claim: &Claim, age: Duration) -> Result<Vec<String>> {
    let video = video(claim)?;
    let chosen = db::videos::poster(&platform.db, video).await?;
    let mut useless = Vec::new();
    for key in platform.storage.keys_older_than(&MediaKey::posters_prefix(video), age).await? {
        let is_used = match MediaKey::from_key(&key) {
            Some(MediaKey::Poster { of: Of::Film(_, task), fence, width, .. }) => {
                chosen.as_ref().is_some_and(|poster| poster.task == Some(task) && poster.has(fence, width))
            }
            Some(MediaKey::Picture { id, .. }) => db::posters::is_wished(&platform.db, video, &id).await?,
            // What this version can't read is another's, and stays.
            _ => true,
        };
        if !is_used {
            useless.push(key);
        }
    }
    Ok(useless)
}
