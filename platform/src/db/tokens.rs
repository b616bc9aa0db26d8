//! Tokens of scripts; only their hashes.

use super::users::{Row, User};
use super::{millis, read};
use domain::actor::{Scope, Scopes};
use domain::id::{TokenId, UserId};
use domain::token::Token;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

pub struct New<'a> {
    pub id: &'a TokenId,
    /// SHA-256 of the token.
    pub hash: &'a [u8],
    pub kind: &'static str,
    pub user: &'a UserId,
    /// What access and refresh tokens of one sign-in have in common.
    pub family: Option<&'a TokenId>,
    pub name: &'a str,
    pub scopes: Scopes,
    /// None: it doesn't expire.
    pub seconds: Option<i64>,
}

pub async fn insert(db: impl PgExecutor<'_>, new: New<'_>) -> sqlx::Result<()> {
    let scopes: Vec<String> = new.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    sqlx::query!(
        "INSERT INTO access_tokens (id, hash, kind, user_id, family, name, scopes, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))",
        new.id.as_str(),
        new.hash,
        new.kind,
        new.user.as_str(),
        new.family.map(TokenId::as_str),
        new.name,
        &scopes,
        new.seconds.map(|seconds| seconds as f64)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whose an access or personal token is, and what it is good for. Notes its use, at most once a minute.
pub async fn holder(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<Option<(User, Scopes)>> {
    let row = sqlx::query!(
        r#"WITH used AS (
               UPDATE access_tokens SET last_used_at = now()
               WHERE hash = $1 AND kind <> 'refresh' AND (expires_at IS NULL OR expires_at > now())
                   AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
           )
           SELECT u.id, u.username, u.email, u.email_verified_at IS NOT NULL AS "email_verified!", u.role, t.scopes
           FROM access_tokens t JOIN users u ON u.id = t.user_id
           WHERE t.hash = $1 AND t.kind <> 'refresh' AND (t.expires_at IS NULL OR t.expires_at > now())
               AND u.disabled_at IS NULL"#,
        hash
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| {
        let (email_verified, role) = (r.email_verified, r.role);
        let user = Row { id: r.id, username: r.username, email: r.email, email_verified, role };
        Ok((user.try_into()?, scopes(&r.scopes)?))
    })
    .transpose()
}

/// A refresh token, kept from others until the transaction ends.
pub struct Refresh {
    pub user: UserId,
    pub family: TokenId,
    pub scopes: Scopes,
    /// Another was given for it already.
    pub used: bool,
}

pub async fn lock_refresh(db: &mut PgConnection, hash: &[u8]) -> sqlx::Result<Option<Refresh>> {
    let row = sqlx::query!(
        r#"SELECT t.user_id, t.family AS "family!", t.scopes, t.used_at IS NOT NULL AS "used!"
           FROM access_tokens t JOIN users u ON u.id = t.user_id
           WHERE t.hash = $1 AND t.kind = 'refresh' AND t.expires_at > now() AND u.disabled_at IS NULL
           FOR UPDATE OF t"#,
        hash
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| {
        Ok(Refresh { user: read(&r.user_id)?, family: read(&r.family)?, scopes: scopes(&r.scopes)?, used: r.used })
    })
    .transpose()
}

/// A refresh token is good for one use; so it stays known, for who uses it twice has it from somebody.
pub async fn use_up(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<()> {
    sqlx::query!("UPDATE access_tokens SET used_at = now(), last_used_at = now() WHERE hash = $1", hash)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn delete_family(db: impl PgExecutor<'_>, family: &TokenId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM access_tokens WHERE family = $1", family.as_str()).execute(db).await?;
    Ok(())
}

/// The one of this hash, and with an access or refresh token all of its family. Whose it was.
pub async fn revoke(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<Option<UserId>> {
    let user = sqlx::query_scalar!(
        "DELETE FROM access_tokens t USING access_tokens given
         WHERE given.hash = $1 AND (t.hash = given.hash OR t.family = given.family) RETURNING t.user_id",
        hash
    )
    .fetch_all(db)
    .await?;
    user.first().map(|user| read(user)).transpose()
}

/// All that were got by signing in.
pub async fn delete_signed_in(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<u64> {
    let deleted = sqlx::query!("DELETE FROM access_tokens WHERE user_id = $1 AND kind <> 'personal'", user.as_str())
        .execute(db)
        .await?;
    Ok(deleted.rows_affected())
}

/// Somebody's personal tokens, the newest first.
pub async fn personal(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<Vec<Token>> {
    let rows = sqlx::query!(
        r#"SELECT id, name, scopes, created_at, expires_at, last_used_at,
               coalesce(expires_at <= now(), false) AS "expired!"
           FROM access_tokens WHERE user_id = $1 AND kind = 'personal' ORDER BY created_at DESC, id"#,
        user.as_str()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Token {
                id: read(&r.id)?,
                name: r.name,
                scopes: scopes(&r.scopes)?.iter().collect(),
                created_at: millis(r.created_at),
                expires_at: r.expires_at.map(millis),
                last_used_at: r.last_used_at.map(|at: OffsetDateTime| millis(at)),
                expired: r.expired,
            })
        })
        .collect()
}

/// False if the person has no such personal token.
pub async fn withdraw(db: impl PgExecutor<'_>, user: &UserId, id: &TokenId) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        "DELETE FROM access_tokens WHERE user_id = $1 AND id = $2 AND kind = 'personal'",
        user.as_str(),
        id.as_str()
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Personal ones stay for a month, so that their owner sees why a script doesn't go any more.
pub async fn delete_expired(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        "DELETE FROM access_tokens
         WHERE expires_at < now() - CASE kind WHEN 'personal' THEN interval '30 days' ELSE interval '0' END"
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

fn scopes(names: &[String]) -> sqlx::Result<Scopes> {
    names.iter().map(|name| read::<Scope>(name)).collect()
}
