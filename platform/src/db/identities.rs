//! Accounts at other sites, and people who are on their way there.

use super::{millis, read_option};
use domain::account::Username;
use domain::actor::Role;
use domain::id::UserId;
use domain::time::UnixMillis;
use sqlx::{PgConnection, PgExecutor};

/// The provider of identities that are a name and a password.
const PASSWORD: &str = "password";

/// Somebody who was sent to a provider.
#[derive(Debug)]
pub struct Attempt {
    pub provider: String,
    pub nonce: String,
    pub verifier: String,
    pub next: String,
    pub user: Option<UserId>,
}

pub async fn insert_attempt(
    db: impl PgExecutor<'_>,
    state_hash: &[u8],
    browser: &[u8],
    attempt: &Attempt,
    seconds: f64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO sign_in_attempts (state_hash, browser, provider, nonce, verifier, next, user_id, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))",
        state_hash,
        browser,
        attempt.provider,
        attempt.nonce,
        attempt.verifier,
        attempt.next,
        attempt.user.as_ref().map(UserId::as_str),
        seconds
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The attempt that this browser began, for the first and only time.
pub async fn take_attempt(db: impl PgExecutor<'_>, state_hash: &[u8], browser: &[u8]) -> sqlx::Result<Option<Attempt>> {
    let row = sqlx::query!(
        "DELETE FROM sign_in_attempts WHERE state_hash = $1 AND browser = $2 AND expires_at > now()
         RETURNING provider, nonce, verifier, next, user_id",
        state_hash,
        browser
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| {
        let user = read_option(r.user_id)?;
        Ok(Attempt { provider: r.provider, nonce: r.nonce, verifier: r.verifier, next: r.next, user })
    })
    .transpose()
}

pub async fn delete_expired_attempts(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    Ok(sqlx::query!("DELETE FROM sign_in_attempts WHERE expires_at < now()").execute(db).await?.rows_affected())
}

/// Whose account this one at `issuer` opens.
pub async fn owner(db: impl PgExecutor<'_>, issuer: &str, subject: &str) -> sqlx::Result<Option<UserId>> {
    let row =
        sqlx::query_scalar!("SELECT user_id FROM identities WHERE provider = $1 AND subject = $2", issuer, subject)
            .fetch_optional(db)
            .await?;
    read_option(row)
}

/// Its id. Fails by `identities_pkey` if it opens somebody's account already.
pub async fn insert(
    db: impl PgExecutor<'_>,
    issuer: &str,
    subject: &str,
    user: &UserId,
    name: &str,
) -> sqlx::Result<String> {
    sqlx::query_scalar!(
        "INSERT INTO identities (provider, subject, user_id, name) VALUES ($1, $2, $3, $4) RETURNING id",
        issuer,
        subject,
        user.as_str(),
        name
    )
    .fetch_one(db)
    .await
}

/// Notes that it was used, and what it is called today.
pub async fn used(db: impl PgExecutor<'_>, issuer: &str, subject: &str, name: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE identities SET last_used_at = now(), name = $3 WHERE provider = $1 AND subject = $2",
        issuer,
        subject,
        name
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A row of an identity that isn't a password.
pub struct Row {
    pub id: String,
    pub issuer: String,
    pub name: String,
    pub created_at: UnixMillis,
    pub last_used_at: Option<UnixMillis>,
}

/// Somebody's accounts at other sites, the oldest first.
pub async fn of(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<Vec<Row>> {
    let rows = sqlx::query!(
        "SELECT id, provider, name, created_at, last_used_at FROM identities
         WHERE user_id = $1 AND provider <> $2 ORDER BY created_at, id",
        user.as_str(),
        PASSWORD
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter().map(|r| Row {
        id: r.id,
        issuer: r.provider,
        name: r.name,
        created_at: millis(r.created_at),
        last_used_at: r.last_used_at.map(millis),
    });
    Ok(rows.collect())
}

pub async fn has_password(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM identities WHERE user_id = $1 AND provider = $2 AND secret IS NOT NULL) AS "there!""#,
        user.as_str(),
        PASSWORD
    )
    .fetch_one(db)
    .await
}

pub async fn delete(db: impl PgExecutor<'_>, user: &UserId, id: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM identities WHERE user_id = $1 AND id = $2 AND provider <> $3",
        user.as_str(),
        id,
        PASSWORD
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Letters of other alphabets in ASCII, as far as that is known.
pub async fn in_ascii(db: impl PgExecutor<'_>, text: &str) -> sqlx::Result<String> {
    sqlx::query_scalar!(r#"SELECT unaccent('unaccent', $1) AS "text!""#, text).fetch_one(db).await
}

/// False if somebody has the name already. `email` is empty for somebody of whom none is known.
pub async fn insert_person(
    db: &mut PgConnection,
    id: &UserId,
    username: &Username,
    email: &str,
    role: Role,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "INSERT INTO users (id, username, email, role) VALUES ($1, $2, $3, $4) ON CONFLICT (lower(username)) DO NOTHING",
        id.as_str(),
        username.as_str(),
        email,
        role.as_str()
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The provider has seen to it that the address is the person's. One that another account has confirmed stays that one's.
pub async fn confirm_email_if_free(db: impl PgExecutor<'_>, id: &UserId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE users SET email_verified_at = now()
         WHERE id = $1 AND email <> '' AND NOT EXISTS (
             SELECT FROM users u WHERE lower(u.email) = lower(users.email) AND u.email_verified_at IS NOT NULL
         )",
        id.as_str()
    )
    .execute(db)
    .await?;
    Ok(())
}
