//! What search engines, feed readers and other sites are told: of films that everybody may find.

use crate::config::{Config, Embedding};
use crate::{Error, Platform, Result, db, videos};
use domain::account::Username;
use domain::actor::Actor;
use domain::outside::{Embeds, Site, feed, sitemap};
use domain::video::Card;

use crate::db::videos::Film;

/// The site as others know it.
pub fn site(config: &Config) -> Site<'_> {
    let embeds = match config.embed {
        Embedding::Everywhere => Embeds::Everywhere,
        Embedding::Origins(_) => Embeds::Somewhere,
        Embedding::Nowhere => Embeds::Nowhere,
    };
    Site { url: config.public_url.as_str().trim_end_matches('/'), embeds }
}

fn cards(films: Vec<Film>) -> Vec<Card> {
    films.into_iter().map(|film| videos::card(film, &Actor::ANONYMOUS)).collect()
}

/// The newest films, as RSS.
pub async fn feed(platform: &Platform) -> Result<String> {
    let films = cards(db::videos::newest(&platform.db, None, feed::LENGTH).await?);
    Ok(feed::rss(&site(&platform.config), feed::Of::Everybody, &films))
}

/// A person's newest films, as RSS.
pub async fn feed_of(platform: &Platform, username: &str) -> Result<String> {
    let username = Username::parse(username).map_err(|_| Error::NotFound)?;
    let user = db::users::by_name(&platform.db, &username).await?.ok_or(Error::NotFound)?;
    let films = cards(db::videos::newest_of(&platform.db, &user.id, feed::LENGTH).await?);
    Ok(feed::rss(&site(&platform.config), feed::Of::Person(&user.username), &films))
}

/// Names the pages of the sitemap.
pub async fn sitemap_index(platform: &Platform) -> Result<String> {
    let films = db::videos::count_public(&platform.db).await?;
    Ok(sitemap::index(&site(&platform.config), films))
}

/// A page of the sitemap; the first is 1.
pub async fn sitemap_page(platform: &Platform, page: u32) -> Result<String> {
    let before = page.checked_sub(1).ok_or(Error::NotFound)?;
    let films = cards(db::videos::oldest(&platform.db, i64::from(before) * sitemap::PAGE, sitemap::PAGE).await?);
    if films.is_empty() && page > 1 {
        return Err(Error::NotFound);
    }
    Ok(sitemap::page(&site(&platform.config), &films))
}
