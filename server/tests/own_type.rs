//! What people upload is never a page of this site: it lies on another origin, under a type that is ours, and an original is
//! a file to be saved.

mod support;

use bytes::Bytes;
use domain::key::MediaKey;
use domain::poster::{Format, Of};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde_json::json;
use support::film::Film;
use support::{Site, expect, mp4, text, unique_id};

/// An MP4 by its first bytes, and a page to a browser that reads on.
fn page() -> Vec<u8> {
    let mut bytes = mp4(64);
    bytes.extend_from_slice(b"<!doctype html><html><script>alert(document.cookie)</script></html>");
    bytes
}

/// Where an answer leads to, which isn't here.
fn elsewhere(answer: &Response, site: &Site) -> String {
    assert_eq!(answer.status(), StatusCode::FOUND);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let origin = Url::parse(&location).expect("a whole address").origin();
    assert_ne!(origin, Url::parse(&site.url).unwrap().origin());
    assert_ne!(origin, site.platform.config.public_url.origin());
    location
}

fn kind(answer: &Response) -> &str {
    answer.headers()["content-type"].to_str().unwrap()
}

#[tokio::test]
async fn an_original_is_a_file_to_be_saved_whatever_it_is() {
    let site = Site::start().await;
    let owner = site.person().await;
    let film = page();
    let asked =
        json!({ "file_name": "page.html", "size": film.len(), "visibility": "public", "content_type": "text/html" });
    let created = expect(owner.post("/api/v1/uploads", &asked).await, StatusCode::CREATED).await;
    let (upload, video) = (text(&created["upload_id"]), text(&created["video_id"]));
    let signed = owner.post(&format!("/api/v1/uploads/{upload}/parts"), &json!({ "parts": [{ "number": 1 }] })).await;
    let part = expect(signed, StatusCode::OK).await["parts"][0].clone();
    // Whoever sends it says what it is.
    let mut put = Client::new().put(part["url"].as_str().unwrap()).header("content-type", "text/html").body(film);
    for (name, value) in part["headers"].as_object().unwrap() {
        put = put.header(name, value.as_str().unwrap());
    }
    assert!(put.send().await.unwrap().status().is_success());
    expect(owner.post(&format!("/api/v1/uploads/{upload}/complete"), &json!({})).await, StatusCode::ACCEPTED).await;
    expect(
        owner
            .patch(
                &format!("/api/v1/videos/{video}"),
                &json!({ "downloadable": true, "title": "page.html\" onload=\"x; filename=x.html" }),
            )
            .await,
        StatusCode::OK,
    )
    .await;

    let way = elsewhere(&site.anonymous().get(&format!("/api/v1/videos/{video}/original")).await, &site);
    let saved = reqwest::get(&way).await.unwrap();
    assert_eq!(kind(&saved), "application/octet-stream");
    let disposition = saved.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
    // One value in quotes and one in percents, whatever the title: neither ends early.
    assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
    assert!(disposition.ends_with(".mp4"), "{disposition}");
    // What says otherwise is not what was signed.
    for other in ["text/html", "image/svg%2Bxml"] {
        let other = way.replace("application%2Foctet-stream", &other.replace('/', "%2F"));
        assert_ne!(other, way);
        assert_eq!(reqwest::get(&other).await.unwrap().status(), StatusCode::FORBIDDEN);
    }
    // Nor is it anything else by itself.
    let original = MediaKey::Original { video: video.parse().unwrap() };
    let signed = site.platform.storage.presign_get(&original).await.unwrap();
    assert_eq!(kind(&reqwest::get(&signed.url).await.unwrap()), "application/octet-stream");
    // And by no other way is it to be had.
    for path in
        [format!("/m/originals/{video}/original"), format!("/originals/{video}/original"), format!("/m/{original}")]
    {
        assert_eq!(owner.get(&path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_picture_that_was_sent_is_seen_by_nobody_as_it_came() {
    let site = Site::start().await;
    let owner = site.person().await;
    let film = Film::ready(&site, &owner, "public").await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec();
    let way = owner.post(&format!("{}/poster/pictures", film.api()), &json!({ "size": svg.len() })).await;
    let way = expect(way, StatusCode::CREATED).await;
    let send = |kind: &'static str| {
        let mut put = Client::new().put(way["url"].as_str().unwrap()).body(svg.clone());
        for (name, value) in way["headers"].as_object().unwrap() {
            put = put.header(name, if name == "content-type" { kind } else { value.as_str().unwrap() });
        }
        put.send()
    };
    assert_eq!(way["headers"]["content-type"], "application/octet-stream");
    assert_eq!(send("image/svg+xml").await.unwrap().status(), StatusCode::FORBIDDEN, "another type was signed");
    assert_eq!(send("application/octet-stream").await.unwrap().status(), StatusCode::OK);
    let id = text(&way["picture"]);
    for path in [format!("/m/posters/{}/picture.{id}", film.id), format!("/m/posters/{}/{id}", film.id)] {
        assert_eq!(owner.get(&path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn what_is_shown_has_a_type_of_ours_and_lies_on_another_origin() {
    let site = Site::start().await;
    let owner = site.person().await;
    let film = Film::ready(&site, &owner, "public").await;
    let video = || film.id.parse().unwrap();
    let build = || film.build.parse().unwrap();
    let task = domain::id::TaskId(1);
    for (key, expected) in [
        (MediaKey::Chunk { build: build(), chunk: 0, fence: 1, rung: "180p".to_owned() }, "video/mp4"),
        (MediaKey::Poster { of: Of::Build(build()), fence: 1, width: 640, format: Format::Webp }, "image/webp"),
        (MediaKey::Poster { of: Of::Film(video(), task), fence: 1, width: 640, format: Format::Jpeg }, "image/jpeg"),
        (MediaKey::Sheet { build: build(), number: 0, fence: 1 }, "image/jpeg"),
        (MediaKey::Waveform { build: build(), fence: 1 }, "application/json"),
        (MediaKey::Text { build: build(), name: "text1".to_owned(), fence: 1 }, "text/vtt; charset=utf-8"),
        (MediaKey::Captions { video: video(), id: unique_id().parse().unwrap() }, "text/vtt; charset=utf-8"),
    ] {
        // Even if a page got in there.
        site.platform.storage.put(&key, Bytes::from(page())).await.unwrap();
        let way = elsewhere(&site.anonymous().get(&format!("/m/{}", key.path().unwrap())).await, &site);
        assert_eq!(kind(&reqwest::get(&way).await.unwrap()), expected, "{key}");
        // Nobody makes it another by what he adds.
        for query in ["&response-content-type=text%2Fhtml", "&response-content-disposition=inline"] {
            let changed = reqwest::get(format!("{way}{query}")).await.unwrap();
            assert_eq!(changed.status(), StatusCode::FORBIDDEN, "{key} {query}");
        }
    }
}

#[tokio::test]
async fn captions_are_written_by_us_and_read_by_nobody_else() {
    let site = Site::start().await;
    let owner = site.person().await;
    let film = Film::ready(&site, &owner, "public").await;
    let words = "1\n00:00:01,000 --> 00:00:02,000\n<img src=x onerror=alert(1)><script>alert(1)</script><b onclick=x>bold</b>\n";
    let put = owner.request(Method::PUT, &format!("{}/captions/en", film.api())).header("content-type", "text/html");
    expect(put.body(words).send().await.unwrap(), StatusCode::CREATED).await;
    let prefix = MediaKey::captions_prefix(&film.id.parse().unwrap());
    let keys = site.platform.storage.keys(&prefix).await.unwrap();
    let key = MediaKey::from_key(&keys[0]).unwrap();
    let way = elsewhere(&site.anonymous().get(&format!("/m/{}", key.path().unwrap())).await, &site);
    let stored = reqwest::get(&way).await.unwrap();
    assert_eq!(kind(&stored), "text/vtt; charset=utf-8");
    let stored = stored.text().await.unwrap();
    assert!(stored.starts_with("WEBVTT"), "{stored}");
    assert!(
        stored.contains("&lt;img src=x onerror=alert(1)&gt;&lt;script&gt;alert(1)&lt;/script&gt;<b>bold</b>"),
        "{stored}"
    );
}

#[tokio::test]
async fn a_file_of_ours_is_of_the_type_it_was_built_with() {
    let site = Site::start().await;
    for (path, expected) in [
        ("/favicon.svg", "image/svg+xml"),
        ("/embed.js", "text/javascript"),
        ("/pkg/kinora.css", "text/css"),
        ("/pkg/kinora_bg.wasm", "application/wasm"),
        ("/manifest.webmanifest", "application/manifest+json"),
    ] {
        let answer = site.anonymous().get(path).await;
        assert_eq!((answer.status(), kind(&answer)), (StatusCode::OK, expected), "{path}");
    }
    // What lies beside the site is not of it.
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/pkg/..%2f..%2fCargo.toml",
        "/pkg/%2e%2e%2f%2e%2e%2fwasm.env",
        "/pkg/",
        "/pkg",
    ] {
        assert_eq!(site.anonymous().get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
