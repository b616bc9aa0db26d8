//! What the document says of who may make a call is what holds: those for people with an account are answered 401 to all
//! others, before anything is looked at. So it tells nothing of what there is.

use super::PREFIX;
use super::document::Document;
use crate::problem::Problem;
use app::server::Viewer;
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use platform::Error;
use std::collections::HashSet;
use std::sync::Arc;

/// The calls for people with an account.
pub struct Guard(HashSet<(String, Method)>);

impl Guard {
    pub fn new(document: &Document) -> Self {
        let paths = document.json["paths"].as_object().into_iter().flatten();
        let calls = paths.flat_map(|(path, item)| {
            let calls = item.as_object().into_iter().flatten().filter(|(_, call)| call.get("security").is_none());
            calls.filter_map(move |(method, _)| Some((format!("{PREFIX}{path}"), method.to_uppercase().parse().ok()?)))
        });
        Self(calls.collect())
    }

    fn lets_in(&self, request: &Request) -> bool {
        let Some(path) = request.extensions().get::<MatchedPath>() else { return true };
        let method = if *request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
        let known = || request.extensions().get::<Viewer>().is_some_and(|viewer| viewer.actor.user().is_some());
        !self.0.contains(&(path.as_str().to_owned(), method)) || known()
    }
}

/// Middleware.
pub async fn hold(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    if guard.lets_in(&request) {
        next.run(request).await
    } else {
        Problem::from(Error::sign_in_first()).into_response()
    }
}
