//! The store behind browser sessions. The table keeps a hash of the id: who reads it can't take a session over.

use crate::db;
use async_trait::async_trait;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use std::collections::HashMap;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{Error, Result};
use tower_sessions_core::{ExpiredDeletion, SessionStore};

/// The session's value that says whose it is: a user's id.
pub const USER_ID: &str = "user_id";
/// The session's value that says where it is: the User-Agent.
pub const DEVICE: &str = "device";

/// The session's value that says what films it opens: ids of keys, the last one shown at the end.
pub const KEYS: &str = "keys";
/// How many keys a session holds; older ones have to be shown again.
pub const MAX_KEYS: usize = 100;

const MAX_DEVICE_CHARS: usize = 200;

/// Sessions in the table `sessions`.
#[derive(Debug, Clone)]
pub struct Store {
    db: PgPool,
}

impl Store {
    pub fn new(db: PgPool) -> Self {
        Self { db }
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
        let Some(session) = db::sessions::get(&self.db, &hash).await.map_err(backend)? else {
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
        Ok(Some(Record { id: *id, data, expiry_date: session.expires_at }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        db::sessions::delete(&self.db, &key(id)).await.map_err(backend)
    }
}

#[async_trait]
impl ExpiredDeletion for Store {
    async fn delete_expired(&self) -> Result<()> {
        db::sessions::delete_expired(&self.db).await.map(drop).map_err(backend)
    }
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
    let data = serde_json::to_value(data).map_err(|e| Error::Encode(e.to_string()))?;
    Ok(db::sessions::Session { user, device, data, expires_at: record.expiry_date })
}

fn backend(error: sqlx::Error) -> Error {
    tracing::error!(error = &error as &dyn std::error::Error, "sessions can't be reached");
    Error::Backend("sessions can't be reached".to_owned())
}
