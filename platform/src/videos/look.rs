//! What is told of films while somebody follows them: many at once, and often.

use super::{is_open, page, subject};
use crate::db::{self, videos::Film};
use crate::{Platform, Result};
use domain::access::{Action, Subject, can};
use domain::actor::Actor;
use domain::id::{KeyId, VideoId};
use domain::video::{State, Video};

/// Those of `ids` that `actor` may see, in no order, without what only their pages tell: renditions, chapters, details.
pub async fn look(platform: &Platform, actor: &Actor, ids: &[VideoId]) -> Result<Vec<Video>> {
    let mut seen = Vec::new();
    for film in db::videos::all_of(&platform.db, ids).await? {
        if may_see(platform, actor, &film).await? {
            seen.push(page(film, actor));
        }
    }
    Ok(seen)
}

async fn may_see(platform: &Platform, actor: &Actor, film: &Film) -> Result<bool> {
    let is_its_owner = can(actor, Action::Inspect, subject(film));
    if film.state == State::Uploading && !film.deleted && !is_its_owner {
        return Ok(false);
    }
    // Its owner needs no key.
    let needs_key = !is_its_owner && !is_open(film.visibility);
    let keys = if needs_key { db::keys::valid(&platform.db, &film.id).await? } else { Vec::new() };
    let keys: Vec<KeyId> = keys.into_iter().map(|valid| valid.key).collect();
    let subject =
        Subject::Video { owner: &film.owner, visibility: film.visibility, deleted: film.deleted, keys: &keys };
    Ok(can(actor, Action::Watch, subject))
}
