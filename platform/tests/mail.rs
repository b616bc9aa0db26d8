//! Mails on their way: to real mail servers on this machine that take them, refuse them, or say nothing.

mod support;

use platform::config::{MailRoute, Secret};
use platform::{Platform, accounts, addresses, mail};
use std::sync::Arc;
use support::post::{MailServer, Manner, Post, lone, token};
use support::{name, sign_up};

async fn somebody(platform: &Platform) -> String {
    let name = name();
    sign_up(platform, &format!("{name}@example.org")).await;
    name
}

async fn waiting(platform: &Platform) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM mails").fetch_one(&platform.db).await.unwrap()
}

async fn make_due(platform: &Platform) {
    sqlx::query("UPDATE mails SET due_at = now()").execute(&platform.db).await.unwrap();
}

#[tokio::test]
async fn a_mail_reaches_a_mail_server_and_its_link_works() {
    let server = MailServer::start(Manner::Takes).await;
    let platform = lone(Some(server.route(""))).await;
    let name = somebody(&platform).await;
    assert_eq!(mail::send_due(&platform).await.unwrap(), 1);
    assert_eq!(waiting(&platform).await, 0);
    let heard = server.heard();
    assert!(heard.contains("MAIL FROM:<kinora@films.example>"), "{heard}");
    assert!(heard.contains(&format!("RCPT TO:<{name}@example.org>")), "{heard}");
    assert!(heard.contains("Auto-Submitted: auto-generated"), "{heard}");
    addresses::confirm(&platform, &token(&heard), None).await.unwrap();
    accounts::sign_in(&platform, &format!("{name}@example.org"), "correct horse", None).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_busy_silent_or_away_loses_nothing() {
    let server = MailServer::start(Manner::Refuses(451)).await;
    let mut platform = lone(Some(server.route(""))).await;
    somebody(&platform).await;
    assert_eq!((mail::send_due(&platform).await.unwrap(), waiting(&platform).await), (0, 1));
    // Not before its time comes.
    assert_eq!(mail::send_due(&platform).await.unwrap(), 0);
    assert_eq!(server.heard().matches("RCPT").count(), 1);

    server.becomes(Manner::Silent);
    make_due(&platform).await;
    let mut impatient = (*platform.config).clone();
    impatient.mail.as_mut().unwrap().patience = std::time::Duration::from_millis(300);
    platform.mail = mail::Outlet::new(&impatient).unwrap();
    assert_eq!((mail::send_due(&platform).await.unwrap(), waiting(&platform).await), (0, 1));

    let mut away = (*platform.config).clone();
    away.mail.as_mut().unwrap().route = MailRoute::Smtp(Secret::new("smtp://127.0.0.1:1".to_owned()));
    let back = Arc::new((*platform.config).clone());
    platform.mail = mail::Outlet::new(&away).unwrap();
    make_due(&platform).await;
    assert_eq!((mail::send_due(&platform).await.unwrap(), waiting(&platform).await), (0, 1));

    server.becomes(Manner::Takes);
    platform.mail = mail::Outlet::new(&back).unwrap();
    make_due(&platform).await;
    assert_eq!((mail::send_due(&platform).await.unwrap(), waiting(&platform).await), (1, 0));
    addresses::confirm(&platform, &token(&server.heard()), None).await.unwrap();
}

#[tokio::test]
async fn a_mailbox_that_is_not_there_is_not_asked_again() {
    let server = MailServer::start(Manner::Refuses(550)).await;
    let platform = lone(Some(server.route(""))).await;
    somebody(&platform).await;
    assert_eq!((mail::send_due(&platform).await.unwrap(), waiting(&platform).await), (0, 0));
}

#[tokio::test]
async fn without_tls_nothing_is_told_unless_somebody_said_so() {
    let server = MailServer::start(Manner::Takes).await;
    let platform = lone(Some(server.route("?tls=required"))).await;
    somebody(&platform).await;
    assert_eq!((mail::send_due(&platform).await.unwrap(), waiting(&platform).await), (0, 1));
    assert!(!server.heard().contains("MAIL"), "{}", server.heard());
}

#[tokio::test]
async fn several_processes_send_each_mail_once() {
    let server = MailServer::start(Manner::Takes).await;
    let platform = lone(Some(server.route(""))).await;
    for _ in 0..6 {
        somebody(&platform).await;
    }
    let sent =
        tokio::try_join!(mail::send_due(&platform), mail::send_due(&platform), mail::send_due(&platform)).unwrap();
    assert_eq!(sent.0 + sent.1 + sent.2, 6);
    assert_eq!(server.mails(), 6);
}

#[tokio::test]
async fn no_secret_lies_in_the_database() {
    let post = Post::new().await;
    somebody(&post.platform).await;
    assert_eq!(post.count("email_tokens").await, 0, "there is none before the mail leaves");
    let token = token(&post.one().await.text);
    let kept: String = sqlx::query_scalar("SELECT string_agg(t::text, ' ') FROM email_tokens t")
        .fetch_one(&post.platform.db)
        .await
        .unwrap();
    assert!(kept.contains("verify") && !kept.contains(&token[4..]), "{kept}");
    assert_eq!(post.count("mails").await, 0);
}

#[tokio::test]
async fn an_address_is_not_flooded() {
    let post = Post::new().await;
    for _ in 0..12 {
        sign_up(&post.platform, "ada@example.org").await;
    }
    assert_eq!(post.collect().await.len(), 10);
    assert_eq!(post.count("mails").await, 0);
}
