//! Invitations; of what stands in their addresses only the hashes.

use super::{millis, read};
use domain::actor::Role;
use domain::id::{InvitationId, UserId};
use domain::invitation::Invitation;
use sqlx::{PgConnection, PgExecutor};

pub struct New<'a> {
    pub id: &'a InvitationId,
    pub hash: &'a [u8],
    pub role: Role,
    pub note: &'a str,
    /// None: the server itself, as long as there is no admin.
    pub by: Option<&'a UserId>,
    pub seconds: i64,
}

pub async fn insert(db: impl PgExecutor<'_>, new: New<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO invitations (id, token_hash, role, note, is_first, created_by, expires_at)
         VALUES ($1, $2, $3, $4, $5::text IS NULL, $5, now() + make_interval(secs => $6))",
        new.id.as_str(),
        new.hash,
        new.role.as_str(),
        new.note,
        new.by.map(UserId::as_str),
        new.seconds as f64
    )
    .execute(db)
    .await?;
    Ok(())
}

/// An invitation that is good for an account now, kept from others until the transaction ends. The first ones are good for
/// nothing once there is an admin.
pub async fn lock(db: &mut PgConnection, hash: &[u8]) -> sqlx::Result<Option<(InvitationId, Role)>> {
    let row = sqlx::query!(
        "SELECT id, role FROM invitations
         WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now()
             AND (NOT is_first OR NOT EXISTS (SELECT FROM users WHERE role = 'admin' AND disabled_at IS NULL))
         FOR UPDATE",
        hash
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok((read(&row.id)?, read(&row.role)?))).transpose()
}

pub async fn use_up(db: impl PgExecutor<'_>, id: &InvitationId, user: &UserId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE invitations SET used_at = now(), used_by = $2 WHERE id = $1", id.as_str(), user.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// All that admins made, the newest first.
pub async fn list(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Invitation>> {
    let rows = sqlx::query!(
        r#"SELECT i.id, i.role, i.note, i.created_at, i.expires_at, i.expires_at <= now() AS "expired!",
               CASE WHEN i.used_at IS NOT NULL THEN coalesce(u.username, '') END AS used_by
           FROM invitations i LEFT JOIN users u ON u.id = i.used_by
           WHERE NOT i.is_first ORDER BY i.created_at DESC, i.id LIMIT 200"#
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Invitation {
                id: read(&r.id)?,
                role: read(&r.role)?,
                note: r.note,
                created_at: millis(r.created_at),
                expires_at: millis(r.expires_at),
                expired: r.expired,
                used_by: r.used_by,
            })
        })
        .collect()
}

/// False if there is none that could still be used.
pub async fn withdraw(db: impl PgExecutor<'_>, id: &InvitationId) -> sqlx::Result<bool> {
    let deleted =
        sqlx::query!("DELETE FROM invitations WHERE id = $1 AND used_at IS NULL AND NOT is_first", id.as_str())
            .execute(db)
            .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Forgets those that nobody came by in time, a month later.
pub async fn delete_expired(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    let deleted =
        sqlx::query!("DELETE FROM invitations WHERE used_at IS NULL AND expires_at < now() - interval '30 days'")
            .execute(db)
            .await?;
    Ok(deleted.rows_affected())
}
