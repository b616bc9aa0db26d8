//! People and their identities.

use super::quota::quota;
use super::read;
use domain::account::Username;
use domain::actor::Role;
use domain::id::UserId;
use domain::quota::Quota;
use sqlx::{PgConnection, PgExecutor};

/// The provider of identities that are a name and a password.
const PASSWORD: &str = "password";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub username: String,
    pub email: String,
    /// Whether its owner has confirmed the address. One that isn't is no login, and gets no link that opens the account.
    pub email_verified: bool,
    pub role: Role,
}

/// A row of a person, before it is read.
pub(super) struct Row {
    pub id: String,
    pub username: String,
    pub email: String,
    pub email_verified: bool,
    pub role: String,
}

impl TryFrom<Row> for User {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let Row { id, username, email, email_verified, role } = row;
        Ok(Self { id: read(&id)?, username, email, email_verified, role: read(&role)? })
    }
}

/// Its address is still to be confirmed. Fails by `users_username_key` if another has the name.
pub async fn insert(db: impl PgExecutor<'_>, user: &User) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO users (id, username, email, role) VALUES ($1, $2, $3, $4)",
        user.id.as_str(),
        user.username,
        user.email,
        user.role.as_str()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Nobody who is disabled.
pub async fn get(db: impl PgExecutor<'_>, id: &UserId) -> sqlx::Result<Option<User>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, username, email, email_verified_at IS NOT NULL AS "email_verified!", role FROM users
           WHERE id = $1 AND disabled_at IS NULL"#,
        id.as_str()
    )
    .fetch_optional(db)
    .await?;
    row.map(User::try_from).transpose()
}

/// Nobody who is disabled.
pub async fn by_name(db: impl PgExecutor<'_>, name: &Username) -> sqlx::Result<Option<User>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, username, email, email_verified_at IS NOT NULL AS "email_verified!", role FROM users
           WHERE lower(username) = lower($1) AND disabled_at IS NULL"#,
        name.as_str()
    )
    .fetch_optional(db)
    .await?;
    row.map(User::try_from).transpose()
}

/// The person with this name or confirmed address, and the hash of the password if there is one. Nobody who is disabled.
pub async fn by_login(db: impl PgExecutor<'_>, login: &str) -> sqlx::Result<Option<(User, Option<String>)>> {
    let row = sqlx::query!(
        r#"SELECT u.id AS "id!", u.username AS "username!", u.email AS "email!", u.role AS "role!",
               u.email_verified_at IS NOT NULL AS "email_verified!", i.secret AS "secret?"
           FROM users u LEFT JOIN identities i ON i.user_id = u.id AND i.provider = $2
           WHERE (lower(u.username) = lower($1) OR (lower(u.email) = lower($1) AND u.email_verified_at IS NOT NULL))
               AND u.disabled_at IS NULL"#,
        login,
        PASSWORD
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| {
        let (email_verified, role) = (r.email_verified, r.role);
        Ok((Row { id: r.id, username: r.username, email: r.email, email_verified, role }.try_into()?, r.secret))
    })
    .transpose()
}

