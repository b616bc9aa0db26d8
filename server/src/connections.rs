//! Connections, and how long somebody may take who sends slowly: there is room for as many as there are descriptors, and one
//! that holds a place without saying anything takes it from others.

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::Response;
use futures::{StreamExt, stream};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// For a request's head, and for the next request on a connection.
const HEAD: Duration = Duration::from_secs(30);
/// For all of a body.
const BODY: Duration = Duration::from_secs(30);
/// Bytes of a head; a longer one gets 431.
const LARGEST_HEAD: usize = 32 << 10;
/// Until connections are taken again, when there are no descriptors left for them.
const FULL: Duration = Duration::from_millis(200);

/// Serves until `shutdown`, and then to the end of what has begun.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let open = TaskTracker::new();
    while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, peer)) => {
                open.spawn(talk(stream, peer, router.clone(), shutdown.clone()));
            }
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "No connections can be taken");
                tokio::time::sleep(FULL).await;
            }
        }
    }
    open.close();
    open.wait().await;
}

fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn talk(stream: TcpStream, peer: SocketAddr, router: Router, shutdown: CancellationToken) {
    // An answer isn't held back until there is more of it.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(LARGEST_HEAD);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = match shutdown.run_until_cancelled(connection.as_mut()).await {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // Broken by the client, or too slow: nothing to be done here.
    if let Err(error) = ended {
        tracing::debug!(error = &error as &dyn StdError, "a connection ended early");
    }
}

/// Middleware: a body that takes too long ends in an error.
pub async fn in_time(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let deadline = Instant::now() + BODY;
    let in_time = move |body: Body| {
        let pieces = stream::unfold(Some(body.into_data_stream()), move |pieces| async move {
            let mut pieces = pieces?;
            match timeout_at(deadline, pieces.next()).await {
                Ok(piece) => Some((piece?, Some(pieces))),
                Err(late) => Some((Err(axum::Error::new(io::Error::new(io::ErrorKind::TimedOut, late))), None)),
            }
        });
        Body::from_stream(pieces)
    };
    next.run(request.map(in_time)).await
}

/// Whether it is for its slowness that a body couldn't be read.
pub fn is_late(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return true;
        }
        next = error.source();
    }
    false
}
