//! Tokens of scripts. A script signs in by name and password (an access token for an hour, and a refresh token that gets it
//! the next pair), or has a personal token that a person made for it. Only hashes are kept.

use crate::access::allow_own;
use crate::audit::{self, Line};
use crate::db::tokens::{self, New};
use crate::{Error, Platform, Result, accounts, db};
use domain::access::Action;
use domain::actor::{Actor, Scopes};
use domain::audit::Event;
use domain::id::{TokenId, UserId};
use domain::token::{Name, NewToken, Token};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

/// What secrets begin with, so that scanners for leaked ones know them.
const ACCESS: &str = "kin_";
const REFRESH: &str = "kir_";
const PERSONAL: &str = "kip_";
/// How long an access token opens doors, in seconds: an hour.
const ACCESS_SECONDS: i64 = 3600;
/// How long somebody may be away until a script has to sign in again, in seconds: 30 days.
const REFRESH_SECONDS: i64 = 30 * 24 * 3600;
/// Personal tokens that one account can have.
const MAX_PERSONAL: usize = 100;
/// The longest that a personal token can be asked to last, if it ends at all: ten years.
pub const MAX_DAYS: u32 = 3650;

/// What a script gets for signing in.
#[derive(Clone)]
pub struct Issued {
    pub access_token: String,
    pub refresh_token: String,
    /// Seconds, of the access token.
    pub expires_in: i64,
    pub scopes: Scopes,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Issued(…)")
    }
}

/// Gives somebody who has just signed in a pair of tokens.
pub async fn issue(platform: &Platform, user: &UserId, scopes: Scopes) -> Result<Issued> {
    let mut tx = platform.db.begin().await?;
    let family = TokenId::from_random(rand::random());
    let issued = pair(&mut tx, user, &family, scopes).await?;
    tx.commit().await?;
    Ok(issued)
}

/// The next pair for a refresh token, which is used up by that (RFC 6749, 6). One that was used before is in the hands of
/// two: nobody gets anything for that sign-in any more (RFC 9700, 4.14.2). `scopes` may ask for fewer than there were.
pub async fn refresh(platform: &Platform, token: &str, scopes: Option<Scopes>) -> Result<Issued> {
    let hash = Sha256::digest(token);
    let mut tx = platform.db.begin().await?;
    let given = tokens::lock_refresh(&mut tx, &hash).await?.ok_or_else(not_valid)?;
    let whose = Line { account: Some(&given.user), ..Line::default() };
    if given.used {
        tokens::delete_family(&mut *tx, &given.family).await?;
        audit::write(&mut *tx, Event::TokenReused, whose).await?;
        tx.commit().await?;
        tracing::warn!(user = %given.user, "A refresh token was used twice; its sign-in is over");
        return Err(not_valid());
    }
    let scopes = scopes.unwrap_or(given.scopes);
    if !given.scopes.contains(scopes) {
        return Err(Error::invalid("scope", "invalid_scope", "This sign-in was for fewer scopes than that."));
    }
    tokens::use_up(&mut *tx, &hash).await?;
    let issued = pair(&mut tx, &given.user, &given.family, scopes).await?;
    tx.commit().await?;
    Ok(issued)
}

fn not_valid() -> Error {
    Error::Unauthenticated {
        code: "invalid_grant",
        message: "This refresh token isn't valid, or not any more. Sign in again.",
    }
}

async fn pair(db: &mut PgConnection, user: &UserId, family: &TokenId, scopes: Scopes) -> Result<Issued> {
    let (access_token, refresh_token) = (secret(ACCESS), secret(REFRESH));
    for (kind, token, seconds) in
        [("access", &access_token, ACCESS_SECONDS), ("refresh", &refresh_token, REFRESH_SECONDS)]
    {
        let new = New {
            id: &TokenId::from_random(rand::random()),
            hash: &Sha256::digest(token),
            kind,
            user,
            family: Some(family),
            name: "",
            scopes,
            seconds: Some(seconds),
        };
        tokens::insert(&mut *db, new).await?;
    }
    Ok(Issued { access_token, refresh_token, expires_in: ACCESS_SECONDS, scopes })
}

fn secret(prefix: &str) -> String {
    format!("{prefix}{}", accounts::hex(&rand::random::<[u8; 32]>()))
}

