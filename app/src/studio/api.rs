use crate::error::ApiError;
use crate::page::Listing;
#[allow(unused_imports, reason = "used by the server's half")]
use crate::server;
#[allow(unused_imports, reason = "used by the server's half")]
use domain::id::{KeyId, VideoId};
#[allow(unused_imports, reason = "used by the server's half")]
use domain::poster::{Desk, Way, Wish};
#[allow(unused_imports, reason = "used by the server's half")]
use domain::sharing::{Links, NewLink};
use domain::video::Video;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

/// The viewer's own films, the newest first.
#[server(input = Json, output = Json)]
pub async fn my_films(cursor: Option<String>) -> Result<Listing, ApiError> {
    let viewer = server::require_user()?;
    let page = platform::videos::mine(&server::platform(), &viewer.actor, cursor.as_deref(), None).await?;
    Ok(Listing { page, now: server::now() })
}

/// What is None stays as it is.
#[server(input = Json, output = Json)]
pub async fn edit_film(
    id: VideoId,
    title: Option<String>,
    description: Option<String>,
    visibility: Option<String>,
    downloadable: Option<bool>,
    password: Option<String>,
) -> Result<Video, ApiError> {
    let viewer = server::require_user()?;
    let edit = platform::videos::Edit { title, description, visibility, downloadable, password, ..Default::default() };
    Ok(platform::videos::edit(&server::platform(), &viewer.actor, &id, edit).await?)
}

#[server(input = Json, output = Json)]
pub async fn delete_film(id: VideoId) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    platform::videos::delete(&server::platform(), &viewer.actor, &id).await?;
    Ok(())
}

#[server(input = Json, output = Json)]
pub async fn undo_delete(id: VideoId) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    platform::videos::undo_delete(&server::platform(), &viewer.actor, &id).await?;
    Ok(())
}

/// Makes a film anew: one that failed, or that is not whole.
#[server(input = Json, output = Json)]
pub async fn reprocess_film(id: VideoId) -> Result<Video, ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::videos::reprocess(&server::platform(), &viewer.actor, &id).await?)
}

#[server(input = Json, output = Json)]
pub async fn poster_desk(id: VideoId) -> Result<Desk, ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::posters::desk(&server::platform(), &viewer.actor, &id).await?)
}

/// Begun: the desk tells what becomes of it. None goes back to the poster that is chosen automatically.
#[server(input = Json, output = Json)]
pub async fn choose_poster(id: VideoId, wish: Option<Wish>) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    match wish {
        Some(wish) => platform::posters::choose(&server::platform(), &viewer.actor, &id, &wish).await?,
        None => platform::posters::choose_none(&server::platform(), &viewer.actor, &id).await?,
    };
    Ok(())
}

/// For a picture of `size` bytes.
#[server(input = Json, output = Json)]
pub async fn send_picture(id: VideoId, size: u64) -> Result<Way, ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::posters::send(&server::platform(), &viewer.actor, &id, size).await?)
}

#[server(input = Json, output = Json)]
pub async fn share_links(id: VideoId) -> Result<Links, ApiError> {
    let viewer = server::require_user()?;
    let links = platform::sharing::links(&server::platform(), &viewer.actor, &id).await?;
    Ok(Links { links, now: server::now() })
}

/// `lasts` is a word of `domain::sharing::Lasts`.
#[server(input = Json, output = Json)]
pub async fn create_link(id: VideoId, label: String, lasts: String) -> Result<NewLink, ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::sharing::create_link(&server::platform(), &viewer.actor, &id, &label, &lasts).await?)
}

#[server(input = Json, output = Json)]
pub async fn withdraw_link(id: VideoId, link: KeyId) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    platform::sharing::withdraw(&server::platform(), &viewer.actor, &id, &link).await?;
    Ok(())
}
