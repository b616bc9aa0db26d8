//! Passkeys (WebAuthn): added, signed in with, taken away. A passkey asks its owner for a PIN, a finger or a face, so that it is
//! two factors in one, and enough alone.

use crate::access::allow_own;
use crate::accounts::{self, User};
use crate::audit::{self, Line};
use crate::db::passkeys::{self, New};
use crate::proof::Proven;
use crate::{Error, Platform, Result, db, factors};
use domain::access::Action;
use domain::actor::Actor;
use domain::audit::Event;
use domain::factors::{Factor, Passkey};
use domain::id::{PasskeyId, UserId};
use domain::token::Name;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use webauthn_rs::prelude::{
    CredentialID, DiscoverableAuthentication, DiscoverableKey, Passkey as Credential, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Uuid, Webauthn, WebauthnBuilder,
};

/// How long somebody may take to answer the browser, seconds.
const SECONDS: f64 = 300.0;
/// Passkeys that one account can have.
const MAX: usize = 20;
/// What one address may begin in a window.
const MAX_BEGUN: i32 = 300;

/// What a browser is asked to sign.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ceremony {
    Adding(PasskeyRegistration),
    Signing(DiscoverableAuthentication),
}

/// What was begun: the mark is kept in the browser's session, and the options are for the browser, as JSON.
pub struct Begun {
    pub mark: String,
    pub options: String,
}

/// What the browser made of what it was asked under `mark`, and what its owner calls it.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    pub mark: &'a str,
    pub name: &'a str,
    pub credential: &'a str,
}

/// A passkey that was added.
pub struct Added {
    pub passkey: Passkey,
    /// The only time that they are told.
    pub recovery_codes: Option<Vec<String>>,
}

/// Browsers know passkeys by the site's name: there are none for a number.
pub fn are_available(platform: &Platform) -> bool {
    platform.config.public_url.domain().is_some()
}

/// What a browser is to make a passkey from.
pub async fn begin_adding(platform: &Platform, actor: &Actor, proven: &Proven) -> Result<Begun> {
    let user = proven.own(actor)?;
    let person = db::users::get(&platform.db, &user).await?.ok_or(Error::NotFound)?;
    let known: Vec<CredentialID> =
        credentials(platform, &user).await?.iter().map(|credential| credential.cred_id().clone()).collect();
    if known.len() >= MAX {
        let message = format!("An account has at most {MAX} passkeys. Remove one that isn't used any more.");
        return Err(Error::Conflict { code: "too_many_passkeys", message, details: None });
    }
    let name = &person.username;
    let (options, state) = webauthn(platform)?
        .start_passkey_registration(handle(&user), name, name, Some(known))
        .map_err(Error::internal)?;
    let mut options = serde_json::to_value(options.public_key).map_err(Error::internal)?;
    // So that it can be chosen without a name being typed.
    options["authenticatorSelection"]["residentKey"] = "required".into();
    options["authenticatorSelection"]["requireResidentKey"] = true.into();
    begin(platform, Some(&user), &Ceremony::Adding(state), &options).await
}

/// What the browser made becomes a way in. Every other session ends, and scripts that signed in have to do so again.
pub async fn finish_adding(
    platform: &Platform,
    actor: &Actor,
    made: Made<'_>,
    keep: Option<&str>,
    ip: Option<IpAddr>,
) -> Result<Added> {
    let user = allow_own(actor, Action::Edit)?;
    let Made { mark, name, credential } = made;
    let name = Name::parse(name).ok_or_else(|| {
        Error::invalid("name", "invalid_name", format!("A passkey's name has 1 to {} characters.", Name::MAX_CHARS))
    })?;
    let answer: RegisterPublicKeyCredential = serde_json::from_str(credential).map_err(|_| unreadable())?;
    let (Some(asked), Ceremony::Adding(state)) = answered(platform, mark).await? else { return Err(stale()) };
    if asked != user {
        return Err(stale());
    }
    let made = webauthn(platform)?.finish_passkey_registration(&answer, &state).map_err(refused)?;
    let id = PasskeyId::from_random(rand::random());
    let mut tx = platform.db.begin().await?;
    db::users::lock(&mut tx, &user).await?.ok_or(Error::NotFound)?;
    let new = New {
        id: &id,
        user: &user,
        credential_id: made.cred_id().as_ref(),
        credential: &serde_json::to_value(&made).map_err(Error::internal)?,
        name: name.as_str(),
    };
    passkeys::insert(&mut *tx, new).await.map_err(known)?;
    let recovery_codes = factors::added(platform, &mut tx, &user, keep).await?;
    let line = Line { object: Some(name.as_str()), ..accounts::from(&user, ip) };
    audit::write(&mut *tx, Event::PasskeyAdded, line).await?;
    let added = passkeys::of(&mut *tx, &user).await?.into_iter().find(|passkey| passkey.id == id);
    tx.commit().await?;
    tracing::info!(%user, "added a passkey");
    let passkey = added.ok_or_else(|| Error::internal("a passkey that was just written isn't there"))?;
    Ok(Added { passkey, recovery_codes })
}

