use super::videos::parse;
use crate::address::Path;
use crate::headers::FOR_OTHER_SITES;
use crate::problem::Result;
use crate::viewer::Who;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::id::VideoId;
use platform::{Platform, originals};

/// Save the original
///
/// Away to the storage, which sends it as a file of the film's title. For the film's owner, and for everybody who may watch
/// it where he allows that.
#[utoipa::path(
    get,
    path = "/videos/{id}/original",
    operation_id = "getOriginal",
    tag = "Films",
    params(("id" = VideoId, Path, description = "The film's.")),
    responses((status = 302, description = "Where the file is.", headers(("Location" = String)))),
    security((), ("bearer" = []), ("cookie" = [])),
    extensions(("x-problems" = json!(["401:password_required"]))),
)]
pub async fn download(State(platform): State<Platform>, Who(actor): Who, Path(id): Path<String>) -> Result<Response> {
    let address = originals::address(&platform, &actor, &parse(&id)?).await?;
    Ok((StatusCode::FOUND, [(header::LOCATION, address)], [FOR_OTHER_SITES]).into_response())
}
