//! What access to films, and to what belongs to them, is judged by.

use crate::db::read;
use domain::id::{BuildId, UserId, VideoId};
use domain::video::{State, Visibility};
use sqlx::PgExecutor;

/// What access is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub video: VideoId,
    pub owner: UserId,
    pub visibility: Visibility,
    pub deleted: bool,
    pub state: State,
    pub version: i64,
}

struct AccessRow {
    id: String,
    owner_id: String,
    visibility: String,
    state: String,
    deleted: bool,
    version: i64,
}

impl TryFrom<AccessRow> for Access {
    type Error = sqlx::Error;

    fn try_from(row: AccessRow) -> sqlx::Result<Self> {
        Ok(Access {
            video: read(&row.id)?,
            owner: read(&row.owner_id)?,
            visibility: read(&row.visibility)?,
            deleted: row.deleted,
            state: read(&row.state)?,
            version: row.version,
        })
    }
}

macro_rules! access {
    ($tail:tt, $argument:expr) => {
        sqlx::query_as!(
            AccessRow,
            r#"SELECT v.id, v.owner_id, audience(v) AS "visibility!", v.state, (v.deleted_at IS NOT NULL) AS "deleted!", v.version "#
                + $tail,
            $argument
        )
    };
}

/// What access to a film is judged by. The row stays locked until the end of the transaction.
pub async fn lock(db: impl PgExecutor<'_>, id: &VideoId) -> sqlx::Result<Option<Access>> {
    let row = access!("FROM videos v WHERE v.id = $1 FOR UPDATE", id.as_str()).fetch_optional(db).await?;
    row.map(Access::try_from).transpose()
}

/// What access to everything of a film is judged by.
pub async fn access(db: impl PgExecutor<'_>, id: &VideoId) -> sqlx::Result<Option<Access>> {
    let row = access!("FROM videos v WHERE v.id = $1", id.as_str()).fetch_optional(db).await?;
    row.map(Access::try_from).transpose()
}

/// What access to everything of a build is judged by.
pub async fn of_build(db: impl PgExecutor<'_>, build: &BuildId) -> sqlx::Result<Option<Access>> {
    let row = access!("FROM builds b JOIN videos v ON v.id = b.video_id WHERE b.id = $1", build.as_str());
    row.fetch_optional(db).await?.map(Access::try_from).transpose()
}
