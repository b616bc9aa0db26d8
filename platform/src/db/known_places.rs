//! From where somebody has signed in before: browsers by their mark, networks; only hashes.

use domain::id::UserId;
use sqlx::PgExecutor;

/// Which of `hashes` the account of that name (or confirmed address) has signed in from. The same work for names that nobody has.
pub async fn known(db: impl PgExecutor<'_>, login: &str, hashes: &[Vec<u8>]) -> sqlx::Result<Vec<Vec<u8>>> {
    sqlx::query_scalar!(
        "SELECT p.hash FROM known_places p JOIN users u ON u.id = p.user_id
         WHERE p.hash = ANY($2) AND (lower(u.username) = lower($1)
             OR (lower(u.email) = lower($1) AND u.email_verified_at IS NOT NULL))",
        login,
        hashes
    )
    .fetch_all(db)
    .await
}

/// Whether a browser's mark is one that we gave.
pub async fn is_ours(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!("SELECT hash FROM known_places WHERE hash = $1 LIMIT 1", hash);
    Ok(found.fetch_optional(db).await?.is_some())
}

pub async fn note(db: impl PgExecutor<'_>, user: &UserId, hashes: &[Vec<u8>]) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO known_places (user_id, hash) SELECT $1, hash FROM unnest($2::bytea[]) AS hash
         ON CONFLICT (user_id, hash) DO UPDATE SET last_seen = now()",
        user.as_str(),
        hashes
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn delete_of(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM known_places WHERE user_id = $1", user.as_str()).execute(db).await?;
    Ok(())
}

/// Forgets where nobody has signed in from for half a year.
pub async fn delete_old(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    let deleted = sqlx::query!("DELETE FROM known_places WHERE last_seen < now() - interval '180 days'");
    Ok(deleted.execute(db).await?.rows_affected())
}
