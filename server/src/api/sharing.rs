use super::videos::parse;
use super::{Items, rfc3339};
use crate::address::Path;
use crate::json::Json;
use crate::problem::{Problem, Result};
use crate::viewer::{ClientIp, Who};
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::{KeyId, VideoId};
use domain::sharing::Link;
use platform::{Platform, sharing};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use utoipa::ToSchema;

/// Either of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unlock {
    password: Option<String>,
    /// What stands in a share link behind `share=`.
    share: Option<String>,
}

/// Open a film
///
/// By its password, or by a share link. Whoever brings the cookie of this answer may watch the film, be it a browser or a
/// script.
#[utoipa::path(
    post,
    path = "/videos/{id}/unlock",
    operation_id = "unlockFilm",
    tag = "Watching",
    params(("id" = VideoId, Path, description = "The film's.")),
    request_body = Unlock,
    responses((status = 204, description = "It is open.", headers(("Set-Cookie" = String)))),
    security((), ("bearer" = []), ("cookie" = [])),
    extensions(("x-problems" = json!(["wrong_password", "too_many_attempts"]))),
)]
pub async fn unlock(
    State(platform): State<Platform>,
    Who(actor): Who,
    ClientIp(ip): ClientIp,
    session: Session,
    Path(id): Path<String>,
    Json(given): Json<Unlock>,
) -> Result<StatusCode> {
    let video = parse(&id)?;
    let key = match given {
        Unlock { password: Some(password), share: None } => {
            sharing::unlock(&platform, &actor, &video, &password, ip).await?
        }
        Unlock { password: None, share: Some(token) } => sharing::open(&platform, &video, &token).await?,
        _ => return Err(Problem::field("password", "required", "Say either `password` or `share`.")),
    };
    app::server::hold(&session, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
#[schema(as = Link)]
pub struct LinkOut {
    id: KeyId,
    label: String,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    /// Null: it doesn't.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    uses: i64,
    expired: bool,
}

impl From<Link> for LinkOut {
    fn from(link: Link) -> Self {
        Self {
            id: link.id,
            label: link.label,
            created_at: rfc3339(link.created_at),
            expires_at: link.expires_at.and_then(rfc3339),
            last_used_at: link.last_used_at.and_then(rfc3339),
            uses: link.uses,
            expired: link.expired,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct NewLink {
    #[serde(flatten)]
    link: LinkOut,
    /// Whoever has it may watch the film. Told only now.
    url: String,
}

/// List a film's share links
///
/// All of them, at most a hundred, so there are no pages.
#[utoipa::path(
    get,
    path = "/videos/{id}/links",
    operation_id = "listLinks",
    tag = "Share links",
    params(("id" = VideoId, Path, description = "The film's.")),
    responses((status = 200, description = "The links, the newest first.", body = Items<LinkOut>)),
    extensions(("x-problems" = json!(["forbidden", "401:password_required"]))),
)]
pub async fn list(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
) -> Result<axum::Json<Items<LinkOut>>> {
    let links = sharing::links(&platform, &actor, &parse(&id)?).await?;
    Ok(axum::Json(links.into_iter().map(LinkOut::from).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LinkAsked)]
pub struct Create {
    /// To know whom it went to.
    #[schema(max_length = 80, examples("For the choir"))]
    label: Option<String>,
    #[schema(value_type = Lasts)]
    expires: String,
}

/// How long a share link lasts.
#[derive(ToSchema)]
#[allow(dead_code, reason = "what domain::sharing::Lasts reads, for the document")]
enum Lasts {
    #[schema(rename = "1h")]
    Hour,
    #[schema(rename = "1d")]
    Day,
    #[schema(rename = "7d")]
    Week,
    #[schema(rename = "30d")]
    Month,
    #[schema(rename = "never")]
    Forever,
}

/// Make a share link
///
/// Its `url` is told only now, and kept nowhere: this call takes no `Idempotency-Key`.
#[utoipa::path(
    post,
    path = "/videos/{id}/links",
    operation_id = "createLink",
    tag = "Share links",
    params(("id" = VideoId, Path, description = "The film's.")),
    request_body = Create,
    responses((status = 201, description = "A link.", body = NewLink)),
    extensions(("x-problems" = json!([
        "forbidden", "401:password_required", "film_is_open", "too_many_links", "expires_unknown", "too_long",
    ]))),
)]
pub async fn create(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Json(asked): Json<Create>,
) -> Result<(StatusCode, axum::Json<NewLink>)> {
    let label = asked.label.unwrap_or_default();
    let made = sharing::create_link(&platform, &actor, &parse(&id)?, &label, &asked.expires).await?;
    Ok((StatusCode::CREATED, axum::Json(NewLink { link: made.link.into(), url: made.url })))
}

/// Withdraw a share link
///
/// Whoever came by it is out at once.
#[utoipa::path(
    delete,
    path = "/videos/{id}/links/{link}",
    operation_id = "withdrawLink",
    tag = "Share links",
    params(("id" = VideoId, Path, description = "The film's."), ("link" = KeyId, Path, description = "The link's.")),
    responses((status = 204, description = "It opens nothing any more.")),
    extensions(("x-problems" = json!(["forbidden", "401:password_required"]))),
)]
pub async fn withdraw(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path((id, link)): Path<(String, String)>,
) -> Result<StatusCode> {
    let link = link.parse().map_err(|_| Problem::not_found())?;
    sharing::withdraw(&platform, &actor, &parse(&id)?, &link).await?;
    Ok(StatusCode::NO_CONTENT)
}
