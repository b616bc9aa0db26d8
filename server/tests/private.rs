//! What is private stays out of caches that others share, and is gone when it is to be gone.

mod support;

use bytes::Bytes;
use domain::key::MediaKey;
use domain::poster::{Format, Of};
use reqwest::{Response, StatusCode, header};
use serde_json::json;
use std::time::Duration;
use support::film::{Film, SECRET};
use support::{Site, expect};

fn cache_control(answer: &Response) -> &str {
    answer.headers()[header::CACHE_CONTROL].to_str().unwrap()
}

/// No cache but the browser's own keeps it; and that not longer than `most` seconds, and not for another session.
fn is_private(answer: &Response, most: u64) {
    let path = answer.url().path();
    let directives: Vec<&str> = cache_control(answer).split(',').map(str::trim).collect();
    assert!(directives.contains(&"private"), "{path}: {directives:?}");
    assert!(!directives.iter().any(|d| *d == "public" || d.starts_with("s-maxage")), "{path}: {directives:?}");
    let age = directives.iter().find_map(|directive| directive.strip_prefix("max-age="));
    let age: u64 = age.map_or(0, |age| age.parse().unwrap());
    assert!(age <= most, "{path} may be kept for {age} s");
    if age == 0 {
        assert!(directives.contains(&"no-store") || directives.contains(&"no-cache"), "{path}: {directives:?}");
    } else {
        let vary: String = answer.headers().get_all(header::VARY).iter().map(|v| v.to_str().unwrap()).collect();
        assert!(vary.contains("Cookie") && vary.contains("Authorization"), "{path} varies by {vary}");
    }
    assert!(answer.headers().get("x-content-type-options").is_some(), "{path}");
}

#[tokio::test]
async fn nothing_private_is_kept_by_a_cache_that_others_share() {
    let site = Site::start().await;
    let owner = site.person().await;
    let half_a_window = site.platform.config.url_window_seconds / 2;
    assert_eq!(half_a_window, 300, "the default");
    for visibility in ["public", "unlisted", "password", "private"] {
        let film = Film::ready(&site, &owner, visibility).await;
        for path in &film.shown {
            let most = match path.split('/').nth(1) {
                Some("m") => half_a_window,
                Some("v") => 60,
                _ => 0,
            };
            if !path.ends_with("/events") {
                is_private(&owner.get(path).await, most);
            }
            // Nor does anybody learn later what was refused once.
            let refused = site.anonymous().get(path).await;
            if refused.status().is_client_error() {
                is_private(&refused, 0);
            }
        }
    }
    // Lists are the same for all, but pages show who is signed in.
    for path in
        ["/", "/search?q=film", "/studio", "/upload", "/signin", "/api/v1/videos", "/nowhere", "/api/v1/nowhere"]
    {
        is_private(&owner.get(path).await, 0);
    }
}

#[tokio::test]
async fn a_playlist_that_grows_is_not_kept_at_all() {
    let site = Site::start().await;
    let owner = site.person().await;
    let film = Film::ready(&site, &owner, "public").await;
    for statement in [
        "UPDATE videos SET state = 'processing' WHERE id = $1",
        "UPDATE builds SET finished_at = NULL WHERE video_id = $1",
    ] {
        sqlx::query(statement).bind(&film.id).execute(&site.platform.db).await.unwrap();
    }
    // A process that hasn't seen it finished.
    let site = Site::start().await;
    let anyone = site.anonymous();
    for path in &film.shown[3..5] {
        for path in [path.clone(), format!("{path}?growing=1")] {
            let answer = anyone.get(&path).await;
            assert_eq!((answer.status(), cache_control(&answer)), (StatusCode::OK, "private, no-store"), "{path}");
        }
    }
}

#[tokio::test]
async fn objects_say_themselves_how_they_may_be_kept() {
    let site = Site::start().await;
    let owner = site.person().await;
    let film = Film::ready(&site, &owner, "public").await;
    let build = || film.build.parse().unwrap();
    let rung = || "180p".to_owned();
    for key in [
        MediaKey::Chunk { build: build(), chunk: 0, fence: 1, rung: rung() },
        MediaKey::Init { build: build(), hash: "0123456789abcdef".to_owned(), rung: rung() },
        MediaKey::Poster { of: Of::Build(build()), fence: 1, width: 640, format: Format::Jpeg },
        MediaKey::Sheet { build: build(), number: 0, fence: 1 },
        MediaKey::Waveform { build: build(), fence: 1 },
        MediaKey::Text { build: build(), name: "text1".to_owned(), fence: 1 },
    ] {
        site.platform.storage.put(&key, Bytes::from_static(b"something")).await.unwrap();
        let redirect = site.anonymous().get(&format!("/m/{}", key.path().unwrap())).await;
        let object = reqwest::get(redirect.headers()["location"].to_str().unwrap()).await.unwrap();
        // They never change, so a browser need not ask again; a cache that others share is told to leave them alone.
        assert_eq!(cache_control(&object), "private, max-age=31536000, immutable", "{key}");
        assert_eq!(object.headers()[header::CONTENT_TYPE], key.content_type(), "{key}");
    }
}

#[tokio::test]
async fn a_film_made_private_is_gone_at_once_and_what_was_handed_out_dies_with_its_window() {
    let window = 2;
    let here = Site::start_with(|config| config.url_window_seconds = window).await;
    // Another process, with a memory of its own.
    let elsewhere = Site::start_with(|config| config.url_window_seconds = window).await;
    let owner = here.person().await;
    let film = Film::ready(&here, &owner, "public").await;
    let chunk = MediaKey::Chunk { build: film.build.parse().unwrap(), chunk: 0, fence: 1, rung: "180p".to_owned() };
    here.platform.storage.put(&chunk, Bytes::from_static(b"a segment")).await.unwrap();
    let (guest, far) = (here.visitor(), elsewhere.visitor());
    film.is(StatusCode::OK, &guest).await;
    film.is(StatusCode::OK, &far).await;
    let handed_out = far.get(film.segment()).await.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(reqwest::get(&handed_out).await.unwrap().status(), StatusCode::OK);

    expect(owner.patch(film.api(), &json!({ "visibility": "private" })).await, StatusCode::OK).await;
    film.is(StatusCode::NOT_FOUND, &guest).await;
    tokio::time::sleep(Duration::from_secs(window)).await;
    film.is(StatusCode::NOT_FOUND, &far).await;
    assert_eq!(reqwest::get(&handed_out).await.unwrap().status(), StatusCode::FORBIDDEN, "the window is over");
    // Its owner goes on, by a URL of the next window.
    let renewed = owner.get(film.segment()).await.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(reqwest::get(&renewed).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_key_that_was_shown_opens_segments_at_once() {
    let site = Site::start().await;
    let owner = site.person().await;
    let (one, two) = (Film::ready(&site, &owner, "password").await, Film::ready(&site, &owner, "password").await);
    let guest = site.visitor();
    let show = async |film: &Film| {
        let asked = guest.request(reqwest::Method::POST, &format!("{}/unlock", film.api()));
        let asked = asked.header("sec-fetch-site", "same-origin").json(&json!({ "password": SECRET }));
        assert_eq!(asked.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    };
    show(&one).await;
    assert_eq!(guest.get(one.segment()).await.status(), StatusCode::FOUND);
    assert_eq!(guest.get(two.segment()).await.status(), StatusCode::UNAUTHORIZED);
    // Who he was a moment ago is remembered, and is no reason to refuse him.
    show(&two).await;
    assert_eq!(guest.get(two.segment()).await.status(), StatusCode::FOUND);
}
