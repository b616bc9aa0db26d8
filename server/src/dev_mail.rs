//! `/dev/mail`: the mails that lie in a folder instead of being sent, while Kinora is developed. Whoever sees them opens every
//! account, so they are shown on this machine alone.

use crate::problem::Problem;
use crate::router::AppState;
use crate::viewer::ClientIp;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use domain::outside::xml::escape;
use platform::{Error, Platform, mail};
use std::fmt::Write;
use std::net::IpAddr;

/// Text, and how it looks.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Nothing where mails are sent, or where the server listens to other machines.
pub fn routes(platform: &Platform) -> Router<AppState> {
    let is_here = platform.config.listen.ip().is_loopback();
    let has_folder = platform.mail.as_ref().is_some_and(|outlet| outlet.folder().is_some());
    if is_here && has_folder { Router::new().route("/dev/mail", get(show)) } else { Router::new() }
}

async fn show(State(platform): State<Platform>, ClientIp(ip): ClientIp, headers: HeaderMap) -> Response {
    let folder = platform.mail.as_ref().and_then(|outlet| outlet.folder());
    let Some(folder) = folder.filter(|_| is_this_machine(ip, &headers)) else {
        return Problem::not_found().into_response();
    };
    let mails = match mail::read_folder(folder).await {
        Ok(mails) => mails,
        Err(error) => return Problem::from(Error::internal(error)).into_response(),
    };
    let policy = [(header::CONTENT_SECURITY_POLICY, POLICY)];
    (policy, Html(page(&mails, platform.config.public_url.as_str()))).into_response()
}

/// Neither somebody whom a proxy brings, nor a page elsewhere whose name leads to this machine.
fn is_this_machine(ip: Option<IpAddr>, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    ip.is_some_and(|ip| ip.is_loopback()) && matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

fn page(mails: &[mail::Mail], site: &str) -> String {
    let mut html = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Mails · Kinora</title>\
         <link rel=\"stylesheet\" href=\"/pkg/kinora.css\"></head><body><main class=\"page page-middle grid gap-5\"><h1>Mails</h1>\
         <p class=\"text-muted\">They lie in a folder instead of being sent; the newest first.</p>"
        .to_owned();
    if mails.is_empty() {
        html.push_str("<p>None yet.</p>");
    }
    for mail in mails {
        let (subject, to, date) = (escape(&mail.subject), escape(&mail.to), escape(&mail.date));
        let _ = write!(
            html,
            "<article class=\"card grid gap-3\"><h2>{subject}</h2><p class=\"text-sm text-muted break-words\">{to} · {date}</p>\
             <p class=\"whitespace-pre-line break-words\">{}</p></article>",
            mail.text.lines().map(|line| linked(line, site)).collect::<Vec<_>>().join("\n")
        );
    }
    html.push_str("</main></body></html>");
    html
}

/// Text, or a link to this site that fills its line.
fn linked(line: &str, site: &str) -> String {
    let text = escape(line);
    let is_link = line.starts_with(site.trim_end_matches('/')) && !line.contains(char::is_whitespace);
    if is_link { format!("<a class=\"link break-all\" href=\"{text}\">{text}</a>") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_mail_is_text() {
        let mail = mail::Mail {
            to: "<b>@example.org".to_owned(),
            subject: "<script>".to_owned(),
            date: String::new(),
            text: "<img src=x>\nhttp://localhost:3000/reset#kim_0\nhttp://elsewhere.example/".to_owned(),
        };
        let html = page(&[mail], "http://localhost:3000/");
        assert!(!html.contains("<b>") && !html.contains("<script") && !html.contains("<img"), "{html}");
        assert!(html.contains("href=\"http://localhost:3000/reset#kim_0\""), "{html}");
        assert!(!html.contains("href=\"http://elsewhere"), "{html}");
    }

    #[test]
    fn only_this_machine_is_shown_any() {
        let from = |ip: &str, host: &'static str| {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            is_this_machine(Some(ip.parse().unwrap()), &headers)
        };
        assert!(from("127.0.0.1", "localhost:3000") && from("::1", "[::1]:3000") && from("127.0.0.1", "127.0.0.1"));
        assert!(!from("192.0.2.1", "localhost:3000") && !from("127.0.0.1", "rebound.example:3000"));
    }
}
