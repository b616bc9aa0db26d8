use super::videos::parse;
use crate::address::Path;
use crate::json::Json;
use crate::problem::Result;
use crate::viewer::{ClientIp, Who};
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::VideoId;
use domain::watching::Counted;
use platform::{Platform, watching};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Visit)]
pub struct Visited {
    /// By which this visit is known again: made up at random, 128 bits or more.
    #[schema(pattern = "^[A-Za-z0-9_-]{16,64}$", examples("3b241101-e2bb-4255-8caf-4136c566a962"))]
    visit: String,
}

/// Tell of a view
///
/// When a film begins to play, and again after `wait_ms`: then it counts.
#[utoipa::path(
    post,
    path = "/videos/{id}/views",
    operation_id = "recordView",
    tag = "Watching",
    params(("id" = VideoId, Path, description = "The film's.")),
    request_body = Visited,
    responses((status = 200, description = "Whether it counts by now.", body = Counted)),
    security((), ("bearer" = []), ("cookie" = [])),
    extensions(("x-problems" = json!(["visit_invalid", "too_many_attempts", "401:password_required"]))),
)]
pub async fn view(
    State(platform): State<Platform>,
    Who(actor): Who,
    ClientIp(ip): ClientIp,
    Path(id): Path<String>,
    Json(visited): Json<Visited>,
) -> Result<axum::Json<Counted>> {
    Ok(axum::Json(watching::view(&platform, &actor, ip, &parse(&id)?, &visited.visit).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// From the film's beginning.
    #[schema(minimum = 0, examples(754.2))]
    seconds: f64,
}

/// Keep where you are
///
/// For the next time, on all your devices. At a film's beginning and behind its end there is nothing to keep.
#[utoipa::path(
    put,
    path = "/videos/{id}/position",
    operation_id = "keepPosition",
    tag = "Watching",
    params(("id" = VideoId, Path, description = "The film's.")),
    request_body = Position,
    responses((status = 204, description = "It is kept.")),
    extensions(("x-problems" = json!(["seconds_invalid", "401:password_required"]))),
)]
pub async fn keep_position(
    State(platform): State<Platform>,
    Who(actor): Who,
    Path(id): Path<String>,
    Json(position): Json<Position>,
) -> Result<StatusCode> {
    watching::keep_position(&platform, &actor, &parse(&id)?, position.seconds).await?;
    Ok(StatusCode::NO_CONTENT)
}
