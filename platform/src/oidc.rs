//! Signing in by accounts of other sites: OpenID Connect, by the code flow with PKCE. Who comes back has to be who was sent:
//! the same browser, to the same provider, once, within minutes.

mod answers;
mod arrival;
mod claims;
mod provider;

pub use arrival::Arrived;
pub use provider::Providers;

use crate::access::allow_own;
use crate::audit::{self, Line};
use crate::config::oidc::ProviderConfig;
use crate::db::identities::{self, Attempt};
use crate::proof::Proven;
use crate::{Error, Platform, Result, accounts, db};
use domain::access::Action;
use domain::actor::Actor;
use domain::audit::Event;
use domain::id::UserId;
use domain::identity::{Identity, Problem, Provider, Ways};
use domain::next;
use provider::Sent;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use url::Url;

/// How long somebody may be away.
const ATTEMPT_SECONDS: u32 = 600;
/// How often somebody may be sent away a window, by address: a whole school may have one.
const MAX_BY_ADDRESS: i32 = 2_000;

/// Why it came to nothing.
#[derive(Debug)]
pub enum Refusal {
    /// What people are told on the page where they began.
    Told(Problem),
    Failed(Error),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Told(problem)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// What somebody wants at a provider.
#[derive(Debug)]
pub enum Purpose {
    SignIn,
    /// Whoever is signed in, and is there, adds an account there to theirs.
    Link(Proven),
}

/// Somebody who wants to be sent to a provider.
#[derive(Debug)]
pub struct Wish<'a> {
    /// What the provider is called here.
    pub provider: &'a str,
    pub purpose: Purpose,
    /// Where to go on afterwards.
    pub next: &'a str,
    /// What an earlier attempt gave the same browser.
    pub browser: Option<&'a str>,
}

/// Somebody who is to be sent to a provider.
pub struct Begun {
    pub url: Url,
    /// For the browser to keep, in a cookie that is sent back for [`Begun::SECONDS`].
    pub browser: String,
}

impl Begun {
    pub const SECONDS: u32 = ATTEMPT_SECONDS;
}

/// What somebody brings back from a provider.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answer<'a> {
    pub state: Option<&'a str>,
    pub code: Option<&'a str>,
    /// Who says so (RFC 9207).
    pub iss: Option<&'a str>,
    pub error: Option<&'a str>,
}

/// How it ended, and where the person goes on.
pub struct Finished {
    /// It was begun to add an account, not to sign in.
    pub is_link: bool,
    pub next: String,
    pub outcome: std::result::Result<Arrived, Refusal>,
}

/// The sites whose accounts open ours, as people choose them.
pub fn providers(platform: &Platform) -> Vec<Provider> {
    platform.config.oidc.iter().map(shown).collect()
}

fn shown(config: &ProviderConfig) -> Provider {
    Provider { key: config.key.clone(), label: config.label.clone(), icon: config.icon.clone() }
}

/// What an address says of an attempt that failed, in words: a problem's code and a provider's key. Whatever else it says is
/// passed over.
pub fn words(platform: &Platform, asked: &str) -> Option<String> {
    let (code, key) = asked.split_once(' ').unwrap_or((asked, ""));
    let provider = platform.config.oidc.iter().find(|config| config.key == key);
    Some(Problem::from_code(code)?.words(provider.map(|config| &*config.label)))
}

/// Makes ready to send somebody to a provider.
pub async fn begin(
    platform: &Platform,
    actor: &Actor,
    wish: Wish<'_>,
    ip: Option<IpAddr>,
) -> std::result::Result<Begun, Refusal> {
    let Wish { provider: key, purpose, next, browser } = wish;
    let provider = platform.oidc.get(key).ok_or(Error::NotFound)?;
    let user = match purpose {
        Purpose::SignIn => None,
        Purpose::Link(proven) => Some(proven.own(actor).map_err(|_| Problem::SignInFirst)?),
    };
    if let Some(ip) = ip {
        accounts::attempt(platform, &format!("oidc:{}", accounts::network(ip)), MAX_BY_ADDRESS).await?;
    }
    let Sent { url, state, nonce, verifier } = provider.send(&platform.config.public_url).await?;
    // Several tabs of a browser may be on their way at once.
    let browser = browser.filter(|browser| is_secret(browser)).map_or_else(secret, str::to_owned);
    let next = next::within(next).unwrap_or("/").to_owned();
    let attempt = Attempt { provider: key.to_owned(), nonce, verifier, next, user };
    let seconds = f64::from(ATTEMPT_SECONDS);
    identities::insert_attempt(&platform.db, &hash(&state), &hash(&browser), &attempt, seconds).await?;
    Ok(Begun { url, browser })
}