/// Whether or not there was a password before. `hash` is argon2id in PHC format.
pub async fn set_password(db: impl PgExecutor<'_>, user: &UserId, hash: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO identities (provider, subject, user_id, secret) VALUES ($1, $2, $2, $3)
         ON CONFLICT (provider, subject) DO UPDATE SET secret = excluded.secret",
        PASSWORD,
        user.as_str(),
        hash
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The same password by another hash; nothing if it was changed meanwhile.
pub async fn rehash_password(db: impl PgExecutor<'_>, user: &UserId, old: &str, new: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE identities SET secret = $4 WHERE provider = $1 AND subject = $2 AND secret = $3",
        PASSWORD,
        user.as_str(),
        old,
        new
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The hash of the password, if there is one.
pub async fn password(db: impl PgExecutor<'_>, user: &UserId) -> sqlx::Result<Option<String>> {
    let secret = sqlx::query_scalar!(
        "SELECT secret FROM identities WHERE provider = $1 AND subject = $2",
        PASSWORD,
        user.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(secret.flatten())
}

/// The person's address is `email` and confirmed from now on. Fails by `users_verified_email_key` if another's is.
pub async fn confirm_email(db: impl PgExecutor<'_>, user: &UserId, email: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE users SET email = $2, email_verified_at = now() WHERE id = $1", user.as_str(), email)
        .execute(db)
        .await?;
    Ok(())
}

/// The person who has confirmed this address, disabled or not.
pub async fn by_verified_email(db: impl PgExecutor<'_>, email: &str) -> sqlx::Result<Option<User>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, username, email, true AS "email_verified!", role FROM users
           WHERE lower(email) = lower($1) AND email_verified_at IS NOT NULL"#,
        email
    );
    row.fetch_optional(db).await?.map(User::try_from).transpose()
}

/// Somebody in the list of people.
#[derive(Debug, Clone)]
pub struct Listed {
    pub user: User,
    pub disabled: bool,
    pub created_at: time::OffsetDateTime,
    pub last_seen: Option<time::OffsetDateTime>,
    pub films: i64,
    pub bytes: i64,
    pub quota: Quota,
}

/// People whose name or address holds `text`, by name, after the one of that name.
pub async fn list(db: impl PgExecutor<'_>, text: &str, after: &str, limit: i64) -> sqlx::Result<Vec<Listed>> {
    let rows = sqlx::query!(
        r#"SELECT u.id, u.username, u.email, u.email_verified_at IS NOT NULL AS "email_verified!", u.role,
               u.disabled_at IS NOT NULL AS "disabled!", u.created_at,
               (SELECT max(s.last_seen) FROM sessions s WHERE s.user_id = u.id) AS last_seen,
               v.films AS "films!", v.bytes AS "bytes!", u.quota_bytes, u.quota_films
           FROM users u
           CROSS JOIN LATERAL (
               SELECT count(*) AS films, coalesce(sum(size), 0)::bigint AS bytes
               FROM videos WHERE owner_id = u.id AND deleted_at IS NULL
           ) v
           WHERE (strpos(lower(u.username), lower($1)) > 0 OR strpos(lower(u.email), lower($1)) > 0)
               AND lower(u.username) > lower($2)
           ORDER BY lower(u.username) LIMIT $3"#,
        text,
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Listed {
                user: Row {
                    id: r.id,
                    username: r.username,
                    email: r.email,
                    email_verified: r.email_verified,
                    role: r.role,
                }
                .try_into()?,
                disabled: r.disabled,
                created_at: r.created_at,
                last_seen: r.last_seen,
                films: r.films,
                bytes: r.bytes,
                quota: quota(r.quota_bytes, r.quota_films),
            })
        })
        .collect()
}

/// What somebody is allowed at this moment, and nobody else changes until the transaction ends.
pub async fn lock(db: &mut PgConnection, id: &UserId) -> sqlx::Result<Option<(User, bool)>> {
    let row = sqlx::query!(
        r#"SELECT id, username, email, email_verified_at IS NOT NULL AS "email_verified!", role,
               disabled_at IS NOT NULL AS "disabled!"
           FROM users WHERE id = $1 FOR UPDATE"#,
        id.as_str()
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| {
        let (email_verified, role) = (r.email_verified, r.role);
        Ok((Row { id: r.id, username: r.username, email: r.email, email_verified, role }.try_into()?, r.disabled))
    })
    .transpose()
}

pub async fn set_role(db: impl PgExecutor<'_>, id: &UserId, role: Role) -> sqlx::Result<()> {
    sqlx::query!("UPDATE users SET role = $2 WHERE id = $1", id.as_str(), role.as_str()).execute(db).await?;
    Ok(())
}

pub async fn set_disabled(db: impl PgExecutor<'_>, id: &UserId, disabled: bool) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE users SET disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, now()) END WHERE id = $1",
        id.as_str(),
        disabled
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How many can see to people; nobody becomes one or ceases to be one until the transaction ends.
pub async fn admins(db: &mut PgConnection) -> sqlx::Result<i64> {
    let locked =
        sqlx::query_scalar!("SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE")
            .fetch_all(db)
            .await?;
    Ok(locked.len() as i64)
}

pub async fn has_admin(db: impl PgExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM users WHERE role = 'admin' AND disabled_at IS NULL) AS "there!""#)
        .fetch_one(db)
        .await
}
