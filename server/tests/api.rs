//! What scripts lean on: the document, tags, keys, limits, and other sites' pages.

mod support;

use platform::config::Cors;
use reqwest::{Method, StatusCode};
use serde_json::json;
use support::{Site, expect, problem, text};

#[tokio::test]
async fn the_document_is_there_for_everybody_and_sent_once() {
    let site = Site::start().await;
    let anyone = site.anonymous();
    let first = anyone.get("/api/openapi.json").await;
    let tag = first.headers()["etag"].clone();
    let document = expect(first, StatusCode::OK).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["servers"][0]["url"], "/api/v1");
    let again = anyone.request(Method::GET, "/api/openapi.json").header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let packed = anyone.request(Method::GET, "/api/openapi.json").header("accept-encoding", "br").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "br");
}

#[tokio::test]
async fn a_page_shows_every_call_without_anything_that_runs() {
    let site = Site::start().await;
    let document = expect(site.anonymous().get("/api/openapi.json").await, StatusCode::OK).await;
    let page = site.anonymous().get("/api").await;
    assert!(!page.headers()["content-security-policy"].to_str().unwrap().contains("unsafe"));
    let html = page.text().await.unwrap();
    for (_, item) in document["paths"].as_object().unwrap() {
        for (_, call) in item.as_object().unwrap() {
            assert!(html.contains(&format!("id=\"{}\"", text(&call["operationId"]))), "{call}");
        }
    }
    assert!(!html.contains("<script") && !html.contains("style=\""));
}