/// Ends what `token` stands for: all of its sign-in, or a personal token (RFC 7009). One that isn't known is no error.
pub async fn revoke(platform: &Platform, token: &str) -> Result<()> {
    let mut tx = platform.db.begin().await?;
    if let Some(user) = tokens::revoke(&mut *tx, &Sha256::digest(token)).await? {
        let line = Line { actor: Some(&user), account: Some(&user), ..Line::default() };
        audit::write(&mut *tx, Event::TokenRevoked, line).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Who comes with `token`, and for what it is good.
pub async fn holder(platform: &Platform, token: &str) -> Result<Option<(accounts::User, Scopes)>> {
    if ![ACCESS, PERSONAL].iter().any(|prefix| token.starts_with(prefix)) {
        return Ok(None);
    }
    Ok(tokens::holder(&platform.db, &Sha256::digest(token)).await?)
}

/// The personal tokens of whoever asks.
pub async fn personal(platform: &Platform, actor: &Actor) -> Result<Vec<Token>> {
    let user = allow_own(actor, Action::Inspect)?;
    Ok(tokens::personal(&platform.db, &user).await?)
}

/// Makes a personal token, which is told only now. It can't do more than what asks for it. `days` until it expires; never
/// without.
pub async fn create(
    platform: &Platform,
    actor: &Actor,
    name: &str,
    scopes: Scopes,
    days: Option<u32>,
) -> Result<NewToken> {
    let user = allow_own(actor, Action::Edit)?;
    let name = Name::parse(name).ok_or_else(|| {
        Error::invalid("name", "invalid_name", format!("A token's name has 1 to {} characters.", Name::MAX_CHARS))
    })?;
    if scopes.is_empty() {
        return Err(Error::invalid("scopes", "required", "Choose what the token is for."));
    }
    if !actor.scopes.contains(scopes) {
        return Err(Error::invalid(
            "scopes",
            "invalid_scope",
            "A token can't be given what the one you use hasn't got.",
        ));
    }
    if days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
        let why = format!("A token lasts 1 to {MAX_DAYS} days, or until it is withdrawn.");
        return Err(Error::invalid("expires_in_days", "out_of_range", why));
    }
    let mut tx = platform.db.begin().await?;
    // One at a time, so that the number holds.
    db::users::lock(&mut tx, &user).await?.ok_or(Error::NotFound)?;
    if tokens::personal(&mut *tx, &user).await?.len() >= MAX_PERSONAL {
        let message = format!("An account has at most {MAX_PERSONAL} tokens. Withdraw one that isn't needed any more.");
        return Err(Error::Conflict { code: "too_many_tokens", message, details: None });
    }
    let (id, secret) = (TokenId::from_random(rand::random()), secret(PERSONAL));
    let new = New {
        id: &id,
        hash: &Sha256::digest(&secret),
        kind: "personal",
        user: &user,
        family: None,
        name: name.as_str(),
        scopes,
        seconds: days.map(|days| i64::from(days) * 24 * 3600),
    };
    tokens::insert(&mut *tx, new).await?;
    let line = Line {
        actor: Some(&user),
        account: Some(&user),
        object: Some(name.as_str()),
        details: Some(serde_json::json!({ "scopes": scopes.names() })),
        ..Line::default()
    };
    audit::write(&mut *tx, Event::TokenCreated, line).await?;
    let made = tokens::personal(&mut *tx, &user).await?.into_iter().find(|token| token.id == id);
    tx.commit().await?;
    let token = made.ok_or_else(|| Error::internal("a token that was just written isn't there"))?;
    Ok(NewToken { token, secret })
}

/// Who has it is out at once.
pub async fn withdraw(platform: &Platform, actor: &Actor, id: &TokenId) -> Result<()> {
    let user = allow_own(actor, Action::Edit)?;
    let mut tx = platform.db.begin().await?;
    let name =
        tokens::personal(&mut *tx, &user).await?.into_iter().find(|token| token.id == *id).map(|token| token.name);
    if !tokens::withdraw(&mut *tx, &user, id).await? {
        return Err(Error::NotFound);
    }
    let line = Line { actor: Some(&user), account: Some(&user), object: name.as_deref(), ..Line::default() };
    audit::write(&mut *tx, Event::TokenWithdrawn, line).await?;
    tx.commit().await?;
    Ok(())
}
