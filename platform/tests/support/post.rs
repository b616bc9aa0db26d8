//! A Kinora with a database of its own, and mail servers that behave in several ways.

use platform::config::{MailConfig, MailRoute, Secret};
use platform::{Config, Platform, mail};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// With nobody else's mails in it.
pub async fn lone(route: Option<MailRoute>) -> Platform {
    let mut config = Config::from_env().expect("run by make test");
    let name = format!("m{}", super::name());
    let all = sqlx::PgPool::connect(config.database.url.reveal()).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&all).await.unwrap();
    let url = config.database.url.reveal().rsplit_once('/').unwrap().0.to_owned();
    config.database.url = Secret::new(format!("{url}/{name}"));
    config.database.max_connections = 4;
    config.mail = route.map(|route| MailConfig {
        from: "Kinora <kinora@films.example>".parse().unwrap(),
        route,
        patience: Duration::from_secs(20),
    });
    Platform::connect(config).await.unwrap()
}

/// One whose mails lie in a folder.
pub struct Post {
    pub platform: Platform,
    folder: TempDir,
}

impl Post {
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let platform = lone(Some(MailRoute::Folder(folder.path().join("mail")))).await;
        Self { platform, folder }
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// Sends what waits, and hands out what has come since the last time, in order of address and subject.
    pub async fn collect(&self) -> Vec<mail::Mail> {
        mail::send_due(&self.platform).await.unwrap();
        let mut mails = mail::read_folder(&self.folder()).await.unwrap();
        let _ = std::fs::remove_dir_all(self.folder());
        mails.sort_by(|a, b| (&a.to, &a.subject).cmp(&(&b.to, &b.subject)));
        mails
    }

    /// The only mail that has come.
    pub async fn one(&self) -> mail::Mail {
        let mut mails = self.collect().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }

    pub async fn count(&self, table: &str) -> i64 {
        let query = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        sqlx::query_scalar(query).fetch_one(&self.platform.db).await.unwrap()
    }

    pub async fn lasts(&self, session: &[u8; 32]) -> bool {
        let longest = self.platform.config.session_longest;
        platform::db::sessions::get(&self.platform.db, session, longest).await.unwrap().is_some()
    }

    pub async fn sql(&self, query: &'static str) {
        sqlx::raw_sql(query).execute(&self.platform.db).await.unwrap();
    }
}

/// The secret of the link in a mail.
pub fn token(text: &str) -> String {
    let link = text.lines().find(|line| line.contains("#kim_")).unwrap_or_else(|| panic!("no link: {text}"));
    link.trim().split_once('#').unwrap().1.to_owned()
}

/// How a mail server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Takes,
    /// Answers RCPT with this code.
    Refuses(u16),
    /// Accepts the connection, and says nothing.
    Silent,
}

/// Speaks enough of RFC 5321 to be handed mails; no TLS.
pub struct MailServer {
    pub port: u16,
    manner: Arc<Mutex<Manner>>,
    /// All that it was told, line by line.
    pub heard: Arc<Mutex<String>>,
}

impl MailServer {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (manner, heard) = (Arc::new(Mutex::new(manner)), Arc::new(Mutex::new(String::new())));
        let (how, ears) = (manner.clone(), heard.clone());
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let manner = *how.lock().unwrap();
                tokio::spawn(converse(connection, manner, ears.clone()));
            }
        });
        Self { port, manner, heard }
    }

    pub fn route(&self, query: &str) -> MailRoute {
        MailRoute::Smtp(Secret::new(format!("smtp://127.0.0.1:{}{query}", self.port)))
    }

    pub fn becomes(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }

    pub fn mails(&self) -> usize {
        self.heard().matches("\r\n.\r\n").count()
    }
}

async fn converse(connection: TcpStream, manner: Manner, heard: Arc<Mutex<String>>) -> std::io::Result<()> {
    let (read, mut write) = connection.into_split();
    if manner == Manner::Silent {
        let mut read = BufReader::new(read);
        let mut line = String::new();
        while read.read_line(&mut line).await? > 0 {}
        return Ok(());
    }
    write.write_all(b"220 mail.example ESMTP\r\n").await?;
    let mut lines = BufReader::new(read);
    let mut in_data = false;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        heard.lock().unwrap().push_str(&line);
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer = match (in_data, verb.as_str()) {
            (true, _) if line == ".\r\n" => {
                in_data = false;
                "250 taken".to_owned()
            }
            (true, _) => continue,
            (false, "EHLO") => "250-mail.example\r\n250 8BITMIME".to_owned(),
            (false, "RCPT") => match manner {
                Manner::Refuses(code) => format!("{code} not now"),
                _ => "250 fine".to_owned(),
            },
            (false, "DATA") => {
                in_data = true;
                "354 go on".to_owned()
            }
            (false, "QUIT") => "221 bye".to_owned(),
            _ => "250 fine".to_owned(),
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}
