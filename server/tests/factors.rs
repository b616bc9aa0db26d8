//! Second factors, as scripts and browsers meet them.

mod support;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::time::SystemTime;
use support::{PASSWORD, Person, Site, expect, problem, text};
use totp_rs::Builder;

/// The code that an app with this secret shows so many steps from now.
fn code(secret: &str, steps: i64) -> String {
    let (mut held, mut bits, mut bytes) = (0u32, 0, Vec::new());
    for c in secret.chars().filter(|c| *c != ' ') {
        held = (held << 5) | if c.is_ascii_uppercase() { c as u32 - 65 } else { c as u32 - 50 + 26 };
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
    let totp = Builder::new().with_secret(<[u8; 20]>::try_from(bytes).unwrap()).build().unwrap();
    totp.generate((now + 30 * steps).unsigned_abs()).to_string()
}

/// Sets an app up by the API: its secret and the recovery codes. The token that `person` had is worth nothing afterwards.
async fn set_up(person: &Person) -> (String, Vec<String>) {
    let path = "/api/v1/account/factors/totp";
    problem(person.post(path, &json!({})).await, 403, "proof_required").await;
    let wrong = problem(person.post(path, &json!({ "password": "battery staple" })).await, 422, "wrong_password").await;
    assert_eq!(wrong["field"], "password");
    let setup = expect(person.post(path, &json!({ "password": PASSWORD })).await, StatusCode::CREATED).await;
    let secret = text(&setup["secret"]);
    assert!(text(&setup["uri"]).starts_with("otpauth://totp/Kinora:"));
    problem(person.put(path, &json!({ "code": "000000" })).await, 422, "wrong_code").await;
    let on = expect(person.put(path, &json!({ "code": code(&secret, 0) })).await, StatusCode::OK).await;
    let codes: Vec<String> = on["recovery_codes"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

async fn oauth(person: &Person, form: &[(&str, &str)]) -> Response {
    person.request(Method::POST, "/api/v1/oauth/token").form(form).send().await.unwrap()
}

#[tokio::test]
async fn a_password_alone_gets_no_token_where_a_second_factor_is_set() {
    let site = Site::start().await;
    let person = site.person().await;
    let (secret, codes) = set_up(&person).await;
    problem(person.get("/api/v1/account").await, 401, "invalid_token").await;
    let script = site.anonymous();
    let sign_in = |more: Value| {
        let mut body = json!({ "login": person.username, "password": PASSWORD });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let ask = |more: Value| {
        let body = sign_in(more);
        let script = &script;
        async move { script.post("/api/v1/tokens", &body).await }
    };
    problem(ask(json!({})).await, 403, "second_factor_required").await;
    problem(ask(json!({ "totp": "" })).await, 403, "second_factor_required").await;
    problem(ask(json!({ "totp": "000000" })).await, 401, "wrong_code").await;
    let shown = code(&secret, 1);
    let issued = expect(ask(json!({ "totp": shown })).await, StatusCode::CREATED).await;
    assert!(text(&issued["access_token"]).starts_with("kin_"));
    // A code is used once, a recovery code, too.
    problem(ask(json!({ "totp": shown })).await, 401, "wrong_code").await;
    expect(ask(json!({ "totp": codes[0] })).await, StatusCode::CREATED).await;
    problem(ask(json!({ "totp": codes[0] })).await, 401, "wrong_code").await;

    let grant = [("grant_type", "password"), ("username", &*person.username), ("password", PASSWORD)];
    problem(oauth(&script, &grant).await, 403, "second_factor_required").await;
    let wrong = oauth(&script, &[&grant[..], &[("totp", "000000")]].concat()).await;
    assert_eq!(expect(wrong, StatusCode::BAD_REQUEST).await["error"], "invalid_grant");
    let right = oauth(&script, &[&grant[..], &[("totp", &codes[1])]].concat()).await;
    expect(right, StatusCode::OK).await;
}

/// The page's own calls, with a cookie.
async fn page(person: &Person, call: &str, body: Value) -> Response {
    let path = server_function(call);
    person.request(Method::POST, &path).header("sec-fetch-site", "same-origin").json(&body).send().await.unwrap()
}

fn server_function(name: &str) -> String {
    let mut paths = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned());
    paths.find(|path| path.trim_start_matches("/api/").trim_end_matches(|c: char| c.is_ascii_digit()) == name).unwrap()
}

#[tokio::test]
async fn in_a_browser_a_right_password_opens_nothing_until_the_second_step() {
    let site = Site::start().await;
    let person = site.person().await;
    let (secret, _) = set_up(&person).await;
    let browser = site.visitor();
    let early = page(&browser, "give_code", json!({ "code": code(&secret, 0) })).await;
    assert_eq!(early.status(), StatusCode::UNAUTHORIZED);
    let first = page(&browser, "sign_in", json!({ "login": person.username, "password": PASSWORD })).await;
    assert_eq!(expect(first, StatusCode::OK).await, json!("/signin/code"));
    problem(browser.get("/api/v1/account").await, 401, "sign_in_required").await;
    let wrong = page(&browser, "give_code", json!({ "code": "000000" })).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    // Another browser can't go on with it.
    let elsewhere = page(&site.visitor(), "give_code", json!({ "code": code(&secret, 0) })).await;
    assert_eq!(elsewhere.status(), StatusCode::UNAUTHORIZED);
    let second = page(&browser, "give_code", json!({ "code": code(&secret, 1) })).await;
    assert_eq!(second.status(), StatusCode::OK, "{}", second.text().await.unwrap());
    let me = expect(browser.get("/api/v1/account").await, StatusCode::OK).await;
    assert_eq!(me["username"], json!(person.username));
    // Who has just signed in needs no proof; the session goes on with another id.
    let before = expect(browser.get("/api/v1/account/sessions").await, StatusCode::OK).await;
    let off = browser.request(Method::DELETE, "/api/v1/account/factors/totp").header("sec-fetch-site", "same-origin");
    assert_eq!(off.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let after = expect(browser.get("/api/v1/account/sessions").await, StatusCode::OK).await;
    assert_ne!(before["items"][0]["id"], after["items"][0]["id"]);
    let mine = expect(browser.get("/api/v1/account/factors").await, StatusCode::OK).await;
    assert_eq!(mine, json!({ "totp": false, "recovery_codes_left": 0, "passkeys": [] }));
}

#[tokio::test]
async fn what_is_no_answer_to_a_ceremony_is_refused() {
    let site = Site::start_with(|config| config.public_url = "https://films.example".parse().unwrap()).await;
    let person = site.person().await;
    let begun = person.post("/api/v1/account/passkeys/options", &json!({ "password": PASSWORD })).await;
    let begun = expect(begun, StatusCode::CREATED).await;
    assert_eq!(begun["options"]["rp"]["id"], "films.example");
    let wanted = &begun["options"]["authenticatorSelection"];
    assert_eq!((&wanted["residentKey"], &wanted["userVerification"]), (&json!("required"), &json!("required")));
    let add = |mark: &Value, credential: Value| {
        let body = json!({ "mark": mark, "name": "Laptop", "credential": credential });
        let person = &person;
        async move { person.post("/api/v1/account/passkeys", &body).await }
    };
    problem(add(&begun["mark"], json!({ "id": 7 })).await, 422, "invalid_credential").await;
    let made = json!({
        "id": "AAAA", "rawId": "AAAA", "type": "public-key",
        "response": { "attestationObject": "AAAA", "clientDataJSON": "AAAA" }, "extensions": {},
    });
    problem(add(&json!("unknown"), made.clone()).await, 422, "ceremony_over").await;
    let other = site.person().await;
    let foreign = json!({ "mark": begun["mark"], "name": "Laptop", "credential": made });
    problem(other.post("/api/v1/account/passkeys", &foreign).await, 422, "ceremony_over").await;
    // It could be answered once, even if by nobody whom it was meant for.
    problem(add(&begun["mark"], made).await, 422, "ceremony_over").await;
    problem(person.delete("/api/v1/account/passkeys/AAAAAAAAAAAA").await, 403, "proof_required").await;
}
