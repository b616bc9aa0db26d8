//! A way to S3 on which chosen requests go wrong.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const A_WHILE: Duration = Duration::from_millis(400);

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Answered with this status, and not passed on.
    Refused(u16),
    /// Done, but only after a while: so that a film takes its time on a fast machine, too.
    Late,
    /// Done once [`Proxy::release`] is called.
    Held,
    /// Done, and answered with this status.
    Denied(u16),
    /// Answered with success and the text of an error, and not passed on.
    Pretended,
    /// Not passed on: the connection breaks.
    Reset,
    /// Neither passed on nor answered.
    Lost,
    /// Done, and never answered.
    Unanswered,
    /// Answered with half of the bytes that were announced.
    BrokenOff,
}

/// What is asked of S3.
pub struct Asked {
    pub method: Method,
    /// `/bucket/key`
    pub path: String,
    pub query: String,
    headers: HeaderMap,
}

impl Asked {
    pub fn reads(&self, part: &str) -> bool {
        self.method == Method::GET && self.headers.contains_key(header::RANGE) && self.path.contains(part)
    }

    /// From so many bytes on.
    pub fn reads_behind(&self, part: &str, offset: u64) -> bool {
        let range = self.headers.get(header::RANGE).and_then(|range| range.to_str().ok()?.strip_prefix("bytes="));
        let start = range.and_then(|range| range.split('-').next()?.parse::<u64>().ok());
        self.reads(part) && start.is_some_and(|start| start >= offset)
    }

    pub fn looks_at(&self, part: &str) -> bool {
        self.method == Method::HEAD && self.path.contains(part)
    }

    pub fn stores(&self, part: &str) -> bool {
        self.method == Method::PUT && self.path.contains(part)
    }

    pub fn lists_parts(&self) -> bool {
        self.method == Method::GET && self.query.contains("uploadId=")
    }

    pub fn joins_parts(&self) -> bool {
        self.method == Method::POST && self.query.contains("uploadId=")
    }

    pub fn sends_part(&self) -> bool {
        self.method == Method::PUT && self.query.contains("partNumber=")
    }
}

struct Rule {
    applies: Box<dyn Fn(&Asked) -> bool + Send>,
    fault: Fault,
    left: usize,
    met: Met,
}

/// How often a rule was met.
#[derive(Clone, Default)]
pub struct Met(Arc<AtomicUsize>);

impl Met {
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

struct Way {
    upstream: String,
    client: reqwest::Client,
    rules: Mutex<Vec<Rule>>,
    released: watch::Sender<bool>,
}

pub struct Proxy {
    pub url: String,
    way: Arc<Way>,
    serving: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Proxy {
    /// Passes everything on to `upstream`, until it is told otherwise.
    pub async fn start(upstream: String) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let way = Arc::new(Way { upstream, client, rules: Mutex::default(), released: watch::Sender::new(false) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(way.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, way, serving }
    }

    /// The next `times` requests for which `applies` holds go wrong.
    pub fn fault(&self, fault: Fault, times: usize, applies: impl Fn(&Asked) -> bool + Send + 'static) -> Met {
        let met = Met::default();
        let rule = Rule { applies: Box::new(applies), fault, left: times, met: met.clone() };
        self.way.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
        met
    }

    /// Lets go of what is held, and holds nothing any more.
    pub fn release(&self) {
        self.way.released.send_replace(true);
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.way.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

async fn pass(State(way): State<Arc<Way>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let asked = Asked {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
    };
    match way.met(&asked) {
        None => way.ask(&asked, &parts.uri, body).await,
        Some(Fault::Refused(status)) => refusal(status),
        Some(Fault::Late) => {
            tokio::time::sleep(A_WHILE).await;
            way.ask(&asked, &parts.uri, body).await
        }
        Some(Fault::Held) => {
            let _ = way.released.subscribe().wait_for(|released| *released).await;
            way.ask(&asked, &parts.uri, body).await
        }
        Some(Fault::Pretended) => refusal(200),
        // Ends this connection's task, and with it the connection; without the word of a panic.
        Some(Fault::Reset) => resume_unwind(Box::new("reset")),
        Some(Fault::Denied(status)) => {
            way.ask(&asked, &parts.uri, body).await;
            refusal(status)
        }
        Some(Fault::Lost) => std::future::pending().await,
        Some(Fault::Unanswered) => {
            way.ask(&asked, &parts.uri, body).await;
            std::future::pending().await
        }
        Some(Fault::BrokenOff) => broken_off(way.ask(&asked, &parts.uri, body).await).await,
    }
}

impl Way {
    /// The fault that this request meets, counted.
    fn met(&self, asked: &Asked) -> Option<Fault> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let rule = rules.iter_mut().find(|rule| rule.left > 0 && (rule.applies)(asked))?;
        rule.left -= 1;
        rule.met.0.fetch_add(1, Ordering::SeqCst);
        Some(rule.fault)
    }

    /// As it came, the host's name included: it is signed.
    async fn ask(&self, asked: &Asked, uri: &Uri, body: Bytes) -> Response {
        let mut headers = asked.headers.clone();
        for name in [header::CONNECTION, header::EXPECT, header::TRANSFER_ENCODING] {
            headers.remove(name);
        }
        let url = format!("{}{}", self.upstream, uri.path_and_query().map_or("/", |all| all.as_str()));
        let request = self.client.request(asked.method.clone(), url).headers(headers).body(body);
        let Ok(answer) = request.send().await else { return refusal(502) };
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove(header::CONNECTION);
        headers.remove(header::TRANSFER_ENCODING);
        let Ok(body) = answer.bytes().await else { return refusal(502) };
        (status, headers, body).into_response()
    }
}

fn refusal(status: u16) -> Response {
    let text = "<Error><Code>ServiceUnavailable</Code><Message>Please try again.</Message></Error>";
    (StatusCode::from_u16(status).unwrap(), text).into_response()
}

async fn broken_off(answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half: [std::io::Result<Bytes>; 2] =
        [Ok(bytes.slice(..bytes.len() / 2)), Err(std::io::ErrorKind::ConnectionReset.into())];
    Response::from_parts(parts, Body::from_stream(stream::iter(half)))
}
