//! What providers answer to our own requests: fetched within seconds, without going elsewhere, and never much of it.

use futures::future::BoxFuture;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Client, redirect};
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// From the request to the last byte of its answer.
const TIMEOUT: Duration = Duration::from_secs(6);
/// Keys, claims and metadata have some kilobytes.
const MAX_BYTES: usize = 512 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    #[error("the provider can't be reached")]
    Unreachable(#[from] reqwest::Error),
    #[error("the answer is larger than it may be")]
    TooLarge,
    #[error("the answer isn't HTTP")]
    Malformed(#[from] openidconnect::http::Error),
}

/// Asks providers. Cheap to clone.
#[derive(Clone)]
pub struct Http(Client);

impl Http {
    /// No redirects: what a provider answers from elsewhere isn't its own.
    pub fn new() -> reqwest::Result<Self> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .user_agent(concat!("Kinora/", env!("CARGO_PKG_VERSION")));
        client.build().map(Self)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = NoAnswer;
    type Future = BoxFuture<'c, Result<HttpResponse, NoAnswer>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(fetch(&self.0, request))
    }
}

async fn fetch(client: &Client, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
    let mut answer = client.execute(request.try_into()?).await?;
    let mut body = Vec::new();
    while let Some(bytes) = answer.chunk().await? {
        if body.len() + bytes.len() > MAX_BYTES {
            return Err(NoAnswer::TooLarge);
        }
        body.extend_from_slice(&bytes);
    }
    let mut response = HttpResponse::new(body);
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    Ok(response)
}