#[tokio::test]
async fn who_edits_what_has_changed_meanwhile_is_told() {
    let site = Site::start().await;
    let person = site.person().await;
    let (_, film) = person.begin(100, "private").await;
    let path = format!("/api/v1/videos/{film}");
    let read = async || person.get(&path).await.headers()["etag"].to_str().unwrap().to_owned();
    let edit = |tag: &str, title: &str| {
        person.request(Method::PATCH, &path).header("if-match", tag).json(&json!({ "title": title })).send()
    };
    let first = read().await;
    let known = person.request(Method::GET, &path).header("if-none-match", &first).send().await.unwrap();
    assert_eq!((known.status(), known.headers()["etag"].to_str().unwrap()), (StatusCode::NOT_MODIFIED, &*first));

    let edited = edit(&first, "One").await.unwrap();
    let second = edited.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!((edited.status(), &read().await), (StatusCode::OK, &second));
    problem(edit(&first, "Two").await.unwrap(), 412, "changed_meanwhile").await;
    assert_eq!(expect(person.get(&path).await, StatusCode::OK).await["title"], "One");

    // What its owner didn't change is no reason to refuse an edit.
    sqlx::query("UPDATE videos SET views = views + 1 WHERE id = $1")
        .bind(&film)
        .execute(&site.platform.db)
        .await
        .unwrap();
    assert_ne!(read().await, second);
    assert_eq!(edit(&second, "Three").await.unwrap().status(), StatusCode::OK);
    assert_eq!(edit("*", "Four").await.unwrap().status(), StatusCode::OK);

    let stale = person.request(Method::DELETE, &path).header("if-match", &second).send().await.unwrap();
    problem(stale, 412, "changed_meanwhile").await;
    let poster =
        person.request(Method::DELETE, &format!("{path}/poster")).header("if-match", &second).send().await.unwrap();
    problem(poster, 412, "changed_meanwhile").await;
    let fresh = person.request(Method::DELETE, &path).header("if-match", read().await).send().await.unwrap();
    assert_eq!(fresh.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_deleted_film_comes_back() {
    let site = Site::start().await;
    let person = site.person().await;
    let film = support::watchable(&site, &person, "Back again", 10_000).await;
    let path = format!("/api/v1/videos/{film}");
    assert_eq!(person.delete(&path).await.status(), StatusCode::NO_CONTENT);
    problem(person.get(&path).await, 404, "not_found").await;
    assert_eq!(person.post(&format!("{path}/restore"), &json!({})).await.status(), StatusCode::NO_CONTENT);
    expect(person.get(&path).await, StatusCode::OK).await;
    problem(site.person().await.post(&format!("{path}/restore"), &json!({})).await, 403, "forbidden").await;
}

#[tokio::test]
async fn ones_own_films_come_in_pages() {
    let site = Site::start().await;
    let person = site.person().await;
    let mut films = Vec::new();
    for _ in 0..3 {
        films.insert(0, person.begin(100, "private").await.1);
    }
    let page = expect(person.get("/api/v1/videos?owner=me&limit=2").await, StatusCode::OK).await;
    let next = format!("/api/v1/videos?owner=me&limit=2&cursor={}", text(&page["next_cursor"]));
    let rest = expect(person.get(&next).await, StatusCode::OK).await;
    let items = page["items"].as_array().unwrap().iter().chain(rest["items"].as_array().unwrap());
    assert_eq!(items.map(|film| text(&film["id"])).collect::<Vec<_>>(), films);
    assert!(rest["next_cursor"].is_null());
    problem(site.anonymous().get("/api/v1/videos?owner=me").await, 401, "sign_in_required").await;
    problem(person.get("/api/v1/videos?owner=you").await, 422, "owner_unknown").await;
}

#[tokio::test]
async fn a_call_that_is_repeated_with_its_key_is_made_once() {
    let site = Site::start().await;
    let (person, other) = (site.person().await, site.person().await);
    let asked = json!({ "file_name": "a.mp4", "size": 100 });
    let begin = |who: &support::Person, key: &str, body: &serde_json::Value| {
        who.request(Method::POST, "/api/v1/uploads").header("idempotency-key", key).json(body).send()
    };
    let first = expect(begin(&person, "one", &asked).await.unwrap(), StatusCode::CREATED).await;
    let again = begin(&person, "one", &asked).await.unwrap();
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(expect(again, StatusCode::CREATED).await, first);
    let open = expect(person.get("/api/v1/uploads").await, StatusCode::OK).await;
    assert_eq!(open["items"].as_array().unwrap().len(), 1);

    let else_ = json!({ "file_name": "b.mp4", "size": 100 });
    problem(begin(&person, "one", &else_).await.unwrap(), 422, "idempotency_key_reused").await;
    problem(begin(&person, &"x".repeat(256), &asked).await.unwrap(), 422, "idempotency_key_invalid").await;
    // A key is its maker's.
    let others = expect(begin(&other, "one", &asked).await.unwrap(), StatusCode::CREATED).await;
    assert_ne!(others["upload_id"], first["upload_id"]);

    // What was refused can be tried again.
    let empty = json!({ "file_name": "c.mp4", "size": 0 });
    problem(begin(&person, "two", &empty).await.unwrap(), 422, "file_empty").await;
    expect(begin(&person, "two", &asked).await.unwrap(), StatusCode::CREATED).await;
}

#[tokio::test]
async fn of_calls_with_one_key_at_once_one_is_made() {
    let site = Site::start().await;
    let person = site.person().await;
    let asked = json!({ "file_name": "a.mp4", "size": 100 });
    let calls = (0..10).map(|_| {
        person.request(Method::POST, "/api/v1/uploads").header("idempotency-key", "at-once").json(&asked).send()
    });
    for answer in futures::future::join_all(calls).await {
        let answer = answer.unwrap();
        match answer.status() {
            StatusCode::CREATED => {}
            _ => drop(problem(answer, 409, "idempotency_key_in_use").await),
        }
    }
    let open = expect(person.get("/api/v1/uploads").await, StatusCode::OK).await;
    assert_eq!(open["items"].as_array().unwrap().len(), 1);

    // A server that died while it answered doesn't keep the key for ever.
    let forgotten = "UPDATE idempotency_keys SET status = NULL, body = NULL, begun_at = now() - interval '3 minutes'
        WHERE user_id = $1";
    sqlx::query(forgotten).bind(&person.id).execute(&site.platform.db).await.unwrap();
    let answer = person.request(Method::POST, "/api/v1/uploads").header("idempotency-key", "at-once").json(&asked);
    assert_eq!(answer.send().await.unwrap().status(), StatusCode::CREATED);
}

#[tokio::test]
async fn who_makes_too_many_calls_waits() {
    let site = Site::start_with(|config| config.api.rate = Some(5)).await;
    let anyone = site.anonymous();
    for left in (0..5).rev() {
        let answer = anyone.get("/api/v1/videos?limit=1").await;
        assert_eq!(answer.headers()["ratelimit-policy"], "\"default\";q=5;w=60");
        assert!(answer.headers()["ratelimit"].to_str().unwrap().starts_with(&format!("\"default\";r={left};t=")));
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let refused = anyone.get("/api/v1/videos?limit=1").await;
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=12).contains(&wait));
    problem(refused, 429, "too_many_requests").await;
    // Pages aren't calls.
    assert_eq!(anyone.get("/").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn other_sites_pages_call_where_they_are_let_in() {
    const FRIEND: &str = "https://friend.example";
    let allowed = |answer: &reqwest::Response| {
        answer.headers().get("access-control-allow-origin").map(|origin| origin.to_str().unwrap().to_owned())
    };
    let ask = |site: &Site, origin: &'static str, path: &str| {
        site.anonymous().request(Method::GET, path).header("origin", origin).send()
    };
    let closed = Site::start().await;
    assert_eq!(allowed(&ask(&closed, FRIEND, "/api/v1/videos").await.unwrap()), None);

    let site = Site::start_with(|config| config.api.cors = Cors::Origins(vec![FRIEND.to_owned()])).await;
    let answer = ask(&site, FRIEND, "/api/v1/videos?limit=1").await.unwrap();
    assert_eq!(allowed(&answer).as_deref(), Some(FRIEND));
    assert!(answer.headers().get("access-control-allow-credentials").is_none());
    assert!(answer.headers()["access-control-expose-headers"].to_str().unwrap().contains("ETag"));
    // Refusals can be read as well.
    let refused = site.anonymous().request(Method::GET, "/api/v1/videos").header("origin", FRIEND).bearer_auth("kin_x");
    let refused = refused.send().await.unwrap();
    assert_eq!((refused.status(), allowed(&refused).as_deref()), (StatusCode::UNAUTHORIZED, Some(FRIEND)));
    assert_eq!(allowed(&ask(&site, "https://evil.example", "/api/v1/videos").await.unwrap()), None);
    assert_eq!(allowed(&ask(&site, FRIEND, "/").await.unwrap()), None);

    let first = site.anonymous().request(Method::OPTIONS, "/api/v1/uploads").header("origin", FRIEND);
    let first = first.header("access-control-request-method", "POST").send().await.unwrap();
    assert_eq!((first.status(), allowed(&first).as_deref()), (StatusCode::NO_CONTENT, Some(FRIEND)));
    assert!(first.headers()["access-control-allow-headers"].to_str().unwrap().contains("Authorization"));

    // A page that was let in signs in; one that brings a browser's session doesn't get anywhere by it.
    let sign_in = |origin: &'static str| {
        let body = json!({ "login": "nobody", "password": "wrong wrong" });
        let asked = site.anonymous().request(Method::POST, "/api/v1/tokens").json(&body);
        asked.header("origin", origin).header("sec-fetch-site", "cross-site")
    };
    problem(sign_in(FRIEND).send().await.unwrap(), 401, "wrong_credentials").await;
    problem(sign_in("https://evil.example").send().await.unwrap(), 403, "cross_site").await;
    problem(sign_in(FRIEND).header("cookie", "kinora_session=x").send().await.unwrap(), 403, "cross_site").await;

    let open = Site::start_with(|config| config.api.cors = Cors::Everywhere).await;
    assert_eq!(allowed(&ask(&open, "https://anyone.example", "/api/v1/videos").await.unwrap()).as_deref(), Some("*"));
}
