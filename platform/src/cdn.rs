//! A CDN in front of the objects. What leads there carries a token that opens everything of one build (or of one film's
//! posters) until it expires: `{cdn}/{expires}-{token}/{build}/…`. It is the same for everybody and for half of its life, so
//! playlists stay the same for all, too. The token is what nginx's `secure_link_md5` makes of `{expires}/{build} {secret}`.

use crate::config::CdnConfig;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::key::MediaKey;
use md5::{Digest, Md5};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where to send somebody for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub url: String,
    /// For how long this same URL is handed out.
    pub max_age: Duration,
}

/// The way to an object, its token valid for half of `config.seconds` at least.
pub fn way(config: &CdnConfig, key: &MediaKey) -> Option<Way> {
    let path = key.path()?;
    let now = now();
    let half = (config.seconds / 2).max(1);
    let max_age = Duration::from_secs(half - now % half);
    Some(Way { url: format!("{}{path}", base_at(config, prefix(&path)?, now)), max_age })
}

/// What leads to everything below `prefix`, a build's id or `posters/{video}`, for a playlist that is written now.
pub fn base_now(config: &CdnConfig, prefix: &str) -> String {
    base_at(config, prefix, now())
}

/// The same at another time, Unix seconds.
pub fn base_at(config: &CdnConfig, prefix: &str, now: u64) -> String {
    let half = (config.seconds / 2).max(1);
    let expires = now - now % half + 2 * half;
    let url = config.url.as_str().trim_end_matches('/');
    format!("{url}/{expires}-{}/", token(config, expires, prefix))
}

/// Reads `{expires}-{token}/{path}` back: the path, if the token is ours, for it, and hasn't expired. It is what the CDN
/// asks for when it has an object not yet.
pub fn open<'a>(config: &CdnConfig, path: &'a str) -> Option<&'a str> {
    let (ticket, path) = path.split_once('/')?;
    let (expires, given) = ticket.split_once('-')?;
    let expires: u64 = expires.parse().ok().filter(|expires| *expires > now())?;
    let right = token(config, expires, prefix(path)?);
    // Without telling by the time it takes how much of it is right.
    let same = right.len() == given.len() && right.bytes().zip(given.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0;
    same.then_some(path)
}

fn token(config: &CdnConfig, expires: u64, prefix: &str) -> String {
    URL_SAFE_NO_PAD.encode(Md5::digest(format!("{expires}/{prefix} {}", config.secret.reveal())))
}

/// What of a path below `/m/` a token is for.
fn prefix(path: &str) -> Option<&str> {
    let from = if path.starts_with("posters/") { "posters/".len() } else { 0 };
    let length = path[from..].find('/')?;
    Some(&path[..from + length])
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn config() -> CdnConfig {
        let url = "https://cdn.example/films/".parse().unwrap();
        CdnConfig { url, secret: Secret::new("hush".to_owned()), seconds: 600 }
    }

    #[test]
    fn tokens_are_those_of_nginx() {
        // echo -n '900/0123456789ab hush' | openssl md5 -binary | openssl base64 | tr +/ -_ | tr -d =
        assert_eq!(base_at(&config(), "0123456789ab", 599), "https://cdn.example/films/900-VGtqVBHsnQ3pmKG1eC-qPw/");
        assert_eq!(base_at(&config(), "0123456789ab", 300), base_at(&config(), "0123456789ab", 599));
        assert_ne!(base_at(&config(), "0123456789ab", 600), base_at(&config(), "0123456789ab", 599));
    }

    #[test]
    fn a_token_opens_what_it_is_for_until_it_expires() {
        let config = config();
        let ours = |path: &str, prefix: &str| {
            let base = base_now(&config, prefix);
            format!("{}{path}", base.strip_prefix("https://cdn.example/films/").unwrap())
        };
        let segment = "0123456789ab/0.1/1080p.m4s";
        assert_eq!(open(&config, &ours(segment, "0123456789ab")), Some(segment));
        let poster = "posters/0123456789ab/1.2.640.jpg";
        assert_eq!(open(&config, &ours(poster, "posters/0123456789ab")), Some(poster));
        for wrong in [
            ours(segment, "0123456789ac"),
            ours(poster, "0123456789ab"),
            ours(segment, "0123456789ab").replace('-', "1-"),
            format!("1-{}/{segment}", token(&config, 1, "0123456789ab")),
            format!("{}-/{segment}", u64::MAX),
            segment.to_owned(),
            String::new(),
        ] {
            assert_eq!(open(&config, &wrong), None, "{wrong}");
        }
    }
}
