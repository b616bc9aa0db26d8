//! Passwords and addresses: chosen, confirmed, forgotten, changed; and what strangers learn of it.

mod support;

use argon2::password_hash::{PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::account::Confirmed;
use domain::actor::Scopes;
use platform::accounts::{self, NewAccount, User};
use platform::places::{self, Place};
use platform::{Error, Platform, addresses, credentials, tokens};
use support::post::{Post, lone, token};
use support::{actor, name, person, platform};

const PASSWORD: &str = "correct horse";

async fn sign_up(post: &Post, email: &str) -> User {
    support::sign_up(&post.platform, email).await
}

/// Somebody whose address is confirmed.
async fn confirmed(post: &Post) -> User {
    let user = sign_up(post, &format!("{}@example.org", name())).await;
    let token = token(&post.one().await.text);
    assert!(matches!(addresses::confirm(&post.platform, &token, None).await, Ok(Confirmed::Verified { .. })));
    accounts::user(&post.platform, &user.id).await.unwrap().unwrap()
}

async fn can_sign_in(platform: &Platform, login: &str, password: &str) -> bool {
    match accounts::sign_in(platform, login, password, None).await {
        Ok(_) => true,
        Err(Error::Unauthenticated { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

fn code<T: std::fmt::Debug>(answer: platform::Result<T>) -> String {
    answer.unwrap_err().code().to_owned()
}

#[tokio::test]
async fn a_hash_of_other_days_is_replaced_at_sign_in() {
    let platform = platform().await;
    let (user, _) = person(&platform).await;
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(4096, 3, 1, None).unwrap());
    let salt = SaltString::encode_b64(b"0123456789abcdef").unwrap();
    let old = weak.hash_password(PASSWORD.as_bytes(), &salt).unwrap().to_string();
    sqlx::query("UPDATE identities SET secret = $2 WHERE user_id = $1")
        .bind(user.id.as_str())
        .bind(&old)
        .execute(&platform.db)
        .await
        .unwrap();
    let stored = || async {
        let secret = sqlx::query_scalar::<_, String>("SELECT secret FROM identities WHERE user_id = $1");
        secret.bind(user.id.as_str()).fetch_one(&platform.db).await.unwrap()
    };
    assert!(!can_sign_in(&platform, &user.username, "wrong horse").await);
    assert_eq!(stored().await, old);
    assert!(can_sign_in(&platform, &user.username, PASSWORD).await);
    let new = stored().await;
    assert!(new.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{new}");
    assert!(can_sign_in(&platform, &user.username, PASSWORD).await);
    assert_eq!(stored().await, new, "once is enough");
}

#[tokio::test]
async fn a_password_that_would_be_guessed_is_refused() {
    let platform = platform().await;
    let name = name();
    let email = format!("{name}@example.org");
    for (password, code) in [
        ("seven77", "password_too_short"),
        ("Password1", "password_common"),
        (name.as_str(), "password_personal"),
        (email.as_str(), "password_personal"),
        ("kinora!!!", "password_personal"),
        (&"x".repeat(1025), "password_too_long"),
    ] {
        let new = NewAccount { username: &name, email: &email, password, invitation: None };
        match accounts::sign_up(&platform, new, None).await.unwrap_err() {
            Error::Invalid { field: "password", code: got, .. } => assert_eq!(got, code, "{password}"),
            other => panic!("{password}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_address_is_a_login_once_it_is_confirmed() {
    let post = Post::new().await;
    let user = sign_up(&post, "ada@example.org").await;
    assert!(!user.email_verified);
    assert!(!can_sign_in(&post.platform, "ada@example.org", PASSWORD).await);
    let token = token(&post.one().await.text);
    let done = addresses::confirm(&post.platform, &token, None).await.unwrap();
    assert_eq!(done, Confirmed::Verified { email: "ada@example.org".to_owned() });
    assert!(can_sign_in(&post.platform, "Ada@Example.org", PASSWORD).await);
    assert_eq!(code(addresses::confirm(&post.platform, &token, None).await), "link_invalid");
}

#[tokio::test]
async fn who_writes_an_address_down_first_does_not_have_it() {
    let post = Post::new().await;
    let squatter = sign_up(&post, "ada@example.org").await;
    let of_squatter = token(&post.one().await.text);
    let owner = sign_up(&post, "ada@example.org").await;
    let of_owner = token(&post.one().await.text);
    addresses::confirm(&post.platform, &of_owner, None).await.unwrap();
    assert_eq!(code(addresses::confirm(&post.platform, &of_squatter, None).await), "link_invalid");
    let signed_in = accounts::sign_in(&post.platform, "ada@example.org", PASSWORD, None).await.unwrap();
    assert_eq!(signed_in.id, owner.id);
    // Asked again, its owner hears of it.
    addresses::send_again(&post.platform, &actor(&post.platform, &squatter)).await.unwrap();
    let mail = post.one().await;
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("ada@example.org", "You have an account already"));
    assert!(!mail.text.contains("#kim_"), "{}", mail.text);
}

#[tokio::test]
async fn a_sign_up_with_somebodys_address_is_answered_like_any_other() {
    let post = Post::new().await;
    let owner = confirmed(&post).await;
    let stranger = sign_up(&post, &owner.email).await;
    assert!(!stranger.email_verified);
    let mail = post.one().await;
    assert_eq!(mail.to, owner.email);
    assert!(mail.text.contains(&stranger.username) && mail.text.contains(&owner.username), "{}", mail.text);
    let name = NewAccount { username: &owner.username, email: "b@example.org", password: PASSWORD, invitation: None };
    assert_eq!(code(accounts::sign_up(&post.platform, name, None).await), "username_taken");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_the_link_and_everything_else_ends() {
    let post = Post::new().await;
    let user = confirmed(&post).await;
    let script = tokens::issue(&post.platform, &user.id, Scopes::ALL).await.unwrap();
    let session = session(&post, &user, 1).await;
    credentials::forgot(&post.platform, &user.username, None).await.unwrap();
    let first = token(&post.one().await.text);
    credentials::forgot(&post.platform, &user.email.to_uppercase(), None).await.unwrap();
    let second = token(&post.one().await.text);

    assert_eq!(code(credentials::reset(&post.platform, &first, "battery staple", None).await), "link_invalid");
    // What is refused uses nothing up.
    assert_eq!(code(credentials::reset(&post.platform, &second, "password", None).await), "password_common");
    assert_eq!(code(addresses::confirm(&post.platform, &second, None).await), "link_invalid");
    credentials::reset(&post.platform, &second, "battery staple", None).await.unwrap();
    assert_eq!(code(credentials::reset(&post.platform, &second, "third password", None).await), "link_invalid");

    assert!(!can_sign_in(&post.platform, &user.username, PASSWORD).await);
    assert!(can_sign_in(&post.platform, &user.username, "battery staple").await);
    assert_eq!(tokens::holder(&post.platform, &script.access_token).await.unwrap(), None);
    assert!(!post.lasts(&session).await);
    assert_eq!(post.one().await.subject, "Your password was changed");
}

#[tokio::test]
async fn a_link_is_too_old_after_its_time() {
    let post = Post::new().await;
    let user = confirmed(&post).await;
    credentials::forgot(&post.platform, &user.username, None).await.unwrap();
    let token = token(&post.one().await.text);
    post.sql("UPDATE email_tokens SET created_at = created_at - interval '31 min', expires_at = expires_at - interval '31 min'")
        .await;
    assert_eq!(code(credentials::reset(&post.platform, &token, "battery staple", None).await), "link_invalid");
}

#[tokio::test]
async fn who_asks_for_a_link_does_not_learn_whether_there_is_an_account() {
    let post = Post::new().await;
    let user = confirmed(&post).await;
    let unconfirmed = sign_up(&post, "grace@example.org").await;
    post.collect().await;
    // The same is done for all of them: a line is written. Whom it is about is found out later.
    for login in [&user.username, &user.email, &unconfirmed.username, "grace@example.org", "nobody", "no@example.org"] {
        let before = post.count("mails").await;
        credentials::forgot(&post.platform, login, None).await.unwrap();
        assert_eq!(post.count("mails").await, before + 1, "{login}");
    }
    let mails = post.collect().await;
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), [&user.email, &user.email]);
    assert_eq!(post.count("mails").await, 0);
}

#[tokio::test]
async fn an_address_changes_when_both_have_said_yes() {
    let post = Post::new().await;
    let user = confirmed(&post).await;
    assert_eq!(
        code(addresses::change(&post.platform, &actor(&post.platform, &user), "new@example.org", "wrong horse").await),
        "wrong_password"
    );
    // The first is replaced by the second.
    addresses::change(&post.platform, &actor(&post.platform, &user), "slip@example.org", PASSWORD).await.unwrap();
    let slip = post.collect().await;
    addresses::change(&post.platform, &actor(&post.platform, &user), "new@example.org", PASSWORD).await.unwrap();
    let mails = post.collect().await;
    let link = |mails: &[platform::mail::Mail], to: &str| token(&mails.iter().find(|mail| mail.to == to).unwrap().text);
    for to in [&user.email, "slip@example.org"] {
        assert_eq!(code(addresses::confirm(&post.platform, &link(&slip, to), None).await), "link_invalid");
    }
    let email = "new@example.org".to_owned();
    let half = addresses::confirm(&post.platform, &link(&mails, "new@example.org"), None).await.unwrap();
    assert_eq!(half, Confirmed::Half { email: email.clone() });
    assert_eq!(accounts::user(&post.platform, &user.id).await.unwrap().unwrap().email, user.email);
    let whole = addresses::confirm(&post.platform, &link(&mails, &user.email), None).await.unwrap();
    assert_eq!(whole, Confirmed::Changed { email });
    assert!(can_sign_in(&post.platform, "new@example.org", PASSWORD).await);
    assert!(!can_sign_in(&post.platform, &user.email, PASSWORD).await);
}

#[tokio::test]
async fn an_address_that_nobody_confirmed_need_not_agree_to_be_changed() {
    let post = Post::new().await;
    let user = sign_up(&post, "slip@example.org").await;
    post.collect().await;
    addresses::change(&post.platform, &actor(&post.platform, &user), "ada@example.org", PASSWORD).await.unwrap();
    let mail = post.one().await;
    assert_eq!(mail.to, "ada@example.org");
    let changed = addresses::confirm(&post.platform, &token(&mail.text), None).await.unwrap();
    assert_eq!(changed, Confirmed::Changed { email: "ada@example.org".to_owned() });
}

#[tokio::test]
async fn a_change_to_somebodys_address_is_answered_like_any_other() {
    let post = Post::new().await;
    let (owner, user) = (confirmed(&post).await, confirmed(&post).await);
    addresses::change(&post.platform, &actor(&post.platform, &user), &owner.email, PASSWORD).await.unwrap();
    let mails = post.collect().await;
    let to_owner = mails.iter().find(|mail| mail.to == owner.email).unwrap();
    assert_eq!(to_owner.subject, "You have an account already");
    assert!(mails.iter().any(|mail| mail.to == user.email && mail.subject == "Is your address to change?"));
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_other_sessions_end() {
    let post = Post::new().await;
    let user = confirmed(&post).await;
    let (here, there) = (session(&post, &user, 1).await, session(&post, &user, 2).await);
    let script = tokens::issue(&post.platform, &user.id, Scopes::ALL).await.unwrap();
    let actor = actor(&post.platform, &user);
    let here_is: String = here.iter().map(|byte| format!("{byte:02x}")).collect();
    let change = |current, new| credentials::change(&post.platform, &actor, current, new, Some(&here_is), None);
    assert!(matches!(
        change("wrong horse", "battery staple").await,
        Err(Error::Invalid { field: "current_password", code: "wrong_password", .. })
    ));
    assert!(matches!(
        change(PASSWORD, "qwertyuiop").await,
        Err(Error::Invalid { field: "new_password", code: "password_common", .. })
    ));
    change(PASSWORD, "battery staple").await.unwrap();
    assert!(can_sign_in(&post.platform, &user.username, "battery staple").await);
    assert!(post.lasts(&here).await && !post.lasts(&there).await);
    assert_eq!(tokens::holder(&post.platform, &script.access_token).await.unwrap(), None);
    assert_eq!(post.one().await.subject, "Your password was changed");
}

#[tokio::test]
async fn who_is_signed_in_can_not_go_on_guessing_the_password() {
    let platform = platform().await;
    let (user, actor) = person(&platform).await;
    for _ in 0..10 {
        let wrong = credentials::change(&platform, &actor, "wrong horse", "battery staple", None, None).await;
        assert_eq!(code(wrong), "wrong_password");
    }
    let locked = credentials::change(&platform, &actor, PASSWORD, "battery staple", None, None).await;
    assert!(matches!(locked, Err(Error::TooMany { .. })));
    assert!(can_sign_in(&platform, &user.username, PASSWORD).await, "the front door is another");
}

#[tokio::test]
async fn a_site_without_mail_says_so() {
    let platform = lone(None).await;
    let (user, actor) = person(&platform).await;
    assert_eq!(code(credentials::forgot(&platform, &user.username, None).await), "no_mail");
    assert_eq!(code(addresses::send_again(&platform, &actor).await), "no_mail");
    assert_eq!(code(addresses::change(&platform, &actor, "new@example.org", PASSWORD).await), "no_mail");
}

fn at(ip: &str, mark: Option<&str>) -> Place {
    Place { ip: Some(ip.parse().unwrap()), mark: mark.map(str::to_owned) }
}

async fn guess_until_locked(platform: &Platform, user: &User, place: &Place) {
    for _ in 0..10 {
        let wrong = accounts::sign_in(platform, &user.username, "wrong horse", place.clone()).await;
        assert!(matches!(wrong, Err(Error::Unauthenticated { .. })));
    }
    let locked = accounts::sign_in(platform, &user.username, PASSWORD, place.clone()).await;
    assert!(matches!(locked, Err(Error::TooMany { .. })));
}

#[tokio::test]
async fn a_stranger_who_guesses_locks_nobody_out() {
    let post = Post::new().await;
    let platform = &post.platform;
    let (user, other) = (person(platform).await.0, person(platform).await.0);
    let mark = places::remember(platform, &user.id, &Place::default()).await.unwrap();
    accounts::sign_in(platform, &user.username, PASSWORD, at("192.0.2.7", None)).await.unwrap();

    guess_until_locked(platform, &user, &at("198.51.100.1", None)).await;
    // Another's mark is worth nothing, nor is one that we didn't give.
    let foreign = places::remember(platform, &other.id, &Place::default()).await.unwrap();
    for mark in [foreign.as_str(), "kid_0000", "nonsense"] {
        let elsewhere = accounts::sign_in(platform, &user.username, PASSWORD, at("203.0.113.9", Some(mark))).await;
        assert!(matches!(elsewhere, Err(Error::TooMany { .. })), "{mark}");
    }
    // The browser that they use, wherever it is, and the network that they came from, whatever the browser.
    accounts::sign_in(platform, &user.username, PASSWORD, at("203.0.113.9", Some(&mark))).await.unwrap();
    accounts::sign_in(platform, &user.username, PASSWORD, at("192.0.2.7", None)).await.unwrap();
}

#[tokio::test]
async fn a_known_browser_can_not_go_on_guessing_either() {
    let post = Post::new().await;
    let platform = &post.platform;
    let user = person(platform).await.0;
    let mark = places::remember(platform, &user.id, &Place::default()).await.unwrap();
    guess_until_locked(platform, &user, &at("192.0.2.7", Some(&mark))).await;
    accounts::sign_in(platform, &user.username, PASSWORD, at("198.51.100.1", None)).await.unwrap();
}

#[tokio::test]
async fn a_mark_that_we_did_not_give_is_replaced() {
    let platform = platform().await;
    let user = person(&platform).await.0;
    let planted = Place { ip: None, mark: Some("kid_planted".to_owned()) };
    let mark = places::remember(&platform, &user.id, &planted).await.unwrap();
    assert_ne!(mark, "kid_planted");
    let kept = Place { ip: None, mark: Some(mark.clone()) };
    assert_eq!(places::remember(&platform, &user.id, &kept).await.unwrap(), mark);
}

/// By what a session of `user` is kept.
async fn session(post: &Post, user: &User, number: u8) -> [u8; 32] {
    let hash = [number; 32];
    let expires_at = sqlx::types::time::OffsetDateTime::now_utc() + std::time::Duration::from_secs(3600);
    let session = platform::db::sessions::Session {
        user: Some(user.id.clone()),
        device: None,
        address: None,
        data: serde_json::json!({}),
        expires_at,
    };
    assert!(platform::db::sessions::insert(&post.platform.db, &hash, &session).await.unwrap());
    hash
}
