//! Where mails leave: a mail server, or a folder.

use super::letter::Letter;
use crate::config::{Config, MailConfig, MailRoute};
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Answers of a mail server that mean this mail, not the server (RFC 5321, 4.2.3): there is no such mailbox.
const NO_SUCH_MAILBOX: [u16; 3] = [550, 551, 553];

#[derive(Clone)]
pub struct Outlet {
    from: Mailbox,
    /// Where we are at home: behind the @ of messages' ids.
    host: String,
    route: Route,
}

#[derive(Clone)]
enum Route {
    Smtp { transport: AsyncSmtpTransport<Tokio1Executor>, patience: Duration },
    Folder(PathBuf),
}

/// What went wrong, for the log: never what stands in the mail.
#[derive(Debug)]
pub(super) enum Failure {
    /// It may go well later.
    Passing(String),
    /// It never will.
    Refused(String),
}

impl Outlet {
    pub fn new(config: &Config) -> crate::Result<Option<Self>> {
        let Some(MailConfig { from, route, patience }) = config.mail.clone() else { return Ok(None) };
        let route = match route {
            MailRoute::Folder(folder) => Route::Folder(folder),
            MailRoute::Smtp(url) => {
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.reveal());
                let builder = builder.map_err(crate::Error::internal)?;
                Route::Smtp { transport: builder.timeout(Some(patience)).build(), patience }
            }
        };
        let host = config.public_url.host_str().unwrap_or("localhost").to_owned();
        Ok(Some(Self { from, host, route }))
    }

    /// The folder that mails are put into instead of being sent.
    pub fn folder(&self) -> Option<&Path> {
        match &self.route {
            Route::Folder(folder) => Some(folder),
            Route::Smtp { .. } => None,
        }
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), Failure> {
        let message = self.message(letter)?;
        match &self.route {
            Route::Smtp { transport, patience } => {
                match tokio::time::timeout(*patience, transport.send(message)).await {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(error)) => Err(judged(&error)),
                    Err(_) => Err(Failure::Passing("the mail server is silent".to_owned())),
                }
            }
            Route::Folder(folder) => {
                let written = put(folder, &message.formatted()).await;
                written.map_err(|error| Failure::Passing(format!("KINORA_MAIL_FOLDER: {error}")))
            }
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, Failure> {
        let to: Address = letter.to.parse().map_err(|_| Failure::Refused("this is no address".to_owned()))?;
        let id = crate::accounts::hex(&rand::random::<[u8; 16]>());
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .message_id(Some(format!("<{id}@{}>", self.host)))
            .date_now()
            .header(AutoSubmitted)
            .multipart(
                MultiPart::alternative()
                    .singlepart(part(ContentType::TEXT_PLAIN, letter.text()))
                    .singlepart(part(ContentType::TEXT_HTML, letter.html())),
            )
            .map_err(|error| Failure::Refused(error.to_string()))
    }
}

/// As it is, where it may be (RFC 5322, 2.1.1): encoded, a link would be cut into lines, and nobody could read it in a file.
fn part(kind: ContentType, text: String) -> SinglePart {
    let is_plain = text.is_ascii() && text.lines().all(|line| line.len() <= 998);
    let body = if is_plain {
        Body::dangerous_pre_encoded(text.into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text)
    };
    SinglePart::builder().header(kind).body(body)
}

fn judged(error: &smtp::Error) -> Failure {
    let mut why = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_says = cause.to_string();
        if !why.contains(&cause_says) {
            why = format!("{why}: {cause_says}");
        }
        source = cause.source();
    }
    match error.status().map(u16::from) {
        Some(code) if NO_SUCH_MAILBOX.contains(&code) => Failure::Refused(why),
        _ => Failure::Passing(why),
    }
}

/// Names sort by time. It appears under its name when it is complete.
async fn put(folder: &Path, bytes: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    let name = format!("{micros:016}-{}", crate::accounts::hex(&rand::random::<[u8; 4]>()));
    let unfinished = folder.join(format!("{name}.part"));
    tokio::fs::write(&unfinished, bytes).await?;
    tokio::fs::rename(unfinished, folder.join(format!("{name}.eml"))).await
}

/// RFC 3834, 5: nobody's answering machine answers it.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
