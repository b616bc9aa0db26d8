//! What was uploaded, for whoever may have it.

use crate::{Error, Platform, Result, db, videos};
use domain::access::Action;
use domain::actor::Actor;
use domain::download;
use domain::id::VideoId;
use domain::key::MediaKey;
use domain::sniff::{SNIFF_LEN, container};
use domain::video::State;

/// A URL of S3 by which `actor` saves the original of a film under the film's title.
pub async fn address(platform: &Platform, actor: &Actor, id: &VideoId) -> Result<String> {
    let film = videos::load(platform, actor, Action::Watch, id).await?;
    if !film.downloadable {
        // Then it is its owner's alone.
        videos::load(platform, actor, Action::Inspect, id).await.map_err(|error| match error {
            Error::Forbidden { .. } => Error::NotFound,
            other => other,
        })?;
    }
    if film.state == State::Uploading {
        return Err(Error::NotFound);
    }
    let key = MediaKey::Original { video: film.id };
    // Its first bytes tell what it is, and that it is there.
    let head = match platform.storage.get_range(&key, 0, SNIFF_LEN as u64).await {
        Ok(head) if !head.is_empty() => head,
        Ok(_) | Err(crate::storage::Error::NotFound) => return Err(Error::NotFound),
        Err(error) => return Err(error.into()),
    };
    let upload = db::uploads::of_video(&platform.db, id).await?;
    let uploaded_as = upload.map(|upload| upload.file_name).unwrap_or_default();
    let name = download::file_name(&film.title, container(&head), &uploaded_as);
    Ok(platform.storage.presign_download(&key, &name).await?)
}
