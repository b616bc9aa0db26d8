//! How mails leave, and what waits for an address to be confirmed.

use super::vars::{self, Vars};
use crate::secret::Secret;
use lettre::message::Mailbox;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// How long a mail server may take for one mail.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
pub struct MailConfig {
    /// `Kinora <kinora@films.example>`, or the address alone.
    pub from: Mailbox,
    pub route: MailRoute,
    /// After this time a server that hasn't taken a mail is asked again later.
    pub patience: Duration,
}

#[derive(Debug, Clone)]
pub enum MailRoute {
    /// As lettre reads it: `smtps://`, or `smtp://` with `?tls=required`, or without for no TLS at all.
    Smtp(Secret<String>),
    /// For development: a file for each mail.
    Folder(PathBuf),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyEmail {
    /// Nothing is held back until an address is confirmed.
    Off,
    /// An account can do little before.
    Required,
}

pub(super) fn read(v: &mut Vars) -> (Option<MailConfig>, Option<VerifyEmail>) {
    let smtp = v.optional("KINORA_SMTP_URL", smtp_url);
    let folder = v.optional("KINORA_MAIL_FOLDER", vars::path);
    let from = v.optional("KINORA_MAIL_FROM", mailbox);
    let verify = v.or("KINORA_VERIFY_EMAIL", VerifyEmail::Off, |text| match text {
        "off" => Ok(VerifyEmail::Off),
        "required" => Ok(VerifyEmail::Required),
        _ => Err("must be off or required".to_owned()),
    });
    if smtp.is_some() && from.is_none() {
        v.wrong("KINORA_MAIL_FROM", "is needed with KINORA_SMTP_URL");
    }
    let route = smtp.map(MailRoute::Smtp).or(folder.map(MailRoute::Folder));
    if verify == Some(VerifyEmail::Required) && route.is_none() {
        v.wrong("KINORA_VERIFY_EMAIL", "can only be required with KINORA_SMTP_URL: nobody could confirm an address");
    }
    let from = from.or_else(|| "Kinora <kinora@localhost>".parse().ok());
    let mail = route.zip(from).map(|(route, from)| MailConfig { from, route, patience: PATIENCE });
    (mail, verify)
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    text.parse().map_err(|_| "must be an address like Kinora <kinora@films.example>".to_owned())
}

/// TLS is left out only where somebody says so: a password and a link that opens an account go over this line.
fn smtp_url(text: &str) -> Result<Secret<String>, String> {
    let wrong =
        || "must be like smtps://user:password@host, or smtp://… for STARTTLS (?tls=off for neither)".to_owned();
    let mut url = Url::parse(text).ok().filter(Url::has_host).ok_or_else(wrong)?;
    match (url.scheme(), url.query()) {
        ("smtps", None) => {}
        ("smtp", None) => url.set_query(Some("tls=required")),
        ("smtp", Some("tls=off")) => url.set_query(None),
        _ => return Err(wrong()),
    }
    Ok(Secret::new(url.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_left_out_only_where_somebody_says_so() {
        let read = |text| smtp_url(text).map(|url| url.reveal().clone());
        assert_eq!(read("smtp://mail.example").as_deref(), Ok("smtp://mail.example?tls=required"));
        assert_eq!(
            read("smtp://a:b%40@mail.example:2525").as_deref(),
            Ok("smtp://a:b%40@mail.example:2525?tls=required")
        );
        assert_eq!(read("smtps://a:b@mail.example").as_deref(), Ok("smtps://a:b@mail.example"));
        assert_eq!(read("smtp://127.0.0.1:1025?tls=off").as_deref(), Ok("smtp://127.0.0.1:1025"));
        for bad in ["mail.example", "http://mail.example", "smtp://mail.example?tls=opportunistic", "smtp:mail.example"]
        {
            assert!(smtp_url(bad).is_err(), "{bad}");
        }
    }
}
