//! Films behind a password, and share links.

mod support;

use reqwest::{Client, Method, StatusCode, redirect};
use serde_json::json;
use support::film::{Film, SECRET};
use support::{Site, expect, problem, text};

#[tokio::test]
async fn a_film_behind_a_password_opens_to_who_knows_it() {
    let site = Site::start().await;
    let owner = site.person().await;
    let film = Film::ready(&site, &owner, "password").await;
    let guest = site.visitor();
    for person in [&guest, &site.person().await, &site.anonymous()] {
        film.is(StatusCode::UNAUTHORIZED, person).await;
        problem(person.get(film.segment()).await, 401, "password_required").await;
    }
    film.is(StatusCode::OK, &owner).await;
    let page = guest.get(film.page()).await.text().await.unwrap();
    assert!(page.contains("behind a password") && !page.contains("a film"), "nothing of the film is told");
    let listed = guest.get("/api/v1/videos?limit=100").await.text().await.unwrap();
    assert!(!listed.contains(&film.id));

    let unlock = format!("{}/unlock", film.api());
    problem(guest.post(&unlock, &json!({ "password": "the red lighthouse" })).await, 422, "wrong_password").await;
    film.is(StatusCode::UNAUTHORIZED, &guest).await;
    let right = guest.post(&unlock, &json!({ "password": SECRET })).await;
    assert_eq!(right.status(), StatusCode::NO_CONTENT);
    assert!(right.headers()["set-cookie"].to_str().unwrap().contains("HttpOnly"));
    film.is(StatusCode::OK, &guest).await;
    film.is(StatusCode::UNAUTHORIZED, &site.anonymous()).await;

    // Who may watch may do nothing else.
    let edited = guest.request(Method::PATCH, film.api()).header("sec-fetch-site", "same-origin");
    let edited = edited.json(&json!({ "title": "Mine" })).send().await.unwrap();
    assert_eq!(edited.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn another_password_locks_everybody_out() {
    let site = Site::start().await;
    let owner = site.person().await;
    let film = Film::ready(&site, &owner, "password").await;
    let guest = site.visitor();
    let unlock = format!("{}/unlock", film.api());
    assert_eq!(guest.post(&unlock, &json!({ "password": SECRET })).await.status(), StatusCode::NO_CONTENT);
    film.is(StatusCode::OK, &guest).await;
    // Editing something else changes nothing.
    let same = json!({ "title": "Renamed", "visibility": "password" });
    expect(owner.patch(film.api(), &same).await, StatusCode::OK).await;
    film.is(StatusCode::OK, &guest).await;
    expect(owner.patch(film.api(), &json!({ "password": SECRET })).await, StatusCode::OK).await;
    film.is(StatusCode::UNAUTHORIZED, &guest).await;
    // Nor does the old key open it once it is private.
    expect(owner.patch(film.api(), &json!({ "visibility": "private" })).await, StatusCode::OK).await;
    film.is(StatusCode::NOT_FOUND, &guest).await;
    let asked = guest.request(Method::POST, &unlock).header("sec-fetch-site", "same-origin");
    problem(asked.json(&json!({ "password": SECRET })).send().await.unwrap(), 404, "not_found").await;
}

#[tokio::test]
async fn passwords_of_films_are_refused_clearly() {
    let site = Site::start().await;
    let owner = site.person().await;
    let film = Film::ready(&site, &owner, "private").await;
    for (change, code) in [
        (json!({ "visibility": "password" }), "password_required"),
        (json!({ "visibility": "password", "password": "short" }), "password_too_short"),
        (json!({ "password": SECRET }), "no_password_film"),
        (json!({ "visibility": "unlisted", "password": SECRET }), "no_password_film"),
    ] {
        let refused = problem(owner.patch(film.api(), &change).await, 422, code).await;
        assert_eq!(refused["field"], "password");
    }
    let early = json!({ "file_name": "a.mp4", "size": 10, "visibility": "password" });
    problem(owner.post("/api/v1/uploads", &early).await, 422, "password_later").await;
}

#[tokio::test]
async fn guessing_a_films_password_ends_soon_and_only_for_who_guesses() {
    let site = Site::start().await;
    let owner = site.person().await;
    let film = Film::ready(&site, &owner, "password").await;
    let unlock = format!("{}/unlock", film.api());
    let client = Client::new();
    let guess = |from: &'static str, password: &'static str| {
        let asked = client.post(format!("{}{unlock}", site.url)).header("x-forwarded-for", from);
        asked.json(&json!({ "password": password })).send()
    };
    for _ in 0..10 {
        assert_eq!(guess("198.51.100.7", "wrong wrong").await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let last = guess("198.51.100.7", SECRET).await.unwrap();
    assert!(last.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    problem(last, 429, "too_many_attempts").await;
    assert_eq!(guess("203.0.113.9", SECRET).await.unwrap().status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_share_link_opens_a_private_film_until_it_is_withdrawn() {
    let site = Site::start().await;
    let (owner, other) = (site.person().await, site.person().await);
    let film = Film::ready(&site, &owner, "private").await;
    let links = format!("{}/links", film.api());
    let made = owner.post(&links, &json!({ "label": "For the choir", "expires": "7d" })).await;
    let made = expect(made, StatusCode::CREATED).await;
    assert!(made["expires_at"].is_string() && made["uses"] == 0);
    let url = text(&made["url"]);
    let address = url.strip_prefix(site.platform.config.public_url.as_str().trim_end_matches('/')).unwrap();
    let token = address.split_once("?share=").unwrap().1.to_owned();

    let guest = site.visitor();
    film.is(StatusCode::NOT_FOUND, &guest).await;
    let arrived = guest.get(&format!("{address}&t=12")).await;
    assert_eq!(arrived.status(), StatusCode::SEE_OTHER);
    assert_eq!(arrived.headers()["location"], format!("/watch/{}?t=12", film.id).as_str());
    assert_eq!(arrived.headers()["cache-control"], "private, no-store");
    film.is(StatusCode::OK, &guest).await;
    film.is(StatusCode::NOT_FOUND, &other).await;

    // A script shows what stands in the link, and brings the cookie that it gets.
    let script = site.visitor();
    let shown = script.post(&format!("{}/unlock", film.api()), &json!({ "share": token })).await;
    assert_eq!(shown.status(), StatusCode::NO_CONTENT);
    film.is(StatusCode::OK, &script).await;

    let listed = expect(owner.get(&links).await, StatusCode::OK).await;
    let link = &listed["items"][0];
    assert_eq!((text(&link["label"]), link["uses"].as_i64()), ("For the choir".to_owned(), Some(2)));
    assert!(link["last_used_at"].is_string() && link.get("url").is_none() && !listed.to_string().contains(&token));
    assert!(matches!(other.get(&links).await.status().as_u16(), 403 | 404));
    problem(guest.get(&links).await, 401, "sign_in_required").await;

    let withdraw = format!("{links}/{}", text(&link["id"]));
    problem(other.delete(&withdraw).await, 404, "not_found").await;
    assert_eq!(owner.delete(&withdraw).await.status(), StatusCode::NO_CONTENT);
    film.is(StatusCode::NOT_FOUND, &guest).await;
    film.is(StatusCode::NOT_FOUND, &script).await;
    guest.get(address).await;
    film.is(StatusCode::NOT_FOUND, &guest).await;
    problem(owner.delete(&withdraw).await, 404, "not_found").await;
}

#[tokio::test]
async fn a_share_link_that_has_expired_opens_nothing() {
    let site = Site::start().await;
    let owner = site.person().await;
    let film = Film::ready(&site, &owner, "password").await;
    let links = format!("{}/links", film.api());
    let made = expect(owner.post(&links, &json!({ "expires": "1h" })).await, StatusCode::CREATED).await;
    let token = text(&made["url"]).split_once("?share=").unwrap().1.to_owned();
    let guest = site.visitor();
    guest.get(&format!("/watch/{}?share={token}", film.id)).await;
    film.is(StatusCode::OK, &guest).await;

    // The clock is the database's: what would end in an hour ends in a moment, and is remembered for that moment only.
    sqlx::query("UPDATE keys SET expires_at = now() + interval '1 second' WHERE id = $1")
        .bind(text(&made["id"]))
        .execute(&site.platform.db)
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    film.is(StatusCode::UNAUTHORIZED, &guest).await;
    let listed = expect(owner.get(&links).await, StatusCode::OK).await;
    assert_eq!(listed["items"][0]["expired"], true);
    let again = guest.get(&format!("/watch/{}?share={token}", film.id)).await;
    assert_eq!(again.status(), StatusCode::SEE_OTHER);
    film.is(StatusCode::UNAUTHORIZED, &guest).await;
}

#[tokio::test]
async fn share_links_are_for_films_that_need_them() {
    let site = Site::start().await;
    let owner = site.person().await;
    let open = Film::ready(&site, &owner, "unlisted").await;
    let links = |film: &Film| format!("{}/links", film.api());
    let asked = json!({ "expires": "1d" });
    problem(owner.post(&links(&open), &asked).await, 409, "film_is_open").await;
    let one = Film::ready(&site, &owner, "private").await;
    for (asked, field) in [
        (json!({}), "expires"),
        (json!({ "expires": "soon" }), "expires"),
        (json!({ "expires": "1d", "label": "x".repeat(81) }), "label"),
    ] {
        let refused = expect(owner.post(&links(&one), &asked).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], field);
    }
    // One film's link opens no other.
    let two = Film::ready(&site, &owner, "private").await;
    let made = expect(owner.post(&links(&one), &asked).await, StatusCode::CREATED).await;
    let token = text(&made["url"]).split_once("?share=").unwrap().1.to_owned();
    let guest = site.visitor();
    assert_eq!(guest.get(&format!("/watch/{}?share={token}", two.id)).await.status(), StatusCode::SEE_OTHER);
    two.is(StatusCode::NOT_FOUND, &guest).await;
    assert!(guest.get(&format!("/watch/{}?share=kis_nonsense", one.id)).await.headers().get("set-cookie").is_none());
}

#[tokio::test]
async fn who_opens_nothing_gets_no_session() {
    let site = Site::start().await;
    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    for path in ["/", "/watch/AAAAAAAAAAAA", "/watch/AAAAAAAAAAAA?share=kis_x", "/api/v1/videos"] {
        let answer = client.get(format!("{}{path}", site.url)).send().await.unwrap();
        assert!(answer.headers().get("set-cookie").is_none(), "{path}");
    }
}
