//! Seeing to people: who there is, what each may do, and shutting somebody out.

use crate::access::allow_here;
use crate::audit::{self, Line};
use crate::{Error, Platform, Result, db, sessions};
use domain::access::Action;
use domain::actor::{Actor, Role};
use domain::audit::Event;
use domain::id::UserId;
use domain::page::{MAX_LIMIT, Page};
use domain::person::Person;
use domain::quota::Quota;

/// The longest part of a name or address that is looked for.
const MAX_QUERY_CHARS: usize = 254;

/// What is to change. None: stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub role: Option<Role>,
    pub disabled: Option<bool>,
    /// What this person's films may take, in place of what the role says where it says so.
    pub quota: Option<Quota>,
}

/// People by name, those whose name or address holds `query`; for admins.
pub async fn list(
    platform: &Platform,
    actor: &Actor,
    query: Option<&str>,
    cursor: Option<&str>,
    limit: Option<u32>,
) -> Result<Page<Person>> {
    allow_here(actor, Action::Administer)?;
    let query: String =
        query.unwrap_or_default().trim().chars().filter(|c| !c.is_control()).take(MAX_QUERY_CHARS).collect();
    let after: String = cursor.unwrap_or_default().chars().filter(|c| !c.is_control()).take(MAX_QUERY_CHARS).collect();
    let limit = limit.unwrap_or(50).clamp(1, MAX_LIMIT) as usize;
    let listed = db::users::list(&platform.db, &query, &after, limit as i64 + 1).await?;
    Ok(Page::cut(listed, limit, |last| last.user.username.to_lowercase()).map(person))
}

fn person(listed: db::users::Listed) -> Person {
    Person {
        id: listed.user.id,
        username: listed.user.username,
        email: listed.user.email,
        role: listed.user.role,
        disabled: listed.disabled,
        created_at: db::millis(listed.created_at),
        last_seen: listed.last_seen.map(db::millis),
        films: listed.films,
        bytes: listed.bytes,
        quota: listed.quota,
    }
}

/// Changes what somebody may do. There is always an admin left. Whoever is disabled is out at once, scripts and all.
pub async fn change(platform: &Platform, actor: &Actor, id: &UserId, change: Change) -> Result<()> {
    let admin = allow_here(actor, Action::Administer)?;
    let mut tx = platform.db.begin().await?;
    let admins = db::users::admins(&mut tx).await?;
    let (user, disabled) = db::users::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let is_admin = |role: Role, disabled: bool| role == Role::Admin && !disabled;
    let (role, shut) = (change.role.unwrap_or(user.role), change.disabled.unwrap_or(disabled));
    if is_admin(user.role, disabled) && !is_admin(role, shut) && admins == 1 {
        let message = "This is the only admin. Make somebody else one first.".to_owned();
        return Err(Error::Conflict { code: "last_admin", message, details: None });
    }
    let line = |details| Line { actor: Some(&admin), account: Some(id), details, ..Line::default() };
    if role != user.role {
        db::users::set_role(&mut *tx, id, role).await?;
        let details = serde_json::json!({ "from": user.role, "to": role });
        audit::write(&mut *tx, Event::RoleChanged, line(Some(details))).await?;
    }
    if shut != disabled {
        db::users::set_disabled(&mut *tx, id, shut).await?;
        if shut {
            sessions::sign_out(&mut tx, id, None).await?;
        }
        let event = if shut { Event::Disabled } else { Event::Enabled };
        audit::write(&mut *tx, event, line(None)).await?;
    }
    if let Some(quota) = change.quota {
        db::quota::set(&mut *tx, id, quota).await?;
        let details = serde_json::json!({ "bytes": quota.bytes, "films": quota.films });
        audit::write(&mut *tx, Event::QuotaChanged, line(Some(details))).await?;
    }
    tx.commit().await?;
    Ok(())
}
