use crate::error::ApiError;
use crate::page::Listing;
#[allow(unused_imports, reason = "used by the server's half")]
use crate::server;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

/// Public films: the newest, or by search. `cursor` is the last page's.
#[server(input = Json, output = Json)]
pub async fn films(query: Option<String>, cursor: Option<String>) -> Result<Listing, ApiError> {
    let page = platform::videos::list(&server::platform(), query.as_deref(), cursor.as_deref(), None).await?;
    Ok(Listing { page, now: server::now() })
}
