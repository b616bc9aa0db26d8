//! The folder that mails are put into while Kinora is developed, as the page that shows them reads it.

use std::io;
use std::path::Path;

/// The newest that are shown.
const MAX: usize = 100;

/// A mail as we wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub date: String,
    pub text: String,
}

/// The newest first.
pub async fn read_folder(folder: &Path) -> io::Result<Vec<Mail>> {
    let mut names = Vec::new();
    let mut entries = match tokio::fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    while let Some(entry) = entries.next_entry().await? {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "eml") {
            names.push(path);
        }
    }
    names.sort_unstable();
    let mut mails = Vec::new();
    for name in names.iter().rev().take(MAX) {
        mails.push(parse(&tokio::fs::read_to_string(name).await?));
    }
    Ok(mails)
}

/// Of a message like ours: its lines are ASCII, none is folded that is read here, and its first part is the text.
fn parse(message: &str) -> Mail {
    let message = message.replace("\r\n", "\n");
    let (head, body) = message.split_once("\n\n").unwrap_or((&message, ""));
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let text = body.split_once("\n\n").map_or("", |(_, text)| text);
    let text = text.split("\n--").next().unwrap_or_default().trim().to_owned();
    Mail { to: header("To"), subject: header("Subject"), date: header("Date"), text }
}
