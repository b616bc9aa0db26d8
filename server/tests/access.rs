//! Who may, and who gets 404, 401, 403 or 429.

mod support;

use reqwest::{Method, StatusCode};
use serde_json::json;
use support::{PASSWORD, Site, expect, problem, text, unique};

#[tokio::test]
async fn a_private_film_is_nowhere_for_others() {
    let site = Site::start().await;
    let (owner, other) = (site.person().await, site.person().await);
    let (_, video) = owner.begin(100, "private").await;
    let build = "AAAAAAAAAAAA";
    let paths = [
        format!("/api/v1/videos/{video}"),
        format!("/api/v1/videos/{video}/events"),
        format!("/v/{video}/{build}/master.m3u8"),
        format!("/v/{video}/{build}/720p.m3u8"),
        format!("/v/{video}/{build}/manifest.mpd"),
        format!("/m/{build}/0.1/720p.m4s"),
        format!("/m/{build}/poster.1.640.jpg"),
    ];
    for person in [&other, &site.anonymous()] {
        for path in &paths {
            problem(person.get(path).await, 404, "not_found").await;
        }
        let edited = person.patch(&paths[0], &json!({ "title": "Mine" })).await;
        assert!(matches!(edited.status().as_u16(), 401 | 404));
        assert!(matches!(person.delete(&paths[0]).await.status().as_u16(), 401 | 404));
    }
    expect(owner.get(&paths[0]).await, StatusCode::OK).await;
    let events = owner.get(&paths[1]).await;
    assert_eq!(events.headers()["content-type"], "text/event-stream");
}

#[tokio::test]
async fn events_begin_with_the_present_state() {
    let site = Site::start().await;
    let owner = site.person().await;
    let (_, video) = owner.begin(100, "private").await;
    let mut events = owner.get(&format!("/api/v1/videos/{video}/events")).await;
    let mut heard = String::new();
    while !heard.ends_with("\n\n") {
        heard.push_str(std::str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap());
    }
    // Of progress nothing is told before there is some.
    let data: serde_json::Value =
        serde_json::from_str(heard.strip_prefix("event: state\ndata: ").unwrap().trim_end()).unwrap();
    assert_eq!((&data["video"], &data["state"]), (&json!(video), &json!("uploading")));
}

#[tokio::test]
async fn its_owner_edits_and_deletes_a_film() {
    let site = Site::start().await;
    let owner = site.person().await;
    let (_, video) = owner.begin(100, "private").await;
    let path = format!("/api/v1/videos/{video}");
    let title = "🎬 שלום";
    let changed = owner.patch(&path, &json!({ "title": title, "visibility": "unlisted" })).await;
    let changed = expect(changed, StatusCode::OK).await;
    assert_eq!((text(&changed["title"]), text(&changed["visibility"])), (title.to_owned(), "unlisted".to_owned()));
    for (change, field) in [
        (json!({ "visibility": "secret" }), "visibility"),
        (json!({ "title": "" }), "title"),
        (json!({ "title": " \t\u{a0} " }), "title"),
        (json!({ "title": "x".repeat(10_000) }), "title"),
        (json!({ "title": 7 }), "title"),
    ] {
        let refused = expect(owner.patch(&path, &change).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], field);
    }
    assert_eq!(owner.delete(&path).await.status(), StatusCode::NO_CONTENT);
    problem(owner.get(&path).await, 404, "not_found").await;
}

#[tokio::test]
async fn lists_take_odd_questions_calmly() {
    let site = Site::start().await;
    let anyone = site.anonymous();
    for path in ["/api/v1/videos", "/api/v1/videos?q=", "/api/v1/videos?q=%20&limit=1"] {
        let page = expect(anyone.get(path).await, StatusCode::OK).await;
        assert!(page["items"].is_array());
        assert!(page.get("next_cursor").is_some());
    }
    for (path, field) in [
        ("/api/v1/videos?cursor=nonsense", "cursor"),
        ("/api/v1/videos?q=boat&cursor=s.1.24", "cursor"),
        ("/api/v1/videos?q=boat&cursor=n.1.abc", "cursor"),
        ("/api/v1/videos?limit=many", "limit"),
        ("/api/v1/videos?limit=100000", "limit"),
    ] {
        let refused = expect(anyone.get(path).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], field);
    }
    problem(anyone.get("/api/v1/nothing").await, 404, "not_found").await;
    problem(anyone.delete("/api/v1/videos").await, 405, "method_not_allowed").await;
}

#[tokio::test]
async fn requests_from_other_sites_are_refused() {
    let site = Site::start().await;
    let ask = |headers: &[(&'static str, &'static str)]| {
        let body = json!({ "login": "nobody", "password": PASSWORD });
        let mut request = site.anonymous().request(Method::POST, "/api/v1/tokens").json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send()
    };
    problem(ask(&[("sec-fetch-site", "cross-site")]).await.unwrap(), 403, "cross_site").await;
    problem(ask(&[("origin", "https://evil.example")]).await.unwrap(), 403, "cross_site").await;
    problem(ask(&[("cookie", "kinora_session=x")]).await.unwrap(), 403, "cross_site").await;
    assert_eq!(ask(&[("sec-fetch-site", "same-origin")]).await.unwrap().status(), 401);
    assert_eq!(ask(&[]).await.unwrap().status(), 401);
}

#[tokio::test]
async fn guessing_a_password_ends_soon() {
    let site = Site::start().await;
    let person = site.person().await;
    let guess = json!({ "login": person.username, "password": "wrong wrong wrong" });
    let anyone = site.anonymous();
    for _ in 0..50 {
        let answer = anyone.post("/api/v1/tokens", &guess).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
            problem(answer, 429, "too_many_attempts").await;
            return;
        }
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    panic!("50 wrong passwords, and no limit");
}

#[tokio::test]
async fn accounts_are_refused_field_by_field() {
    let site = Site::start().await;
    let taken = site.person().await.username;
    let anyone = site.anonymous();
    let name = unique("n");
    let email = format!("{name}@example.org");
    for (account, field) in [
        (json!({ "username": taken, "email": email, "password": PASSWORD }), "username"),
        (json!({ "username": name, "email": "nowhere", "password": PASSWORD }), "email"),
        (json!({ "username": name, "email": email, "password": "short" }), "password"),
        (json!({ "username": name, "email": email, "password": "password1" }), "password"),
        (json!({ "username": name, "email": email }), "password"),
    ] {
        let refused = expect(anyone.post("/api/v1/accounts", &account).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], field, "{refused}");
    }
    let stale = anyone.request(Method::GET, "/api/v1/uploads").bearer_auth("nonsense").send().await.unwrap();
    problem(stale, 401, "invalid_token").await;
}
