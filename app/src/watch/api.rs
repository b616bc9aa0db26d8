use crate::error::ApiError;
#[allow(unused_imports, reason = "used by the server's half")]
use crate::server;
use domain::id::VideoId;
#[allow(unused_imports, reason = "used by the server's half")]
use domain::outside::head::Head;
use domain::time::UnixMillis;
use domain::video::{State, Video};
use domain::watching::Counted;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

/// A film as its page shows it at `now`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilmPage {
    pub video: Video,
    pub now: UnixMillis,
    /// The page's one address.
    pub canonical: String,
}

/// The address of what our player plays: a film that still grows has a playlist of its own for it.
pub fn playlist(video: &Video) -> Option<String> {
    let playback = video.playback.as_ref().filter(|_| video.watchable)?;
    Some(if video.state == State::Ready { playback.hls.clone() } else { format!("{}?growing=1", playback.hls) })
}

#[server(input = Json, output = Json)]
pub async fn film(id: VideoId) -> Result<FilmPage, ApiError> {
    let platform = server::platform();
    let video = platform::videos::get(&platform, &server::viewer().actor, &id).await?;
    if let Some(address) = playlist(&video) {
        server::bring_along(&address, video.position_ms.is_some()).await;
    }
    let site = platform::outside::site(&platform.config);
    let head = Head::of(&video, &site);
    server::tell(&head);
    Ok(FilmPage { video, now: server::now(), canonical: head.canonical })
}

/// Tells of a visit in which a film is played, known by `visit`: at its beginning, and again once the film was watched for
/// as long as the answer says.
#[server(input = Json, output = Json)]
pub async fn record_view(id: VideoId, visit: String) -> Result<Counted, ApiError> {
    let (platform, viewer) = (server::platform(), server::viewer());
    Ok(platform::watching::view(&platform, &viewer.actor, server::client_ip(), &id, &visit).await?)
}

/// Keeps how far somebody who is signed in has come.
#[server(input = Json, output = Json)]
pub async fn keep_position(id: VideoId, seconds: f64) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::watching::keep_position(&server::platform(), &viewer.actor, &id, seconds).await?)
}

/// By the film's password. The session may watch it from now on.
#[server(input = Json, output = Json)]
pub async fn unlock_film(id: VideoId, password: String) -> Result<(), ApiError> {
    let platform = server::platform();
    let key =
        platform::sharing::unlock(&platform, &server::viewer().actor, &id, &password, server::client_ip()).await?;
    server::hold_here(&key).await
}
