use super::videos::parse;
use crate::headers::FOR_OTHER_SITES;
use crate::problem::Result;
use crate::viewer::Who;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::{Platform, originals};

/// Away to S3, which sends it as a file of the film's title.
pub async fn download(State(platform): State<Platform>, Who(actor): Who, Path(id): Path<String>) -> Result<Response> {
    let address = originals::address(&platform, &actor, &parse(&id)?).await?;
    Ok((StatusCode::FOUND, [(header::LOCATION, address)], [FOR_OTHER_SITES]).into_response())
}
