//! What the tests share: the platform of `make test`, people and films of their own.
#![allow(dead_code)]

pub mod post;
pub mod work;

use domain::actor::Actor;
use domain::id::{BuildId, UserId, VideoId};
use platform::accounts::{self, NewAccount, User};
use platform::{Config, Platform};
use rand::distr::{Alphanumeric, SampleString};

pub async fn platform() -> Platform {
    let platform = Platform::connect(Config::from_env().expect("run by make test")).await.unwrap();
    platform.storage.ensure_bucket().await.unwrap();
    platform
}

pub fn name() -> String {
    format!("t{}", Alphanumeric.sample_string(&mut rand::rng(), 12).to_lowercase())
}

/// Somebody new with this address, whose password is "correct horse".
pub async fn sign_up(platform: &Platform, email: &str) -> User {
    let new = NewAccount { username: &name(), email, password: "correct horse", invitation: None };
    accounts::sign_up(platform, new, None).await.unwrap()
}

pub fn actor(platform: &Platform, user: &User) -> Actor {
    Actor::signed_in(accounts::person(platform, user))
}

pub async fn person(platform: &Platform) -> (User, Actor) {
    let name = name();
    let email = format!("{name}@example.org");
    let new = NewAccount { username: &name, email: &email, password: "correct horse", invitation: None };
    let user = accounts::sign_up(platform, new, None).await.unwrap();
    let actor = Actor::signed_in(accounts::person(platform, &user));
    (user, actor)
}

/// A public film of `owner` that can be watched, without bytes.
pub async fn film(platform: &Platform, owner: &UserId, title: &str, description: &str) -> (VideoId, BuildId) {
    let (video, build) = (VideoId::from_random(rand::random()), BuildId::from_random(rand::random()));
    sqlx::query(
        "INSERT INTO videos (id, owner_id, title, description, visibility, state, build_id, published_at)
         VALUES ($1, $2, $3, $4, 'public', 'ready', $5, now())",
    )
    .bind(video.as_str())
    .bind(owner.as_str())
    .bind(title)
    .bind(description)
    .bind(build.as_str())
    .execute(&platform.db)
    .await
    .unwrap();
    platform::db::builds::insert(&platform.db, &build, &video, domain::plan::MayCopy::ALL).await.unwrap();
    (video, build)
}
