//! The store behind browser sessions, and what people do with theirs. The table keeps a hash of the id: who reads it can't
//! take a session over.

use crate::access::allow_own;
use crate::audit::{self, Line};
use crate::{Platform, accounts, db};
use async_trait::async_trait;
use domain::access::Action;
use domain::actor::Actor;
use domain::audit::Event;
use domain::id::UserId;
use domain::session::Session;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};
use std::collections::HashMap;
use std::time::Duration;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{Error, Result};
use tower_sessions_core::{ExpiredDeletion, SessionStore};

/// The session's value that says whose it is: a user's id.
pub const USER_ID: &str = "user_id";
/// The session's value that says where it is: the User-Agent.
pub const DEVICE: &str = "device";
/// The session's value that says from what address it was used last.
pub const ADDRESS: &str = "address";

/// The session's value that says what films it opens: ids of keys, the last one shown at the end.
pub const KEYS: &str = "keys";
/// How many keys a session holds; older ones have to be shown again.
pub const MAX_KEYS: usize = 100;

const MAX_DEVICE_CHARS: usize = 200;

/// Sessions in the table `sessions`.
#[derive(Debug, Clone)]
pub struct Store {
    db: PgPool,
    /// How long it lasts, used or not.
    longest: Duration,
}

impl Store {
    pub fn new(platform: &Platform) -> Self {
        Self { db: platform.db.clone(), longest: platform.config.session_longest }
    }
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let session = to_row(record)?;
        while !db::sessions::insert(&self.db, &key(&record.id), &session).await.map_err(backend)? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        db::sessions::update(&self.db, &key(&record.id), &to_row(record)?).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let hash = key(id);
        let Some(session) = db::sessions::get(&self.db, &hash, self.longest).await.map_err(backend)? else {
            return Ok(None);
        };
        db::sessions::touch(&self.db, &hash).await.map_err(backend)?;
        let mut data: HashMap<String, Value> =
            serde_json::from_value(session.data).map_err(|e| Error::Decode(e.to_string()))?;
        if let Some(user) = session.user {
            data.insert(USER_ID.to_owned(), Value::String(user.into()));
        }
        if let Some(device) = session.device {
            data.insert(DEVICE.to_owned(), Value::String(device));
        }
        if let Some(address) = session.address {
            data.insert(ADDRESS.to_owned(), Value::String(address));
        }
        Ok(Some(Record { id: *id, data, expiry_date: session.expires_at }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        db::sessions::delete(&self.db, &key(id)).await.map_err(backend)
    }
}

#[async_trait]
impl ExpiredDeletion for Store {
    async fn delete_expired(&self) -> Result<()> {
        db::sessions::delete_expired(&self.db, self.longest).await.map(drop).map_err(backend)
    }
}

/// What a session is called where people see it.
pub fn name(id: &Id) -> String {
    accounts::hex(&key(id))
}

/// Where whoever asks is signed in; `current` is the name of the session that asks.
pub async fn list(platform: &Platform, actor: &Actor, current: Option<&str>) -> crate::Result<Vec<Session>> {
    let user = allow_own(actor, Action::Inspect)?;
    Ok(db::sessions::of(&platform.db, &user, platform.config.session_longest, current).await?)
}

/// Signs out there.
pub async fn end(platform: &Platform, actor: &Actor, name: &str) -> crate::Result<()> {
    let user = allow_own(actor, Action::Edit)?;
    let mut tx = platform.db.begin().await?;
    if !db::sessions::end(&mut *tx, &user, name).await? {
        return Err(crate::Error::NotFound);
    }
    let line = Line { actor: Some(&user), account: Some(&user), ..Line::default() };
    audit::write(&mut *tx, Event::SignedOut, line).await?;
    tx.commit().await?;
    Ok(())
}

/// Signs out everywhere else, scripts that signed in included; how many sessions that were.
pub async fn end_others(platform: &Platform, actor: &Actor, current: Option<&str>) -> crate::Result<u64> {
    let user = allow_own(actor, Action::Edit)?;
    let mut tx = platform.db.begin().await?;
    let ended = sign_out(&mut tx, &user, current).await?;
    let line = Line { actor: Some(&user), account: Some(&user), ..Line::default() };
    audit::write(&mut *tx, Event::OthersSignedOut, line).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Ends all of somebody's sessions but the one of that name, and scripts that signed in; how many sessions that were.
pub(crate) async fn sign_out(tx: &mut PgConnection, user: &UserId, keep: Option<&str>) -> sqlx::Result<u64> {
    let ended = db::sessions::end_others(&mut *tx, user, keep).await?;
    db::tokens::delete_signed_in(&mut *tx, user).await?;
    Ok(ended)
}

fn key(id: &Id) -> [u8; 32] {
    Sha256::digest(id.0.to_le_bytes()).into()
}

fn to_row(record: &Record) -> Result<db::sessions::Session> {
    let mut data = record.data.clone();
    let mut take = |name| data.remove(name).and_then(|v| v.as_str().map(str::to_owned));
    let user =
        take(USER_ID).map(|id| id.parse()).transpose().map_err(|_| Error::Encode("user_id is no id".to_owned()))?;
    let device = take(DEVICE).map(|d| d.chars().filter(|c| !c.is_control()).take(MAX_DEVICE_CHARS).collect());
    let address = take(ADDRESS);
    let data = serde_json::to_value(data).map_err(|e| Error::Encode(e.to_string()))?;
    Ok(db::sessions::Session { user, device, address, data, expires_at: record.expiry_date })
}

fn backend(error: sqlx::Error) -> Error {
    tracing::error!(error = &error as &dyn std::error::Error, "sessions can't be reached");
    Error::Backend("sessions can't be reached".to_owned())
}