/// Takes what somebody brings back to the address of the provider `key`.
pub async fn finish(
    platform: &Platform,
    actor: &Actor,
    key: &str,
    answer: Answer<'_>,
    browser: Option<&str>,
    ip: Option<IpAddr>,
) -> Finished {
    let attempt = match (answer.state, browser) {
        (Some(state), Some(browser)) => {
            identities::take_attempt(&platform.db, &hash(state), &hash(browser)).await.map_err(Refusal::from)
        }
        _ => Ok(None),
    };
    let attempt = match attempt {
        Ok(Some(attempt)) => attempt,
        Ok(None) => {
            let outcome = Err(Problem::Expired.into());
            return Finished { is_link: false, next: "/".to_owned(), outcome };
        }
        Err(refusal) => return Finished { is_link: false, next: "/".to_owned(), outcome: Err(refusal) },
    };
    let outcome = arrive(platform, actor, key, answer, &attempt, ip).await;
    if let Err(Refusal::Told(problem)) = &outcome {
        tracing::info!(provider = key, problem = problem.code(), "somebody came back from a provider in vain");
    }
    Finished { is_link: attempt.user.is_some(), next: attempt.next, outcome }
}

async fn arrive(
    platform: &Platform,
    actor: &Actor,
    key: &str,
    answer: Answer<'_>,
    attempt: &Attempt,
    ip: Option<IpAddr>,
) -> std::result::Result<Arrived, Refusal> {
    // One provider's answer, brought to another's address.
    if attempt.provider != key {
        return Err(Problem::Refused.into());
    }
    let provider = platform.oidc.get(key).ok_or(Problem::Refused)?;
    // Whoever adds an account is still signed in, and nobody else is.
    if let Some(user) = &attempt.user {
        let here = allow_own(actor, Action::Edit).map_err(|_| Problem::SignInFirst)?;
        if here != *user {
            return Err(Problem::SignInFirst.into());
        }
    }
    let claims = provider.receive(&platform.config.public_url, answer, attempt).await?;
    if !claims.is_from(&provider.config.issuer, &provider.config.allowed_domains) {
        return Err(Problem::WrongDomain.into());
    }
    match &attempt.user {
        Some(user) => arrival::link(platform, &provider.config, &claims, user, ip).await,
        None => arrival::sign_in(platform, &provider.config, &claims, ip).await,
    }
}

/// By what the account of whoever asks can be opened, and what could be added.
pub async fn ways(platform: &Platform, actor: &Actor) -> Result<Ways> {
    let user = allow_own(actor, Action::Inspect)?;
    let password = identities::has_password(&platform.db, &user).await?;
    let rows = identities::of(&platform.db, &user).await?;
    let identities = rows.into_iter().map(|row| Identity {
        provider: platform.config.oidc.iter().find(|config| config.issuer == row.issuer).map(shown),
        id: row.id,
        name: row.name,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    });
    let passkeys = !db::passkeys::of(&platform.db, &user).await?.is_empty();
    Ok(Ways { password, passkeys, identities: identities.collect(), providers: providers(platform) })
}

/// Takes an account of another site from the account of whoever asks; never the last way to open it.
pub async fn unlink(platform: &Platform, actor: &Actor, proven: &Proven, id: &str, ip: Option<IpAddr>) -> Result<()> {
    let user = proven.own(actor)?;
    let mut tx = platform.db.begin().await?;
    // Two that are taken away at once are taken away one after the other.
    db::users::lock(&mut tx, &user).await?.ok_or(Error::NotFound)?;
    let rows = identities::of(&mut *tx, &user).await?;
    let taken = rows.iter().find(|row| row.id == id).ok_or(Error::NotFound)?;
    let is_used = |issuer: &str| platform.config.oidc.iter().any(|config| config.issuer == issuer);
    let others = rows.iter().any(|row| row.id != id && is_used(&row.issuer))
        || identities::has_password(&mut *tx, &user).await?
        || !db::passkeys::of(&mut *tx, &user).await?.is_empty();
    if !others {
        let message = "This is the last way to sign in. Add another one first.".to_owned();
        return Err(Error::Conflict { code: "last_way_in", message, details: None });
    }
    identities::delete(&mut *tx, &user, id).await?;
    let details = serde_json::json!({ "provider": taken.issuer, "name": taken.name });
    audit::write(&mut *tx, Event::IdentityUnlinked, line(&user, details, ip)).await?;
    tx.commit().await?;
    Ok(())
}

/// Forgets who didn't come back.
pub async fn sweep(platform: &Platform) -> Result<u64> {
    Ok(identities::delete_expired_attempts(&platform.db).await?)
}

fn line(user: &UserId, details: serde_json::Value, ip: Option<IpAddr>) -> Line<'_> {
    Line {
        actor: Some(user),
        account: Some(user),
        details: Some(details),
        address: ip.map(|ip| ip.to_string()),
        ..Line::default()
    }
}

fn secret() -> String {
    accounts::hex(&rand::random::<[u8; 32]>())
}

fn is_secret(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}
