//! A way to PostgreSQL on which the commit of a chosen transaction goes wrong, once.

use reqwest::Url;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a film's transactions are known by: a statement that only they have.
pub const PLANNED: &str = "UPDATE builds SET plan";
/// A chunk of a film without an index.
pub const FOUND: &str = "jsonb_insert(plan";
pub const PUBLISHED: &str = "INSERT INTO segments";
pub const READY: &str = "UPDATE videos SET state = 'ready'";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// PostgreSQL doesn't hear of it, and nobody learns anything.
    Unheard,
    /// Committed, and nobody learns of it.
    Untold,
    /// Committed; the connection breaks before the answer.
    Unanswered,
}

pub struct Tunnel {
    /// The database, by this way.
    pub url: Url,
    met: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Tunnel {
    pub async fn start(mut url: Url, transaction: &'static str, fate: Fate) -> Self {
        let upstream = url.port().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (met, taken) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let count = met.clone();
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", upstream)).await.unwrap();
                tokio::spawn(pass(client, server, transaction, fate, taken.clone(), count.clone()));
            }
        });
        Self { url, met, serving }
    }

    /// How often it went wrong: once, when it has.
    pub fn met(&self) -> usize {
        self.met.load(Ordering::SeqCst)
    }
}

async fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    transaction: &str,
    fate: Fate,
    taken: Arc<AtomicBool>,
    met: Arc<AtomicUsize>,
) {
    let (mut asked, mut answered) = ([0; 1 << 16], [0; 1 << 16]);
    // Whether this connection is at the transaction, and at its end.
    let (mut at_it, mut committing) = (false, false);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Some(bytes) = read.ok().filter(|len| *len > 0).and_then(|len| asked.get(..len)) else { return };
                let text = String::from_utf8_lossy(bytes);
                at_it |= text.contains(transaction);
                if at_it && text.contains("COMMIT") && !taken.swap(true, Ordering::SeqCst) {
                    committing = true;
                    if fate == Fate::Unheard {
                        met.fetch_add(1, Ordering::SeqCst);
                        continue;
                    }
                }
                if server.write_all(bytes).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Some(bytes) = read.ok().filter(|len| *len > 0).and_then(|len| answered.get(..len)) else { return };
                match fate {
                    _ if !committing => {
                        if client.write_all(bytes).await.is_err() {
                            return;
                        }
                    }
                    Fate::Unanswered => {
                        met.fetch_add(1, Ordering::SeqCst);
                        return;
                    }
                    Fate::Untold | Fate::Unheard => {
                        met.fetch_add(1, Ordering::SeqCst);
                    }
                }
            }
        }
    }
}
