//! Letting others see a film that isn't for everybody: by a password, or by a share link. Both are keys; whoever has shown
//! one holds it in his session, and [`domain::access::can`] asks whether it opens the film now.

use crate::db::{self, rate_limits};
use crate::{Error, Platform, Result, accounts, passwords, videos};
use domain::access::Action;
use domain::account::Password;
use domain::actor::Actor;
use domain::id::{KeyId, VideoId};
use domain::sharing::{Label, Lasts, Link, NewLink};
use domain::video::Visibility;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use std::net::IpAddr;

/// What a share link's secret begins with, so that scanners for leaked secrets know it.
const TOKEN_PREFIX: &str = "kis_";
/// Wrong passwords a window for one film from one address.
const MAX_BY_FILM_AND_ADDRESS: i32 = 10;
/// Wrong passwords a window for one film from everywhere. Who is in already stays in.
const MAX_BY_FILM: i32 = 300;
/// Share links that one film can have.
const MAX_LINKS: usize = 100;

/// The key that a film's password is. To be held in the session.
pub async fn unlock(
    platform: &Platform,
    actor: &Actor,
    video: &VideoId,
    password: &str,
    ip: Option<IpAddr>,
) -> Result<KeyId> {
    videos::load(platform, actor, Action::Knock, video).await?;
    let by_film = format!("film:{video}");
    let by_both = format!("film:{video}:{}", ip.map(accounts::network).unwrap_or_default());
    // Counted before the password is looked at, so that guesses sent at once count, too.
    accounts::attempt(platform, &by_both, MAX_BY_FILM_AND_ADDRESS).await?;
    accounts::attempt_from(platform, ip).await?;
    accounts::attempt(platform, &by_film, MAX_BY_FILM).await?;
    let (key, secret) = db::keys::password(&platform.db, video).await?.unzip();
    let right = passwords::matches(password, secret).await?;
    match key {
        Some(key) if right => {
            rate_limits::clear(&platform.db, &by_both).await?;
            rate_limits::take_back(&platform.db, &by_film).await?;
            accounts::take_back_from(platform, ip).await?;
            db::keys::note_use(&platform.db, &key).await?;
            Ok(key)
        }
        _ => Err(Error::invalid("password", "wrong_password", "That isn't this film's password.")),
    }
}

/// The key that is behind a share link of the film. To be held in the session.
pub async fn open(platform: &Platform, video: &VideoId, token: &str) -> Result<KeyId> {
    if !token.starts_with(TOKEN_PREFIX) {
        return Err(Error::NotFound);
    }
    db::keys::use_link(&platform.db, video, &Sha256::digest(token)).await?.ok_or(Error::NotFound)
}

/// The film's share links, the newest first; for its owner.
pub async fn links(platform: &Platform, actor: &Actor, video: &VideoId) -> Result<Vec<Link>> {
    videos::load(platform, actor, Action::Share, video).await?;
    Ok(db::keys::links(&platform.db, video).await?)
}

/// Makes a share link of a film that not everybody with its address can see. Its secret is told only now.
pub async fn create_link(
    platform: &Platform,
    actor: &Actor,
    video: &VideoId,
    label: &str,
    lasts: &str,
) -> Result<NewLink> {
    let film = videos::load(platform, actor, Action::Share, video).await?;
    let lasts: Lasts = lasts.parse().map_err(|why| Error::invalid("expires", "expires_unknown", why))?;
    let label = Label::parse(label).ok_or_else(|| {
        Error::invalid("label", "too_long", format!("A link's name has at most {} characters.", Label::MAX_CHARS))
    })?;
    if matches!(film.visibility, Visibility::Public | Visibility::Unlisted) {
        let message = "Everybody who has this film's address can watch it: pass that on.".to_owned();
        return Err(Error::Conflict { code: "film_is_open", message, details: None });
    }
    let mut tx = platform.db.begin().await?;
    // One at a time, so that the number holds.
    db::videos::lock(&mut *tx, video).await?.ok_or(Error::NotFound)?;
    if db::keys::links(&mut *tx, video).await?.len() >= MAX_LINKS {
        let message = format!("A film has at most {MAX_LINKS} share links. Withdraw one that isn't needed any more.");
        return Err(Error::Conflict { code: "too_many_links", message, details: None });
    }
    let token = format!("{TOKEN_PREFIX}{}", accounts::hex(&rand::random::<[u8; 20]>()));
    let key = KeyId::from_random(rand::random());
    let link = db::keys::insert_link(&mut *tx, video, &key, &Sha256::digest(&token), &label, lasts).await?;
    tx.commit().await?;
    platform.watchers.forget(video);
    tracing::info!(%video, key = %link.id, "a share link was made");
    let site = platform.config.public_url.as_str().trim_end_matches('/');
    Ok(NewLink { link, url: format!("{site}/watch/{video}?share={token}") })
}

/// Whoever came by this link is out at once.
pub async fn withdraw(platform: &Platform, actor: &Actor, video: &VideoId, key: &KeyId) -> Result<()> {
    videos::load(platform, actor, Action::Share, video).await?;
    let was_there = db::keys::remove_link(&platform.db, video, key).await?;
    platform.watchers.forget(video);
    if was_there { Ok(()) } else { Err(Error::NotFound) }
}

pub async fn sweep(platform: &Platform) -> Result<u64> {
    Ok(db::keys::delete_expired(&platform.db).await?)
}

/// What is to become of a film's password.
pub(crate) enum Change {
    /// A new one, or the same again: whoever held the old one's key is locked out. Its hash.
    Set(String),
    Remove,
    Keep,
}

/// What a wish for `visibility` and `password` means for a film that is `now` of this visibility.
pub(crate) async fn change(now: Visibility, visibility: Option<Visibility>, password: Option<&str>) -> Result<Change> {
    match (visibility.unwrap_or(now), password) {
        (Visibility::Password, Some(password)) => {
            let password = Password::parse(password).map_err(accounts::refused)?;
            Ok(Change::Set(passwords::hash(password).await?))
        }
        (Visibility::Password, None) if now == Visibility::Password => Ok(Change::Keep),
        (Visibility::Password, None) => Err(Error::invalid("password", "password_required", "Choose a password.")),
        (_, Some(_)) => {
            let message = "Only a film that is seen by password has one.";
            Err(Error::invalid("password", "no_password_film", message))
        }
        (_, None) => Ok(if now == Visibility::Password { Change::Remove } else { Change::Keep }),
    }
}

pub(crate) async fn apply(db: &mut PgConnection, video: &VideoId, change: Change) -> sqlx::Result<()> {
    match change {
        Change::Keep => {}
        Change::Remove => db::keys::remove_password(&mut *db, video).await?,
        Change::Set(hash) => {
            db::keys::remove_password(&mut *db, video).await?;
            db::keys::insert_password(&mut *db, video, &KeyId::from_random(rand::random()), &hash).await?;
        }
    }
    Ok(())
}
