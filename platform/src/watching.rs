//! What is known of those who watch: views, and how far somebody has come.

use crate::access::allow_own;
use crate::db::{self, positions, visits};
use crate::{Error, Platform, Result, accounts, videos};
use domain::access::{Action, Subject, can};
use domain::actor::Actor;

use domain::id::VideoId;
use domain::watching::{Counted, Visit, needed_ms, place};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// Visits that may begin a window by person.
const MAX_BY_USER: i32 = 200;
/// The same by address, behind which there may be a school.
const MAX_BY_ADDRESS: i32 = 600;

/// Takes note of a visit in which a film is played: the first time it begins, from then on it is counted once it has
/// lasted for as long as the film has to be watched. That the film was watched meanwhile is the player's word.
pub async fn view(
    platform: &Platform,
    actor: &Actor,
    ip: Option<IpAddr>,
    id: &VideoId,
    visit: &str,
) -> Result<Counted> {
    let visit = Visit::parse(visit).map_err(|why| Error::invalid("visit", "visit_invalid", why))?;
    videos::may_watch_film(platform, actor, id).await?;
    let key_hash = Sha256::digest(visit.as_str());
    if let Some(known) = visits::count(&platform.db, id, &key_hash).await? {
        return Ok(known);
    }
    let duration_ms = db::videos::watchable_length(&platform.db, id).await?.ok_or(Error::NotFound)?;
    match (actor.user(), ip) {
        (Some(user), _) => accounts::attempt(platform, &format!("view:{user}"), MAX_BY_USER).await?,
        (None, Some(ip)) => {
            accounts::attempt(platform, &format!("view:{}", accounts::network(ip)), MAX_BY_ADDRESS).await?;
        }
        (None, None) => {}
    }
    let needed_ms = needed_ms(duration_ms);
    visits::begin(&platform.db, id, &key_hash, needed_ms).await?;
    Ok(Counted { counted: false, wait_ms: needed_ms.unsigned_abs() })
}

/// Adds to the films' views what was counted since the last time: one write a film, however many watch it.
pub async fn sweep(platform: &Platform) -> Result<u64> {
    let mut tx = platform.db.begin().await?;
    let films = visits::add(&mut tx).await?;
    tx.commit().await?;
    Ok(films)
}

/// Forgets visits of long ago.
pub async fn sweep_old(platform: &Platform) -> Result<u64> {
    Ok(visits::delete_old(&platform.db).await?)
}

/// Keeps how far somebody has come, for the next time and on all devices; at a film's beginning and behind its end there
/// is nothing to keep.
pub async fn keep_position(platform: &Platform, actor: &Actor, id: &VideoId, seconds: f64) -> Result<()> {
    let user = &allow_own(actor, Action::Edit)?;
    if !seconds.is_finite() || seconds < 0.0 {
        return Err(Error::invalid("seconds", "seconds_invalid", "A position is a number of seconds from 0 on."));
    }
    videos::may_watch_film(platform, actor, id).await?;
    let duration_ms = db::videos::watchable_length(&platform.db, id).await?.ok_or(Error::NotFound)?;
    match place((seconds * 1000.0) as i64, duration_ms) {
        Some(position_ms) => positions::keep(&platform.db, user, id, position_ms).await?,
        None => positions::forget(&platform.db, user, id).await?,
    }
    Ok(())
}

pub(crate) async fn position(platform: &Platform, actor: &Actor, id: &VideoId) -> Result<Option<i64>> {
    match actor.user() {
        Some(user) if can(actor, Action::Inspect, Subject::Account { id: user }) => {
            Ok(positions::get(&platform.db, user, id).await?)
        }
        _ => Ok(None),
    }
}
