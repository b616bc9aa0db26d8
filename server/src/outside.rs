//! What other programs read: feeds, sitemaps, oEmbed.

use crate::headers::FOR_OTHER_SITES;
use crate::problem::{Problem, Result};
use crate::router::AppState;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::actor::Actor;
use domain::outside::Embeds;
use domain::outside::oembed::{self, Format};
use platform::{Error, Platform, outside, videos};
use std::collections::HashMap;

/// What everybody may find is the same for all. Caches ask each time: a film that was hidden is nowhere from then on.
const CACHE: &str = "no-cache";
const RSS: &str = "application/rss+xml; charset=utf-8";
const XML: &str = "application/xml; charset=utf-8";

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/feed.xml", get(feed))
        .route("/@{username}/feed.xml", get(feed_of))
        .route("/sitemap.xml", get(sitemap_index))
        .route("/sitemap/{page}", get(sitemap_page))
        .route("/robots.txt", get(robots))
        .route("/oembed", get(oembed))
}

fn written(kind: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, CACHE)], [FOR_OTHER_SITES], text).into_response()
}

async fn feed(State(platform): State<Platform>) -> Result<Response> {
    Ok(written(RSS, outside::feed(&platform).await?))
}

async fn feed_of(State(platform): State<Platform>, Path(username): Path<String>) -> Result<Response> {
    Ok(written(RSS, outside::feed_of(&platform, &username).await?))
}

async fn sitemap_index(State(platform): State<Platform>) -> Result<Response> {
    Ok(written(XML, outside::sitemap_index(&platform).await?))
}

async fn sitemap_page(State(platform): State<Platform>, Path(page): Path<String>) -> Result<Response> {
    let page = page.strip_suffix(".xml").and_then(|page| page.parse().ok()).ok_or_else(Problem::not_found)?;
    Ok(written(XML, outside::sitemap_page(&platform, page).await?))
}

/// Search engines may have the posters and the originals that are there to be had, but no segments.
async fn robots(State(platform): State<Platform>) -> Response {
    let site = outside::site(&platform.config);
    let text = format!(
        "User-agent: *\nAllow: /api/v1/videos/*/original\nAllow: /m/*/poster.\nAllow: /m/posters/\nDisallow: /api/\n\
         Disallow: /m/\nDisallow: /studio\nDisallow: /upload\nDisallow: /search\n\nSitemap: {}/sitemap.xml\n",
        site.url
    );
    written("text/plain; charset=utf-8", text)
}

/// Where films aren't to be shown, and for what is no film's address, there is nothing. A film that isn't for everybody is
/// refused in the same words as one that doesn't exist: nobody learns which it is.
async fn oembed(
    State(platform): State<Platform>,
    query: std::result::Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Response {
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let text = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let Some(format) = Format::read(text("format")) else {
        return refusal(StatusCode::NOT_IMPLEMENTED, "The format is json or xml.", Format::Json);
    };
    let site = outside::site(&platform.config);
    let film = text("url").filter(|_| site.embeds != Embeds::Nowhere).and_then(|url| oembed::film(&site, url));
    let Some(film) = film else {
        return refusal(StatusCode::NOT_FOUND, "There is no film at this address.", format);
    };
    let room = |name: &str| text(name).and_then(|pixels| pixels.parse().ok());
    match videos::get(&platform, &Actor::ANONYMOUS, &film).await {
        Ok(video) if video.watchable => {
            let answer = oembed::answer(&site, &video, (room("maxwidth"), room("maxheight")), format);
            written(format.content_type(), answer)
        }
        Ok(_) | Err(Error::NotFound | Error::Unauthenticated { .. }) => {
            refusal(StatusCode::UNAUTHORIZED, "This film can't be shown here.", format)
        }
        Err(error) => Problem::from(error).into_response(),
    }
}

fn refusal(status: StatusCode, words: &str, format: Format) -> Response {
    let headers = [(header::CONTENT_TYPE, format.content_type()), (header::CACHE_CONTROL, "private, no-store")];
    (status, headers, [FOR_OTHER_SITES], oembed::refusal(words, format)).into_response()
}
