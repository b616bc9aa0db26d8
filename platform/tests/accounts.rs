//! Accounts against a real PostgreSQL.

mod support;

use platform::Error;
use platform::accounts::{self, NewAccount};
use support::{name, person, platform};

#[tokio::test]
async fn a_person_signs_up_and_in_by_name() {
    let platform = platform().await;
    let (user, _) = person(&platform).await;
    assert_eq!(accounts::sign_in(&platform, &user.username.to_uppercase(), "correct horse", None).await.unwrap(), user);
}

#[tokio::test]
async fn a_name_that_differs_in_case_alone_is_taken() {
    let platform = platform().await;
    let (user, _) = person(&platform).await;
    let fresh = name();
    let new = NewAccount { username: &fresh, email: &user.email, password: "correct horse", invitation: None };
    let shout = user.username.to_uppercase();
    let again = accounts::sign_up(&platform, NewAccount { username: &shout, ..new }, None).await;
    assert_eq!(again.unwrap_err().code(), "username_taken");
}

#[tokio::test]
async fn ten_wrong_passwords_lock_the_name_for_a_while() {
    let platform = platform().await;
    let (user, _) = person(&platform).await;
    for _ in 0..10 {
        let wrong = accounts::sign_in(&platform, &user.username, "battery staple", None).await;
        assert!(matches!(wrong, Err(Error::Unauthenticated { .. })));
    }
    let locked = accounts::sign_in(&platform, &user.username, "correct horse", None).await;
    assert!(matches!(locked, Err(Error::TooMany { retry_after: 1..=900 })));
}
