//! Signing in by accounts of other sites, and what liars get for it.

mod support;

use platform::config::oidc::ProviderConfig;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use support::provider::{FakeProvider, Lie, Sent};
use support::{Person, Site, expect, problem, text, unique};

async fn site(providers: Vec<ProviderConfig>) -> Site {
    Site::start_with(|config| config.oidc = providers).await
}

/// A site with one provider, `school`.
async fn school() -> (Site, FakeProvider) {
    let provider = FakeProvider::start().await;
    (site(vec![provider.config("school")]).await, provider)
}

async fn ask(person: &Person, key: &str, wish: &[(&str, &str)]) -> Response {
    let form = person.request(reqwest::Method::POST, &format!("/auth/{key}")).form(wish);
    form.header("sec-fetch-site", "same-origin").header("accept", "text/html").send().await.unwrap()
}

async fn begin(person: &Person, provider: &FakeProvider, key: &str, wish: &[(&str, &str)]) -> Sent {
    let answer = ask(person, key, wish).await;
    assert_eq!(answer.status(), StatusCode::OK, "{:?}", answer.headers().get("location"));
    provider.sent(&answer.text().await.unwrap())
}

/// Comes back with `query`: where it leads.
async fn back(person: &Person, key: &str, query: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let answer = person.get(&format!("/auth/{key}/callback?{query}")).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
    answer.headers()["location"].to_str().unwrap().to_owned()
}

async fn come_back(person: &Person, provider: &FakeProvider, key: &str, sent: &Sent) -> String {
    let code = provider.code(sent);
    back(person, key, &[("state", &sent.state), ("code", &code)]).await
}

/// All the way there and back.
async fn sign_in(person: &Person, provider: &FakeProvider, key: &str) -> String {
    let sent = begin(person, provider, key, &[]).await;
    come_back(person, provider, key, &sent).await
}

async fn link(person: &Person, provider: &FakeProvider, key: &str) -> String {
    let sent = begin(person, provider, key, &[("link", "1")]).await;
    come_back(person, provider, key, &sent).await
}

async fn account(person: &Person) -> Value {
    expect(person.get("/api/v1/account").await, StatusCode::OK).await
}

async fn is_nobody(person: &Person) {
    problem(person.get("/api/v1/account").await, 401, "sign_in_required").await;
}

fn told(code: &str) -> String {
    format!("/signin?problem={code}&provider=school")
}

async fn identities(person: &Person) -> Vec<Value> {
    let listed = expect(person.get("/api/v1/account/identities").await, StatusCode::OK).await;
    listed["items"].as_array().unwrap().clone()
}

async fn unlink(person: &Person, identity: &Value) -> Response {
    let path = format!("/api/v1/account/identities/{}", text(&identity["id"]));
    person.request(reqwest::Method::DELETE, &path).header("sec-fetch-site", "same-origin").send().await.unwrap()
}