/// Takes a passkey away, unless nothing else would let its owner in.
pub async fn remove(
    platform: &Platform,
    actor: &Actor,
    proven: &Proven,
    id: &PasskeyId,
    keep: Option<&str>,
    ip: Option<IpAddr>,
) -> Result<()> {
    let user = proven.own(actor)?;
    let mut tx = platform.db.begin().await?;
    db::users::lock(&mut tx, &user).await?.ok_or(Error::NotFound)?;
    let name = passkeys::delete(&mut *tx, &user, id).await?.ok_or(Error::NotFound)?;
    let is_last = passkeys::of(&mut *tx, &user).await?.is_empty();
    if is_last && passkeys::other_ways(&mut *tx, &user).await? == 0 {
        let message = "This is your only way to sign in. Add another one first.".to_owned();
        return Err(Error::Conflict { code: "last_way_in", message, details: None });
    }
    factors::removed(platform, &mut tx, &user, keep).await?;
    let line = Line { object: Some(&name), ..accounts::from(&user, ip) };
    audit::write(&mut *tx, Event::PasskeyRemoved, line).await?;
    tx.commit().await?;
    tracing::info!(%user, "removed a passkey");
    Ok(())
}

/// What a browser is to sign, with whatever passkey of this site its owner chooses.
pub async fn begin_signing(platform: &Platform, ip: Option<IpAddr>) -> Result<Begun> {
    if let Some(ip) = ip {
        accounts::attempt(platform, &format!("ceremony:{}", accounts::network(ip)), MAX_BEGUN).await?;
    }
    let (options, state) = webauthn(platform)?.start_discoverable_authentication().map_err(Error::internal)?;
    begin(platform, None, &Ceremony::Signing(state), &options.public_key).await
}

/// Who signs in by what the browser signed.
pub async fn sign_in(platform: &Platform, mark: &str, credential: &str, ip: Option<IpAddr>) -> Result<User> {
    accounts::attempt_from(platform, ip).await?;
    let user = signed_by(platform, mark, credential).await?;
    let person = db::users::get(&platform.db, &user).await?.ok_or_else(unknown)?;
    accounts::take_back_from(platform, ip).await?;
    audit::write(&platform.db, Event::SignedIn, factors::line(&user, ip, Some(Factor::Passkey))).await?;
    Ok(person)
}

/// Whose passkey it was signed with. One that counts its uses and has counted backwards may have been copied: it is refused.
pub(crate) async fn signed_by(platform: &Platform, mark: &str, credential: &str) -> Result<UserId> {
    let answer: PublicKeyCredential = serde_json::from_str(credential).map_err(|_| unreadable())?;
    let (None, Ceremony::Signing(state)) = answered(platform, mark).await? else { return Err(stale()) };
    let webauthn = webauthn(platform)?;
    let (owner, id) = webauthn.identify_discoverable_authentication(&answer).map_err(refused)?;
    let mut tx = platform.db.begin().await?;
    let (user, stored) = passkeys::lock(&mut tx, id).await?.ok_or_else(unknown)?;
    if handle(&user) != owner {
        return Err(unknown());
    }
    let mut stored: Credential = serde_json::from_value(stored).map_err(Error::internal)?;
    let key = DiscoverableKey::from(&stored);
    let told = webauthn.finish_discoverable_authentication_v2(&answer, state, key).map_err(refused)?;
    stored.update_credential(&told);
    let credential = serde_json::to_value(&stored).map_err(Error::internal)?;
    passkeys::used(&mut *tx, id, &credential).await?;
    tx.commit().await?;
    Ok(user)
}

async fn credentials(platform: &Platform, user: &UserId) -> Result<Vec<Credential>> {
    let stored = passkeys::credentials(&platform.db, user).await?;
    stored.into_iter().map(|one| serde_json::from_value(one).map_err(Error::internal)).collect()
}

async fn begin(
    platform: &Platform,
    user: Option<&UserId>,
    ceremony: &Ceremony,
    options: &impl Serialize,
) -> Result<Begun> {
    let mark = accounts::hex(&rand::random::<[u8; 32]>());
    let state: Value = serde_json::to_value(ceremony).map_err(Error::internal)?;
    passkeys::ask(&platform.db, &Sha256::digest(&mark), user, &state, SECONDS).await?;
    Ok(Begun { mark, options: serde_json::to_string(options).map_err(Error::internal)? })
}

/// What was asked under this mark: it can be answered once, right or wrong.
async fn answered(platform: &Platform, mark: &str) -> Result<(Option<UserId>, Ceremony)> {
    let (user, state) = passkeys::answer(&platform.db, &Sha256::digest(mark)).await?.ok_or_else(stale)?;
    Ok((user, serde_json::from_value(state).map_err(|_| stale())?))
}

fn webauthn(platform: &Platform) -> Result<Webauthn> {
    let site = &platform.config.public_url;
    let Some(name) = site.domain() else {
        let message = "Passkeys need a site with a name; this one is reached by a number.".to_owned();
        return Err(Error::Conflict { code: "no_passkeys_here", message, details: None });
    };
    WebauthnBuilder::new(name, site).and_then(|builder| builder.rp_name("Kinora").build()).map_err(Error::internal)
}

/// What passkeys know an account by. It tells nothing about it.
fn handle(user: &UserId) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(format!("passkeys of {user}"))[..16]);
    Uuid::from_bytes(bytes)
}

fn refused(why: webauthn_rs::prelude::WebauthnError) -> Error {
    tracing::warn!(%why, "A passkey was refused");
    Error::invalid("credential", "passkey_refused", "This passkey can't be accepted. Try again, or use another one.")
}

fn unknown() -> Error {
    Error::invalid("credential", "passkey_unknown", "This passkey isn't known here, or not any more.")
}

fn unreadable() -> Error {
    Error::invalid("credential", "invalid_credential", "This isn't what a browser says of a passkey.")
}

fn stale() -> Error {
    Error::invalid("credential", "ceremony_over", "That took too long, or was answered already. Try again.")
}

fn known(error: sqlx::Error) -> Error {
    if db::violates(&error, "passkeys_credential_id_key") {
        Error::invalid("credential", "passkey_known", "This passkey was added already.")
    } else {
        error.into()
    }
}
