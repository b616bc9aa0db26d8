//! Roles, invitations and the log against a real PostgreSQL.

mod support;

use domain::actor::{Actor, Role};
use domain::invitation::SignUp;
use platform::accounts::{self, NewAccount, User};
use platform::people::{self, Change};
use platform::{Config, Error, Platform, Secret, audit, invitations};
use std::sync::Arc;
use support::{name, person, platform};

async fn admin(platform: &Platform) -> (User, Actor) {
    let (user, _) = person(platform).await;
    platform::db::users::set_role(&platform.db, &user.id, Role::Admin).await.unwrap();
    let user = User { role: Role::Admin, ..user };
    let actor = Actor::signed_in(accounts::person(platform, &user));
    (user, actor)
}

async fn come(platform: &Platform, invitation: Option<&str>) -> platform::Result<User> {
    let name = name();
    let email = format!("{name}@example.org");
    let new = NewAccount { username: &name, email: &email, password: "correct horse", invitation };
    accounts::sign_up(platform, new, None).await
}

fn only(sign_up: SignUp, platform: &Platform) -> Platform {
    let config = Config { sign_up, ..(*platform.config).clone() };
    Platform { config: Arc::new(config), ..platform.clone() }
}

/// What stands behind `#` in an invitation's address.
fn token(url: &str) -> &str {
    url.split_once('#').unwrap().1
}

#[tokio::test]
async fn an_invitation_makes_one_account_of_its_role() {
    let platform = platform().await;
    let (_, admin) = admin(&platform).await;
    let platform = only(SignUp::Invitation, &platform);
    assert_eq!(come(&platform, None).await.unwrap_err().code(), "invitation_required");
    let made = invitations::create(&platform, &admin, Role::Moderator, "the librarian").await.unwrap();
    let (one, other) = futures::join!(come(&platform, Some(token(&made.url))), come(&platform, Some(token(&made.url))));
    assert_eq!([&one, &other].iter().filter(|answer| answer.is_ok()).count(), 1);
    let came = one.or(other).unwrap();
    assert_eq!(came.role, Role::Moderator);
    let listed = invitations::list(&platform, &admin).await.unwrap();
    let used = listed.iter().find(|invitation| invitation.id == made.invitation.id).unwrap();
    assert_eq!(used.used_by.as_deref(), Some(&*came.username));
    assert_eq!(come(&platform, Some("kiv_nonsense")).await.unwrap_err().code(), "invitation_invalid");
    assert_eq!(come(&only(SignUp::Closed, &platform), None).await.unwrap_err().code(), "sign_up_closed");
}

#[tokio::test]
async fn a_withdrawn_invitation_is_worth_nothing() {
    let platform = platform().await;
    let (_, admin) = admin(&platform).await;
    let made = invitations::create(&platform, &admin, Role::Uploader, "").await.unwrap();
    invitations::withdraw(&platform, &admin, &made.invitation.id).await.unwrap();
    assert_eq!(come(&platform, Some(token(&made.url))).await.unwrap_err().code(), "invitation_invalid");
}

#[tokio::test]
async fn the_first_admin_is_invited_by_the_server_and_nobody_after_that() {
    let name = format!("kinora_{}", name());
    let here = platform().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&here.db).await.unwrap();
    let mut config = Config::from_env().unwrap();
    let mut url = url::Url::parse(config.database.url.reveal()).unwrap();
    url.set_path(&name);
    config.database.url = Secret::new(url.into());
    config.sign_up = SignUp::Closed;
    let empty = Platform::connect(config).await.unwrap();

    let (one, other) =
        (invitations::first(&empty).await.unwrap().unwrap(), invitations::first(&empty).await.unwrap().unwrap());
    let first = come(&empty, Some(token(&one))).await.unwrap();
    assert_eq!(first.role, Role::Admin);
    assert_eq!(come(&empty, Some(token(&other))).await.unwrap_err().code(), "invitation_invalid");
    assert_eq!(invitations::first(&empty).await.unwrap(), None);
    // The only admin stays one.
    let actor = Actor::signed_in(accounts::person(&empty, &first));
    for change in [
        Change { role: Some(Role::Moderator), ..Change::default() },
        Change { disabled: Some(true), ..Change::default() },
    ] {
        let refused = people::change(&empty, &actor, &first.id, change).await.unwrap_err();
        assert_eq!(refused.code(), "last_admin");
    }
}

#[tokio::test]
async fn only_admins_see_to_people() {
    let platform = platform().await;
    let (user, actor) = person(&platform).await;
    let refused = [
        people::list(&platform, &actor, None, None, None).await.map(drop),
        people::change(&platform, &actor, &user.id, Change { role: Some(Role::Admin), ..Change::default() }).await,
        invitations::create(&platform, &actor, Role::Admin, "").await.map(drop),
        invitations::list(&platform, &actor).await.map(drop),
        audit::all(&platform, &actor, None, None).await.map(drop),
    ];
    for answer in refused {
        assert!(matches!(answer, Err(Error::Forbidden { .. })), "{answer:?}");
    }
    let nobody = people::list(&platform, &Actor::ANONYMOUS, None, None, None).await;
    assert!(matches!(nobody, Err(Error::Unauthenticated { .. })));
}

#[tokio::test]
async fn a_change_of_role_counts_at_once_and_is_in_the_log() {
    let platform = platform().await;
    let ((_, admin), (user, actor)) = (admin(&platform).await, person(&platform).await);
    people::change(&platform, &admin, &user.id, Change { role: Some(Role::Viewer), ..Change::default() })
        .await
        .unwrap();
    assert_eq!(accounts::user(&platform, &user.id).await.unwrap().unwrap().role, Role::Viewer);
    let found = people::list(&platform, &admin, Some(&user.username.to_uppercase()), None, None).await.unwrap();
    assert_eq!((found.items.len(), found.items[0].role), (1, Role::Viewer));
    let log = audit::own(&platform, &actor, None, None).await.unwrap();
    let events: Vec<&str> = log.items.iter().map(|entry| &entry.event[..]).collect();
    assert_eq!(events, ["account.role_changed", "account.created"]);
    assert_eq!(log.items[0].details, serde_json::json!({ "from": "uploader", "to": "viewer" }));
}

#[tokio::test]
async fn the_log_goes_on_where_its_last_page_ended() {
    let platform = platform().await;
    let (user, actor) = person(&platform).await;
    for _ in 0..3 {
        accounts::sign_in(&platform, &user.username, "correct horse", None).await.unwrap();
    }
    let first = audit::own(&platform, &actor, None, Some(3)).await.unwrap();
    let rest = audit::own(&platform, &actor, first.next_cursor.as_deref(), Some(3)).await.unwrap();
    assert_eq!((first.items.len(), rest.items.len(), rest.next_cursor), (3, 1, None));
    assert_eq!(rest.items[0].event, "account.created");
}

#[tokio::test]
async fn nobody_rewrites_the_log() {
    let platform = platform().await;
    person(&platform).await;
    for attempt in ["UPDATE audit SET actor = NULL", "DELETE FROM audit", "TRUNCATE audit"] {
        let refused = sqlx::raw_sql(attempt).execute(&platform.db).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}