async fn log(person: &Person) -> Vec<Value> {
    let page = expect(person.get("/api/v1/account/log").await, StatusCode::OK).await;
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn somebody_new_gets_an_account_and_finds_it_again() {
    let (site, provider) = school().await;
    let name = unique("ada");
    let email = format!("{name}@school.example");
    provider.says(json!({ "sub": name, "preferred_username": name, "email": email, "email_verified": true }));
    let here = site.visitor();
    let sent = begin(&here, &provider, "school", &[("next", "/studio?x=שלום")]).await;
    assert_eq!(come_back(&here, &provider, "school", &sent).await, "/studio?x=%D7%A9%D7%9C%D7%95%D7%9D");
    let made = account(&here).await;
    assert_eq!((text(&made["username"]), text(&made["email"])), (name.clone(), email));
    let elsewhere = site.visitor();
    assert_eq!(sign_in(&elsewhere, &provider, "school").await, "/");
    assert_eq!(account(&elsewhere).await["id"], made["id"]);
    let events = log(&here).await;
    let begun: Vec<_> = events.iter().filter(|line| line["event"] == "session.started").collect();
    assert_eq!(begun.len(), 2);
    assert_eq!(begun[0]["details"]["provider"], provider.issuer);
}

#[tokio::test]
async fn a_session_that_was_known_before_is_worth_nothing() {
    let (site, provider) = school().await;
    let here = site.visitor();
    sign_in(&here, &provider, "school").await;
    let first = account(&here).await;
    let sessions = || async { expect(here.get("/api/v1/account/sessions").await, StatusCode::OK).await };
    let before = text(&sessions().await["items"][0]["id"]);
    sign_in(&here, &provider, "school").await;
    assert_eq!(account(&here).await["id"], first["id"]);
    let after = sessions().await;
    assert_eq!(after["items"].as_array().unwrap().len(), 1);
    assert_ne!(text(&after["items"][0]["id"]), before);
}

#[tokio::test]
async fn whoever_lies_is_refused() {
    let (site, provider) = school().await;
    provider.truth().user_info = Some(json!({ "sub": "somebody else" }));
    for lie in Lie::ALL {
        provider.truth().lie = lie;
        // Only somebody whose token has no address is asked for more.
        let email = if lie == Lie::AnothersUserInfo { Value::Null } else { "a@school.example".into() };
        let mut claims = json!({ "sub": unique("s"), "email": email });
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        provider.says(claims);
        let here = site.visitor();
        assert_eq!(sign_in(&here, &provider, "school").await, told("answer_refused"), "{lie:?}");
        is_nobody(&here).await;
    }
    provider.truth().lie = Lie::Nothing;
    provider.says(json!({ "sub": unique("s"), "email": "a@school.example" }));
    let here = site.visitor();
    assert_eq!(sign_in(&here, &provider, "school").await, "/");
    account(&here).await;
}

#[tokio::test]
async fn a_state_serves_one_browser_once() {
    let (site, provider) = school().await;
    let (here, elsewhere) = (site.visitor(), site.visitor());
    begin(&elsewhere, &provider, "school", &[]).await;
    let (first, second) =
        (begin(&here, &provider, "school", &[]).await, begin(&here, &provider, "school", &[("next", "/studio")]).await);
    // Who is lured to an answer that somebody else brought.
    for other in [&elsewhere, &site.visitor(), &site.anonymous()] {
        assert_eq!(come_back(other, &provider, "school", &first).await, told("expired"));
        is_nobody(other).await;
    }
    assert_eq!(back(&here, "school", &[("state", "made-up"), ("code", "x")]).await, told("expired"));
    assert_eq!(back(&here, "school", &[("code", "x")]).await, told("expired"));
    assert_eq!(back(&here, "school", &[("state", "a"), ("state", &first.state)]).await, told("expired"));
    is_nobody(&here).await;
    // Two tabs, in whatever order.
    assert_eq!(come_back(&here, &provider, "school", &second).await, "/studio");
    assert_eq!(come_back(&here, &provider, "school", &first).await, "/");
    assert_eq!(come_back(&here, &provider, "school", &first).await, told("expired"));
    account(&here).await;
}

#[tokio::test]
async fn who_comes_back_too_late_begins_again() {
    let (site, provider) = school().await;
    let here = site.visitor();
    let sent = begin(&here, &provider, "school", &[]).await;
    let aged = sqlx::query(
        "UPDATE sign_in_attempts SET expires_at = expires_at - interval '10 minutes' WHERE state_hash = sha256($1)",
    );
    let aged = aged.bind(sent.state.as_bytes()).execute(&site.platform.db).await.unwrap();
    assert_eq!(aged.rows_affected(), 1);
    assert_eq!(come_back(&here, &provider, "school", &sent).await, told("expired"));
    is_nobody(&here).await;
}

#[tokio::test]
async fn one_providers_answer_is_none_at_anothers_address() {
    let (school, evil) = (FakeProvider::start().await, FakeProvider::start().await);
    let site = site(vec![school.config("school"), evil.config("evil")]).await;
    let here = site.visitor();
    let sent = begin(&here, &school, "school", &[]).await;
    let code = school.code(&sent);
    let query = [("state", &*sent.state), ("code", &*code)];
    assert_eq!(back(&here, "evil", &query).await, "/signin?problem=answer_refused&provider=evil");
    assert_eq!(back(&here, "school", &query).await, told("expired"), "it was used");
    is_nobody(&here).await;
}

#[tokio::test]
async fn an_answer_says_whose_it_is_where_that_is_announced() {
    let (site, provider) = school().await;
    let here = site.visitor();
    let sent = begin(&here, &provider, "school", &[]).await;
    let code = provider.code(&sent);
    let wrong = [("state", &*sent.state), ("code", &*code), ("iss", "https://evil.example")];
    assert_eq!(back(&here, "school", &wrong).await, told("answer_refused"), "a wrong one even where it isn't");
    let provider = FakeProvider::start().await;
    provider.truth().announces_issuer = true;
    let site = self::site(vec![provider.config("school")]).await;
    let here = site.visitor();
    assert_eq!(sign_in(&here, &provider, "school").await, told("answer_refused"));
    is_nobody(&here).await;
    let sent = begin(&here, &provider, "school", &[]).await;
    let code = provider.code(&sent);
    let right = [("state", &*sent.state), ("code", &*code), ("iss", &*provider.issuer)];
    assert_eq!(back(&here, "school", &right).await, "/");
    account(&here).await;
}

#[tokio::test]
async fn a_code_is_of_no_use_to_others() {
    let (site, provider) = school().await;
    let (here, victim) = (site.visitor(), site.visitor());
    let stolen = begin(&victim, &provider, "school", &[]).await;
    let stolen = provider.code(&stolen);
    let sent = begin(&here, &provider, "school", &[]).await;
    let query = [("state", &*sent.state), ("code", &*stolen)];
    assert_eq!(back(&here, "school", &query).await, told("answer_refused"), "by PKCE");
    is_nobody(&here).await;

    // By the nonce, at a provider that gives tokens to whoever brings a code, as often as they like.
    provider.truth().is_careless = true;
    let first = begin(&victim, &provider, "school", &[]).await;
    let code = provider.code(&first);
    assert_eq!(back(&victim, "school", &[("state", &first.state), ("code", &code)]).await, "/");
    let again = begin(&here, &provider, "school", &[]).await;
    assert_eq!(back(&here, "school", &[("state", &again.state), ("code", &code)]).await, told("answer_refused"));
    is_nobody(&here).await;
}

#[tokio::test]
async fn keys_that_were_replaced_are_fetched_and_not_too_often() {
    let (site, provider) = school().await;
    assert_eq!(sign_in(&site.visitor(), &provider, "school").await, "/");
    assert_eq!(provider.truth().keys_fetched, 1);
    provider.rotate_keys();
    let here = site.visitor();
    assert_eq!(sign_in(&here, &provider, "school").await, "/");
    account(&here).await;
    assert_eq!(provider.truth().keys_fetched, 2);
    provider.truth().lie = Lie::UnknownKey;
    for _ in 0..3 {
        assert_eq!(sign_in(&site.visitor(), &provider, "school").await, told("answer_refused"));
    }
    assert_eq!(provider.truth().keys_fetched, 2);
}

#[tokio::test]
async fn an_address_opens_nobodys_account() {
    let (site, provider) = school().await;
    let local = site.person().await;
    let email = format!("{}@example.org", local.username);
    provider.says(json!({
        "sub": unique("s"), "preferred_username": local.username, "email": email, "email_verified": true,
    }));
    let here = site.visitor();
    assert_eq!(sign_in(&here, &provider, "school").await, "/");
    let made = account(&here).await;
    assert_ne!(text(&made["id"]), local.id);
    assert_eq!(text(&made["username"]), format!("{}2", local.username), "a name that is taken gets a number");
}

#[tokio::test]
async fn people_of_whom_little_is_told_come_in_too() {
    let (site, provider) = school().await;
    let mut ids = Vec::new();
    for name in ["שלום", "<img src=x onerror=alert(1)>", "", "a\u{0}dmin"] {
        provider.says(json!({ "sub": unique("s"), "name": name, "email": null }));
        let here = site.visitor();
        assert_eq!(sign_in(&here, &provider, "school").await, "/", "{name:?}");
        let made = account(&here).await;
        assert_eq!(made["email"], "");
        ids.push(text(&made["id"]));
    }
    ids.dedup();
    assert_eq!(ids.len(), 4);
    // What the token leaves out, the user info may tell.
    let provider = FakeProvider::start().await;
    let (subject, name) = (unique("s"), unique("jorg"));
    provider.says(json!({ "sub": subject }));
    provider.truth().user_info =
        Some(json!({ "sub": subject, "name": name.replace("jorg", "Jörg "), "email": "Jorg@School.Example" }));
    let site = self::site(vec![provider.config("school")]).await;
    let here = site.visitor();
    assert_eq!(sign_in(&here, &provider, "school").await, "/");
    let made = account(&here).await;
    assert_eq!(
        (text(&made["username"]), &made["email"]),
        (name.replace("jorg", "Jorg."), &json!("jorg@school.example"))
    );
}

#[tokio::test]
async fn two_ways_in_can_be_had_and_the_last_one_stays() {
    let (school, club) = (FakeProvider::start().await, FakeProvider::start().await);
    let site = site(vec![school.config("school"), club.config("club")]).await;
    let (here, other) = (site.visitor(), site.visitor());
    sign_in(&here, &school, "school").await;
    let mine = account(&here).await;
    let first = identities(&here).await;
    assert_eq!((first.len(), text(&first[0]["provider"])), (1, "school".to_owned()));
    problem(unlink(&here, &first[0]).await, 409, "last_way_in").await;

    let sent = begin(&here, &club, "club", &[("link", "1"), ("next", "/account/identities")]).await;
    assert_eq!(come_back(&here, &club, "club", &sent).await, "/account/identities");
    assert_eq!(identities(&here).await.len(), 2);
    assert_eq!(account(&here).await["id"], mine["id"]);
    sign_in(&other, &club, "club").await;
    assert_eq!(account(&other).await["id"], mine["id"]);

    // It opens one account, and no other takes it.
    school.says(json!({ "sub": unique("s") }));
    let third = site.visitor();
    sign_in(&third, &school, "school").await;
    let refused = "/account/identities?problem=others_identity&provider=club";
    assert_eq!(link(&third, &club, "club").await, refused);
    problem(unlink(&third, &first[0]).await, 404, "not_found").await;

    assert_eq!(unlink(&here, &first[0]).await.status(), StatusCode::NO_CONTENT);
    let left = identities(&here).await;
    assert_eq!(left.len(), 1);
    problem(unlink(&here, &left[0]).await, 409, "last_way_in").await;
    let events: Vec<_> = log(&here).await.iter().map(|line| text(&line["event"])).collect();
    assert!(events.contains(&"identity.linked".to_owned()) && events.contains(&"identity.unlinked".to_owned()));
}

#[tokio::test]
async fn an_account_is_added_by_whoever_began_it_alone() {
    let (site, provider) = school().await;
    let (here, nobody) = (site.visitor(), site.visitor());
    let answer = ask(&nobody, "school", &[("link", "1")]).await;
    assert_eq!(answer.headers()["location"], &*told("sign_in_first"));
    sign_in(&here, &provider, "school").await;
    let sent = begin(&here, &provider, "school", &[("link", "1")]).await;
    // Meanwhile somebody else signs in in this browser.
    provider.says(json!({ "sub": unique("s") }));
    sign_in(&here, &provider, "school").await;
    provider.says(json!({ "sub": unique("s") }));
    assert_eq!(come_back(&here, &provider, "school", &sent).await, told("sign_in_first"));
    assert_eq!(identities(&here).await.len(), 1);
    // No page of another site begins it.
    let form = here.request(reqwest::Method::POST, "/auth/school").form(&[("link", "1")]);
    problem(form.header("sec-fetch-site", "cross-site").send().await.unwrap(), 403, "cross_site").await;
    assert!(here.get("/auth/school").await.status().is_client_error());
}

#[tokio::test]
async fn a_provider_lets_in_whom_it_may() {
    let provider = FakeProvider::start().await;
    let mut config = provider.config("school");
    config.allowed_domains = vec!["school.example".to_owned()];
    let site = site(vec![config]).await;
    let come = async |claims: Value| {
        provider.says(claims);
        sign_in(&site.visitor(), &provider, "school").await
    };
    let subject = unique("s");
    assert_eq!(
        come(json!({ "sub": subject, "email": "a@evil.example", "email_verified": true })).await,
        told("wrong_domain")
    );
    assert_eq!(come(json!({ "sub": subject, "email": "a@school.example" })).await, told("wrong_domain"));
    assert_eq!(come(json!({ "sub": subject, "email": "a@school.example", "email_verified": true })).await, "/");

    let mut config = provider.config("school");
    config.sign_up = false;
    let known = self::site(vec![config]).await;
    assert_eq!(sign_in(&known.visitor(), &provider, "school").await, "/", "who is known comes in");
    provider.says(json!({ "sub": unique("s") }));
    let stranger = known.visitor();
    assert_eq!(sign_in(&stranger, &provider, "school").await, told("no_account"));
    is_nobody(&stranger).await;
}

#[tokio::test]
async fn who_is_shut_out_stays_out() {
    let (site, provider) = school().await;
    let here = site.visitor();
    sign_in(&here, &provider, "school").await;
    let id = text(&account(&here).await["id"]);
    let shut = sqlx::query("UPDATE users SET disabled_at = now() WHERE id = $1").bind(id);
    shut.execute(&site.platform.db).await.unwrap();
    let again = site.visitor();
    assert_eq!(sign_in(&again, &provider, "school").await, told("account_disabled"));
    is_nobody(&again).await;
}

#[tokio::test]
async fn groups_become_roles_at_every_sign_in() {
    let provider = FakeProvider::start().await;
    let mut config = provider.config("school");
    config.role_claim = Some("groups".to_owned());
    config.roles = vec![
        ("staff".to_owned(), domain::actor::Role::Moderator),
        ("teachers".to_owned(), domain::actor::Role::Uploader),
    ];
    let site = site(vec![config]).await;
    let subject = unique("s");
    let mut here = site.visitor();
    for (claims, role) in [
        (json!({ "groups": ["staff", "teachers"] }), "moderator"),
        (json!({ "groups": ["teachers"] }), "uploader"),
        (json!({ "groups": "staff" }), "moderator"),
        (json!({}), "moderator"),
        (json!({ "groups": [] }), "uploader"),
    ] {
        let mut claims = claims;
        claims["sub"] = subject.clone().into();
        provider.says(claims.clone());
        here = site.visitor();
        assert_eq!(sign_in(&here, &provider, "school").await, "/");
        assert_eq!(account(&here).await["role"], role, "{claims}");
    }
    let changed: Vec<_> = log(&here).await.into_iter().filter(|line| line["event"] == "account.role_changed").collect();
    assert_eq!(changed.len(), 3);
    assert_eq!(changed[0]["details"]["to"], "uploader");
    assert_eq!(changed[0]["details"]["provider"], provider.issuer);
}

#[tokio::test]
async fn what_a_provider_refuses_is_told_in_words_of_ours() {
    let (site, provider) = school().await;
    for (error, code) in [
        ("access_denied", "cancelled"),
        ("temporarily_unavailable", "provider_down"),
        ("<script>alert(1)</script>", "answer_refused"),
    ] {
        let here = site.visitor();
        let sent = begin(&here, &provider, "school", &[]).await;
        let query = [("state", &*sent.state), ("error", error), ("error_description", "<b>words of theirs</b>")];
        assert_eq!(back(&here, "school", &query).await, told(code));
        let page = here.get(&told(code)).await.text().await.unwrap();
        assert!(page.contains("The school") && !page.contains("words of theirs"));
        is_nobody(&here).await;
    }
    let page = site.visitor().get("/signin?problem=%3Cb%3Ehello%3C/b%3E&provider=%3Ci%3E").await;
    let page = page.text().await.unwrap();
    assert!(!page.contains("<b>hello") && !page.contains("<i>"));
}

#[tokio::test]
async fn a_provider_that_is_down_keeps_nobody_else_out() {
    let (school, club) = (FakeProvider::start().await, FakeProvider::start().await);
    let mut down = school.config("school");
    // Nobody listens there.
    down.issuer = "http://127.0.0.1:1".to_owned();
    let site = site(vec![down, club.config("club")]).await;
    let here = site.visitor();
    for _ in 0..2 {
        let answer = ask(&here, "school", &[("next", "/studio")]).await;
        assert_eq!(answer.headers()["location"], &*format!("{}&next=%2Fstudio", told("provider_down")));
    }
    let page = here.get(&told("provider_down")).await.text().await.unwrap();
    assert!(page.contains("The school can't be reached at the moment."));
    assert_eq!(sign_in(&here, &club, "club").await, "/");
    account(&here).await;
    site.person().await;
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_afterwards() {
    let (site, provider) = school().await;
    for (next, goes) in [
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/.//evil.example", "/.//evil.example"),
        ("/studio\r\nset-cookie: a=b", "/"),
    ] {
        let here = site.visitor();
        let sent = begin(&here, &provider, "school", &[("next", next)]).await;
        assert_eq!(come_back(&here, &provider, "school", &sent).await, goes, "{next:?}");
    }
}

#[tokio::test]
async fn ways_in_are_listed_for_programs() {
    let (site, _) = school().await;
    let listed = expect(site.anonymous().get("/api/v1/providers").await, StatusCode::OK).await;
    let school =
        json!({ "key": "school", "label": "The school", "icon": "/providers/key.svg", "begin": "/auth/school" });
    assert_eq!(listed["items"], json!([school]));
    let page = site.visitor().get("/signin?next=/studio").await.text().await.unwrap();
    assert!(page.contains("action=\"/auth/school\"") && page.contains("Continue with The school"));
    let unknown = ask(&site.visitor(), "nothing", &[]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}
