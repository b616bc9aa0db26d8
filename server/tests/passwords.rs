//! What the calls about passwords and addresses answer.

mod support;

use reqwest::{Method, StatusCode};
use serde_json::json;
use support::{PASSWORD, Site, expect, problem, text, unique};

#[tokio::test]
async fn whoever_has_forgotten_a_password_hears_the_same_as_whoever_made_a_name_up() {
    let site = Site::start().await;
    let somebody = site.person().await;
    let mut answers = Vec::new();
    for login in [somebody.username.clone(), format!("{}@example.org", somebody.username), unique("nobody")] {
        let answer = site.anonymous().post("/api/v1/account/password/forgot", &json!({ "login": login })).await;
        let mut names: Vec<_> = answer.headers().keys().map(ToString::to_string).collect();
        names.sort();
        answers.push((answer.status(), names, answer.text().await.unwrap()));
    }
    assert_eq!(answers[0].0, StatusCode::ACCEPTED);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn an_address_that_somebody_has_is_no_reason_to_refuse_an_account() {
    let site = Site::start().await;
    let known = format!("{}@example.org", site.person().await.username);
    sqlx::query("UPDATE users SET email_verified_at = now() WHERE email = $1")
        .bind(&known)
        .execute(&site.platform.db)
        .await
        .unwrap();
    let account = json!({ "username": unique("n"), "email": known, "password": PASSWORD });
    expect(site.anonymous().post("/api/v1/accounts", &account).await, StatusCode::CREATED).await;
}

#[tokio::test]
async fn a_new_password_ends_the_token_that_set_it() {
    let site = Site::start().await;
    let person = site.person().await;
    let change = |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    let path = "/api/v1/account/password";
    problem(site.anonymous().post(path, &change(PASSWORD, "battery staple")).await, 401, "sign_in_required").await;
    let wrong = problem(person.post(path, &change("wrong horse", "battery staple")).await, 422, "wrong_password").await;
    assert_eq!(wrong["field"], "current_password");
    let common = problem(person.post(path, &change(PASSWORD, "password1")).await, 422, "password_common").await;
    assert_eq!(common["field"], "new_password");
    assert_eq!(person.post(path, &change(PASSWORD, "battery staple")).await.status(), StatusCode::NO_CONTENT);
    problem(person.get("/api/v1/uploads").await, 401, "invalid_token").await;
    let sign_in = json!({ "login": person.username, "password": "battery staple" });
    expect(site.anonymous().post("/api/v1/tokens", &sign_in).await, StatusCode::CREATED).await;
}

#[tokio::test]
async fn a_link_that_never_was_opens_nothing() {
    let site = Site::start().await;
    let anyone = site.anonymous();
    let token = "kim_0000";
    let reset = json!({ "token": token, "password": "battery staple" });
    for (path, body) in [("password/reset", reset), ("email/confirm", json!({ "token": token }))] {
        let path = format!("/api/v1/account/{path}");
        let refused = problem(anyone.post(&path, &body).await, 422, "link_invalid").await;
        assert_eq!(text(&refused["field"]), "token");
        problem(anyone.get(&path).await, 405, "method_not_allowed").await;
    }
}

#[tokio::test]
async fn mails_are_shown_on_this_machine_alone() {
    let site = Site::start().await;
    let here = reqwest::get(format!("{}/dev/mail", site.url)).await.unwrap();
    assert_eq!(here.status(), StatusCode::OK);
    // Everybody else of these tests comes by a proxy.
    problem(site.anonymous().request(Method::GET, "/dev/mail").send().await.unwrap(), 404, "not_found").await;
    let rebound = reqwest::Client::new().get(format!("{}/dev/mail", site.url)).header("host", "rebound.example");
    problem(rebound.send().await.unwrap(), 404, "not_found").await;
    let elsewhere = Site::start_with(|config| config.listen = "0.0.0.0:3000".parse().unwrap()).await;
    assert_eq!(reqwest::get(format!("{}/dev/mail", elsewhere.url)).await.unwrap().status(), StatusCode::NOT_FOUND);
}
