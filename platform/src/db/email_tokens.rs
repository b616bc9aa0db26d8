//! What links in mails open; only hashes of what stands in them. An account has one of each kind at a time.

use super::read;
use domain::id::UserId;
use sqlx::PgExecutor;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The address of the account is its owner's.
    Verify,
    /// A new password in place of a forgotten one.
    Reset,
    /// Another address for the account: yes from the one that it has, and from the one that it is to get.
    ChangeOld,
    ChangeNew,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Verify, Self::Reset, Self::ChangeOld, Self::ChangeNew];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::ChangeOld => "change_old",
            Self::ChangeNew => "change_new",
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no kind of token: {0}")]
pub struct UnknownKind(String);

impl std::str::FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// One that is valid now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub user: UserId,
    pub kind: Kind,
    pub email: String,
}

/// In place of an earlier one of its kind.
pub async fn put(
    db: impl PgExecutor<'_>,
    hash: &[u8],
    user: &UserId,
    kind: Kind,
    email: &str,
    seconds: f64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO email_tokens (hash, user_id, kind, email, expires_at)
         VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
         ON CONFLICT (user_id, kind) DO UPDATE SET hash = excluded.hash, email = excluded.email,
             created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = NULL",
        hash,
        user.as_str(),
        kind.as_str(),
        email,
        seconds
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What it would open.
pub async fn get(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<Option<Token>> {
    let row = sqlx::query!(
        "SELECT user_id, kind, email FROM email_tokens WHERE hash = $1 AND used_at IS NULL AND expires_at > now()",
        hash
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| Ok(Token { user: read(&r.user_id)?, kind: read(&r.kind)?, email: r.email })).transpose()
}

/// Uses it up, if it is valid and was not used before.
pub async fn consume(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<Option<Token>> {
    let row = sqlx::query!(
        "UPDATE email_tokens SET used_at = now() WHERE hash = $1 AND used_at IS NULL AND expires_at > now()
         RETURNING user_id, kind, email",
        hash
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| Ok(Token { user: read(&r.user_id)?, kind: read(&r.kind)?, email: r.email })).transpose()
}

/// Whether a link of this kind about this address was opened, not too long ago.
pub async fn was_used(db: impl PgExecutor<'_>, user: &UserId, kind: Kind, email: &str) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "SELECT hash FROM email_tokens
         WHERE user_id = $1 AND kind = $2 AND lower(email) = lower($3) AND used_at IS NOT NULL AND expires_at > now()",
        user.as_str(),
        kind.as_str(),
        email
    )
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// No link that was sent before opens anything any more.
pub async fn delete_of(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM email_tokens WHERE user_id = $1", user.as_str()).execute(db).await?;
    Ok(())
}

/// The same for a change of the address alone.
pub async fn delete_changes_of(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM email_tokens WHERE user_id = $1 AND kind IN ('change_old', 'change_new')", user.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// What others asked for about an address that is somebody's now.
pub async fn delete_claims_of_others(db: impl PgExecutor<'_>, user: &UserId, email: &str) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM email_tokens WHERE lower(email) = lower($2) AND user_id <> $1", user.as_str(), email)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn delete_expired(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    Ok(sqlx::query!("DELETE FROM email_tokens WHERE expires_at < now()").execute(db).await?.rows_affected())
}
