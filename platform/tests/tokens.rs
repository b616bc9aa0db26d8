//! Tokens of scripts against a real PostgreSQL.

mod support;

use domain::actor::{Actor, Scope, Scopes};
use platform::{Error, Platform, accounts, tokens};
use support::{person, platform};

async fn known(platform: &Platform, token: &str) -> bool {
    tokens::holder(platform, token).await.unwrap().is_some()
}

#[tokio::test]
async fn a_token_tells_whose_it_is_and_another_does_not() {
    let platform = platform().await;
    let (user, _) = person(&platform).await;
    let issued = tokens::issue(&platform, &user.id, Scopes::ALL).await.unwrap();
    assert_eq!(tokens::holder(&platform, &issued.access_token).await.unwrap(), Some((user, Scopes::ALL)));
    for nobodys in ["kin_0000", "nonsense", &issued.refresh_token] {
        assert_eq!(tokens::holder(&platform, nobodys).await.unwrap(), None, "{nobodys}");
    }
}

#[tokio::test]
async fn a_refresh_token_is_good_for_one_use_and_keeps_its_scopes() {
    let platform = platform().await;
    let (user, _) = person(&platform).await;
    let read = Scopes::default().with(Scope::Read);
    let first = tokens::issue(&platform, &user.id, read.with(Scope::Upload)).await.unwrap();
    let more = tokens::refresh(&platform, &first.refresh_token, Some(Scopes::ALL)).await;
    assert_eq!(more.unwrap_err().code(), "invalid_scope");
    let second = tokens::refresh(&platform, &first.refresh_token, Some(read)).await.unwrap();
    assert_eq!(tokens::holder(&platform, &second.access_token).await.unwrap(), Some((user, read)));
    assert!(known(&platform, &first.access_token).await);
}

#[tokio::test]
async fn a_refresh_token_that_is_used_twice_ends_its_sign_in_and_no_other() {
    let platform = platform().await;
    let (user, _) = person(&platform).await;
    let other = tokens::issue(&platform, &user.id, Scopes::ALL).await.unwrap();
    let first = tokens::issue(&platform, &user.id, Scopes::ALL).await.unwrap();
    let second = tokens::refresh(&platform, &first.refresh_token, None).await.unwrap();
    let again = tokens::refresh(&platform, &first.refresh_token, None).await;
    assert_eq!(again.unwrap_err().code(), "invalid_grant");
    for dead in [&first.access_token, &second.access_token] {
        assert!(!known(&platform, dead).await);
    }
    assert!(tokens::refresh(&platform, &second.refresh_token, None).await.is_err());
    assert!(known(&platform, &other.access_token).await);
}

#[tokio::test]
async fn of_two_who_refresh_at_once_one_ends_it_for_both() {
    let platform = platform().await;
    let (user, _) = person(&platform).await;
    let issued = tokens::issue(&platform, &user.id, Scopes::ALL).await.unwrap();
    let ask = || tokens::refresh(&platform, &issued.refresh_token, None);
    let (one, other) = futures::join!(ask(), ask());
    assert_eq!([&one, &other].iter().filter(|answer| answer.is_ok()).count(), 1);
    let won = one.or(other).unwrap();
    assert!(!known(&platform, &won.access_token).await);
}

#[tokio::test]
async fn what_is_revoked_opens_nothing_any_more() {
    let platform = platform().await;
    let (user, actor) = person(&platform).await;
    let issued = tokens::issue(&platform, &user.id, Scopes::ALL).await.unwrap();
    tokens::revoke(&platform, &issued.refresh_token).await.unwrap();
    assert!(!known(&platform, &issued.access_token).await);
    let made = tokens::create(&platform, &actor, "backup", Scopes::ALL, None).await.unwrap();
    assert!(known(&platform, &made.secret).await);
    tokens::revoke(&platform, &made.secret).await.unwrap();
    assert!(!known(&platform, &made.secret).await);
    tokens::revoke(&platform, "kin_unknown").await.unwrap();
}

#[tokio::test]
async fn a_personal_token_is_listed_without_its_secret_and_withdrawn() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let read = Scopes::default().with(Scope::Read);
    let made = tokens::create(&platform, &actor, " backup ", read, Some(30)).await.unwrap();
    assert!(made.secret.starts_with("kip_"));
    let listed = tokens::personal(&platform, &actor).await.unwrap();
    assert_eq!((listed.len(), &listed[0].name[..], &listed[0].scopes[..]), (1, "backup", &[Scope::Read][..]));
    assert_eq!(listed[0].last_used_at, None);
    assert!(known(&platform, &made.secret).await);
    assert!(tokens::personal(&platform, &actor).await.unwrap()[0].last_used_at.is_some());
    let (_, stranger) = person(&platform).await;
    assert!(matches!(tokens::withdraw(&platform, &stranger, &made.token.id).await, Err(Error::NotFound)));
    tokens::withdraw(&platform, &actor, &made.token.id).await.unwrap();
    assert!(!known(&platform, &made.secret).await);
}

#[tokio::test]
async fn no_token_gives_another_more_than_it_has() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let manage = Scopes::default().with(Scope::Manage);
    let by_token = Actor { scopes: manage, ..actor.clone() };
    assert!(tokens::create(&platform, &by_token, "same", manage, None).await.is_ok());
    let more = tokens::create(&platform, &by_token, "more", manage.with(Scope::Admin), None).await;
    assert_eq!(more.unwrap_err().code(), "invalid_scope");
    let reader = Actor { scopes: Scopes::default().with(Scope::Read), ..actor };
    let none = tokens::create(&platform, &reader, "none", reader.scopes, None).await;
    assert_eq!(none.unwrap_err().code(), "insufficient_scope");
}

#[tokio::test]
async fn who_is_disabled_is_out_with_all_tokens() {
    let platform = platform().await;
    let (user, actor) = person(&platform).await;
    let issued = tokens::issue(&platform, &user.id, Scopes::ALL).await.unwrap();
    let made = tokens::create(&platform, &actor, "backup", Scopes::ALL, None).await.unwrap();
    platform::db::users::set_disabled(&platform.db, &user.id, true).await.unwrap();
    for token in [&issued.access_token, &made.secret] {
        assert!(!known(&platform, token).await);
    }
    assert!(tokens::refresh(&platform, &issued.refresh_token, None).await.is_err());
    assert!(accounts::sign_in(&platform, &user.username, "correct horse", None).await.is_err());
}
