//! Whose account somebody has come to, who was let in elsewhere. It is found by issuer and subject alone: an e-mail address
//! is what a provider says, and may be anybody's.

use super::claims::{Claims, username};
use super::{Refusal, line};
use crate::accounts::User;
use crate::audit;
use crate::config::oidc::ProviderConfig;
use crate::db::{self, identities};
use crate::mail::{self, Kind as Mail};
use crate::{Error, Platform, factors};
use domain::account::Username;
use domain::actor::Role;
use domain::audit::Event;
use domain::id::UserId;
use domain::identity::{Problem, numbered};
use serde_json::json;
use sqlx::PgConnection;
use std::net::IpAddr;

/// Names that are tried for somebody new before one is taken by chance.
const NUMBERED: u32 = 20;

/// Somebody who is let in.
#[derive(Debug)]
pub struct Arrived {
    pub user: User,
    /// A second factor is asked for before it is opened.
    pub is_asked: bool,
}

/// Opens the account of whoever this is, and makes one for somebody who hasn't been here.
pub(super) async fn sign_in(
    platform: &Platform,
    config: &ProviderConfig,
    claims: &Claims,
    ip: Option<IpAddr>,
) -> Result<Arrived, Refusal> {
    let known = identities::owner(&platform.db, &config.issuer, claims.subject()).await?;
    let is_asked = match &known {
        Some(user) => factors::any(platform, user).await?,
        None => false,
    };
    // Somebody new may come by two tabs at once: the second finds what the first made.
    for _ in 0..2 {
        let mut tx = platform.db.begin().await?;
        let user = match identities::owner(&mut *tx, &config.issuer, claims.subject()).await? {
            Some(user) => user,
            None if !config.sign_up => return Err(Problem::NoSignUp.into()),
            None => {
                let user = make(platform, &mut tx, config, claims, ip).await?;
                match insert(&mut tx, config, claims, &user).await? {
                    true => user,
                    false => continue,
                }
            }
        };
        let role = claims.role(config, platform.config.role);
        // Before the person, as everywhere.
        let admins = if role.is_some() { db::users::admins(&mut tx).await? } else { 0 };
        let (present, disabled) = db::users::lock(&mut tx, &user).await?.ok_or(Problem::Refused)?;
        if disabled {
            return Err(Problem::Disabled.into());
        }
        if let Some(role) = role.filter(|role| *role != present.role) {
            change_role(&mut tx, config, &present, role, admins, ip).await?;
        }
        identities::used(&mut *tx, &config.issuer, claims.subject(), &claims.name()).await?;
        // Whoever is asked for more has signed in once that is right.
        if !is_asked {
            audit::write(&mut *tx, Event::SignedIn, line(&user, json!({ "provider": config.issuer }), ip)).await?;
        }
        let user = db::users::get(&mut *tx, &user).await?.ok_or(Problem::Disabled)?;
        tx.commit().await?;
        return Ok(Arrived { user, is_asked });
    }
    Err(Error::internal("an identity is there and isn't").into())
}

/// Adds the account to that of somebody who is signed in.
pub(super) async fn link(
    platform: &Platform,
    config: &ProviderConfig,
    claims: &Claims,
    user: &UserId,
    ip: Option<IpAddr>,
) -> Result<Arrived, Refusal> {
    let mut tx = platform.db.begin().await?;
    let (present, disabled) = db::users::lock(&mut tx, user).await?.ok_or(Problem::SignInFirst)?;
    if disabled {
        return Err(Problem::Disabled.into());
    }
    match identities::owner(&mut *tx, &config.issuer, claims.subject()).await? {
        Some(owner) if owner == *user => {}
        Some(_) => return Err(Problem::OthersIdentity.into()),
        None => {
            if !insert(&mut tx, config, claims, user).await? {
                return Err(Problem::OthersIdentity.into());
            }
            let details = json!({ "provider": config.issuer, "name": claims.name() });
            audit::write(&mut *tx, Event::IdentityLinked, line(user, details, ip)).await?;
        }
    }
    tx.commit().await?;
    Ok(Arrived { user: present, is_asked: false })
}

/// False if the account there opens one here since a moment ago.
async fn insert(
    tx: &mut PgConnection,
    config: &ProviderConfig,
    claims: &Claims,
    user: &UserId,
) -> Result<bool, Refusal> {
    match identities::insert(tx, &config.issuer, claims.subject(), user, &claims.name()).await {
        Ok(_) => Ok(true),
        Err(error) if db::violates(&error, "identities_pkey") => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn make(
    platform: &Platform,
    tx: &mut PgConnection,
    config: &ProviderConfig,
    claims: &Claims,
    ip: Option<IpAddr>,
) -> Result<UserId, Refusal> {
    let id = UserId::from_random(rand::random());
    let role = claims.role(config, platform.config.role).unwrap_or(platform.config.role);
    let email = claims.email();
    let email = email.as_ref().map_or("", |email| email.as_str());
    let name = name(tx, &id, claims, email, role).await?;
    if claims.email_is_verified() {
        identities::confirm_email_if_free(&mut *tx, &id).await?;
    } else if !email.is_empty() {
        mail::queue(platform, &mut *tx, Mail::Verify, Some(&id), email).await?;
    }
    let details = json!({ "role": role, "provider": config.issuer });
    audit::write(&mut *tx, Event::SignedUp, line(&id, details, ip)).await?;
    tracing::info!(user = %id, name = name.as_str(), provider = config.key, "signed up");
    Ok(id)
}

/// Makes the account by the first name that is free.
async fn name(
    tx: &mut PgConnection,
    id: &UserId,
    claims: &Claims,
    email: &str,
    role: Role,
) -> Result<Username, Refusal> {
    let mut names = Vec::new();
    for name in claims.names() {
        names.push(identities::in_ascii(&mut *tx, &name).await?);
    }
    names.push("person".to_owned());
    let like = username(&names).ok_or_else(|| Error::internal("nobody has a name"))?;
    let mut free = vec![like.clone()];
    free.extend((2..NUMBERED).chain([rand::random()]).map(|number| numbered(&like, number)));
    for name in free {
        if identities::insert_person(tx, id, &name, email, role).await? {
            return Ok(name);
        }
    }
    Err(Error::internal("all names are taken").into())
}

/// What the provider says counts, except that there is always an admin left.
async fn change_role(
    tx: &mut PgConnection,
    config: &ProviderConfig,
    user: &User,
    role: Role,
    admins: i64,
    ip: Option<IpAddr>,
) -> Result<(), Refusal> {
    if user.role == Role::Admin && admins == 1 {
        tracing::warn!(user = %user.id, provider = config.key, "the only admin stays one, whatever a provider says");
        return Ok(());
    }
    db::users::set_role(&mut *tx, &user.id, role).await?;
    let details = json!({ "from": user.role, "to": role, "provider": config.issuer });
    audit::write(&mut *tx, Event::RoleChanged, line(&user.id, details, ip)).await?;
    Ok(())
}
