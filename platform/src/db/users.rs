//! People and their identities.

use super::read;
use domain::account::Username;
use domain::id::UserId;
use sqlx::PgExecutor;

/// The provider of identities that are a name and a password.
const PASSWORD: &str = "password";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub username: String,
    pub email: String,
}

/// Fails by `users_username_key` or `users_email_key` if another has the name or the address.
pub async fn insert(db: impl PgExecutor<'_>, user: &User) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO users (id, username, email) VALUES ($1, $2, $3)",
        user.id.as_str(),
        user.username,
        user.email
    )
    .execute(db)
    .await?;
    Ok(())
}

/// `hash` is argon2id in PHC format.
pub async fn insert_password(db: impl PgExecutor<'_>, user: &UserId, hash: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO identities (provider, subject, user_id, secret) VALUES ($1, $2, $2, $3)",
        PASSWORD,
        user.as_str(),
        hash
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn get(db: impl PgExecutor<'_>, id: &UserId) -> sqlx::Result<Option<User>> {
    let row =
        sqlx::query!("SELECT id, username, email FROM users WHERE id = $1", id.as_str()).fetch_optional(db).await?;
    row.map(|r| Ok(User { id: read(&r.id)?, username: r.username, email: r.email })).transpose()
}

pub async fn by_name(db: impl PgExecutor<'_>, name: &Username) -> sqlx::Result<Option<User>> {
    let row = sqlx::query!("SELECT id, username, email FROM users WHERE lower(username) = lower($1)", name.as_str())
        .fetch_optional(db)
        .await?;
    row.map(|r| Ok(User { id: read(&r.id)?, username: r.username, email: r.email })).transpose()
}

/// The person with this name or e-mail address, and the hash of the password if there is one.
pub async fn by_login(db: impl PgExecutor<'_>, login: &str) -> sqlx::Result<Option<(User, Option<String>)>> {
    let row = sqlx::query!(
        r#"SELECT u.id AS "id!", u.username AS "username!", u.email AS "email!", i.secret AS "secret?"
           FROM users u LEFT JOIN identities i ON i.user_id = u.id AND i.provider = $2
           WHERE lower(u.username) = lower($1) OR lower(u.email) = lower($1)"#,
        login,
        PASSWORD
    )
    .fetch_optional(db)
    .await?;
    row.map(|r| Ok((User { id: read(&r.id)?, username: r.username, email: r.email }, r.secret))).transpose()
}
