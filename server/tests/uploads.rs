//! Uploads by the REST API, and what bad input gets.

mod support;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Site, expect, mp4, problem};

#[tokio::test]
async fn a_film_is_uploaded_by_a_script() {
    let site = Site::start().await;
    let person = site.person().await;
    let film = mp4(9_000_000);
    let (upload, video) = person.begin(film.len(), "private").await;

    let open = expect(person.get("/api/v1/uploads").await, StatusCode::OK).await;
    assert_eq!(open["items"][0]["upload_id"], upload);

    let (first, second) = film.split_at(8 << 20);
    person.send(&upload, 1, first.to_vec()).await;
    let status = expect(person.get(&format!("/api/v1/uploads/{upload}")).await, StatusCode::OK).await;
    assert_eq!(
        (&status["received"], &status["part_count"], &status["state"]),
        (&json!([1]), &json!(2), &json!("open"))
    );

    let complete = format!("/api/v1/uploads/{upload}/complete");
    let missing = problem(person.post(&complete, &json!({})).await, 409, "parts_missing").await;
    assert_eq!(missing["missing"], json!([2]));

    person.send(&upload, 2, second.to_vec()).await;
    for _ in 0..2 {
        let done = expect(person.post(&complete, &json!({})).await, StatusCode::ACCEPTED).await;
        assert_eq!(done["video_id"], video);
    }

    let shown = expect(person.get(&format!("/api/v1/videos/{video}")).await, StatusCode::OK).await;
    assert_eq!(shown["title"], "a film");
    assert_eq!(shown["owner"], json!({ "username": person.username }));
    assert_eq!(shown["visibility"], "private");
    assert!(shown["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(shown["watchable"], false);
    assert!(shown.get("failure").is_none());
}

#[tokio::test]
async fn a_script_goes_on_with_the_file_that_it_began() {
    let site = Site::start().await;
    let person = site.person().await;
    let asked =
        json!({ "file_name": "a.mp4", "size": 100, "checksum_algorithm": "SHA256", "fingerprint": "5a".repeat(32) });
    let first = expect(person.post("/api/v1/uploads", &asked).await, StatusCode::CREATED).await;
    let again = expect(person.post("/api/v1/uploads", &asked).await, StatusCode::OK).await;
    assert_eq!((&again["upload_id"], &again["resumed"]), (&first["upload_id"], &json!(true)));
    assert_eq!((&first["checksum_algorithm"], &first["resumed"]), (&json!("SHA256"), &json!(false)));
    let path = format!("/api/v1/uploads/{}", first["upload_id"].as_str().unwrap());
    let status = expect(person.get(&path).await, StatusCode::OK).await;
    assert_eq!(status["checksum_algorithm"], "SHA256");
    assert!(status["expires_at"].as_str().unwrap().ends_with('Z'));
    let unchecked = json!({ "parts": [{ "number": 1 }] });
    problem(person.post(&format!("{path}/parts"), &unchecked).await, 422, "checksum_required").await;
    for wrong in [json!({ "fingerprint": "5a" }), json!({ "checksum_algorithm": "MD5" }), json!({ "line": -1 })] {
        let mut asked = asked.clone();
        asked.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        expect(person.post("/api/v1/uploads", &asked).await, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
}

#[tokio::test]
async fn an_upload_is_given_up() {
    let site = Site::start().await;
    let person = site.person().await;
    let (upload, _) = person.begin(100, "private").await;
    let path = format!("/api/v1/uploads/{upload}");
    assert_eq!(person.delete(&path).await.status(), StatusCode::NO_CONTENT);
    let open = expect(person.get("/api/v1/uploads").await, StatusCode::OK).await;
    assert_eq!(open["items"], json!([]));
    let parts = json!({ "parts": [{ "number": 1 }] });
    for answer in [
        person.get(&path).await,
        person.delete(&path).await,
        person.post(&format!("{path}/parts"), &parts).await,
        person.post(&format!("{path}/complete"), &json!({})).await,
    ] {
        problem(answer, 404, "not_found").await;
    }
}

#[tokio::test]
async fn titles_are_kept_in_every_script() {
    let site = Site::start().await;
    let person = site.person().await;
    for title in ["🎬👩🏽‍🚀 Ζωή", "שלום עולם", "فيلم طويل جدا", "映画「夏」", "a\u{300}e\u{301}"]
    {
        let asked = json!({ "file_name": "a.mp4", "size": 10, "title": title, "description": title });
        let created = expect(person.post("/api/v1/uploads", &asked).await, StatusCode::CREATED).await;
        let path = format!("/api/v1/videos/{}", created["video_id"].as_str().unwrap());
        let film = expect(person.get(&path).await, StatusCode::OK).await;
        assert_eq!((&film["title"], &film["description"]), (&json!(title), &json!(title)));
    }
}

#[tokio::test]
async fn a_text_file_named_mp4_fails_with_a_reason() {
    let site = Site::start().await;
    let person = site.person().await;
    let letter = b"Dear Ada, this is no film.".to_vec();
    let (upload, video) = person.begin(letter.len(), "private").await;
    person.send(&upload, 1, letter).await;
    let complete = format!("/api/v1/uploads/{upload}/complete");
    expect(person.post(&complete, &json!({})).await, StatusCode::ACCEPTED).await;
    let film = expect(person.get(&format!("/api/v1/videos/{video}")).await, StatusCode::OK).await;
    assert_eq!(film["state"], "failed");
    assert_eq!(film["failure"], "This file is not a film that Kinora can read.");
}

#[tokio::test]
async fn somebody_elses_upload_is_not_there() {
    let site = Site::start().await;
    let (owner, other) = (site.person().await, site.person().await);
    let (upload, _) = owner.begin(100, "public").await;
    let path = format!("/api/v1/uploads/{upload}");
    let parts = json!({ "parts": [{ "number": 1 }] });
    for person in [&other, &site.anonymous()] {
        for answer in [
            person.get(&path).await,
            person.delete(&path).await,
            person.post(&format!("{path}/parts"), &parts).await,
            person.post(&format!("{path}/complete"), &json!({})).await,
        ] {
            // Who isn't signed in may be told so first.
            assert!(matches!(answer.status().as_u16(), 401 | 404), "{}", answer.status());
        }
    }
    problem(other.get(&path).await, 404, "not_found").await;
    expect(owner.get(&path).await, StatusCode::OK).await;
}

#[tokio::test]
async fn bad_uploads_are_refused_with_the_field_named() {
    let site = Site::start().await;
    let person = site.person().await;
    let cases: [(Value, &str); 8] = [
        (json!({ "file_name": "a.mp4", "size": 0 }), "size"),
        (json!({ "file_name": "a.mp4", "size": 9_000_000_000_000_000_000u64 }), "size"),
        (json!({ "file_name": "a.mp4", "size": "many" }), "size"),
        (json!({ "file_name": "a.mp4" }), "size"),
        (json!({ "size": 10 }), "file_name"),
        (json!({ "file_name": "a.mp4", "size": 10, "title": "x".repeat(10_000) }), "title"),
        (json!({ "file_name": "a.mp4", "size": 10, "title": " \t " }), "title"),
        (json!({ "file_name": "a.mp4", "size": 10, "visibility": "secret" }), "visibility"),
    ];
    for (asked, field) in cases {
        let refused = expect(person.post("/api/v1/uploads", &asked).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], field, "{refused}");
        assert_eq!(refused["errors"][0]["field"], field);
    }
    let unsigned = site.anonymous().post("/api/v1/uploads", &json!({ "file_name": "a.mp4", "size": 10 })).await;
    problem(unsigned, 401, "sign_in_required").await;
}

#[tokio::test]
async fn parts_outside_the_plan_are_refused() {
    let site = Site::start().await;
    let person = site.person().await;
    let (upload, _) = person.begin(100, "private").await;
    let path = format!("/api/v1/uploads/{upload}/parts");
    for number in [json!(0), json!(2), json!(-1), json!(4_000_000_000u32), json!("one")] {
        let asked = json!({ "parts": [{ "number": number }] });
        let answer = person.post(&path, &asked).await;
        let refused = expect(answer, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert!(refused["field"].is_string(), "{refused}");
    }
    for id in ["nonsense", "AAAAAAAAAAAA", "..%2F.."] {
        problem(person.get(&format!("/api/v1/uploads/{id}")).await, 404, "not_found").await;
    }
}

#[tokio::test]
async fn what_is_not_json_is_told_so() {
    let site = Site::start().await;
    let person = site.person().await;
    let post = |body: &'static str, kind: &'static str| {
        person.request(Method::POST, "/api/v1/uploads").header("content-type", kind).body(body).send()
    };
    for body in ["", "{", "{} {}", "\u{0}"] {
        problem(post(body, "application/json").await.unwrap(), 400, "malformed_json").await;
    }
    problem(post("[]", "application/json").await.unwrap(), 422, "invalid_value").await;
    problem(post("a=b", "application/x-www-form-urlencoded").await.unwrap(), 415, "unsupported_media_type").await;
    let large = person.request(Method::POST, "/api/v1/uploads").header("content-type", "application/json");
    problem(large.body(" ".repeat(2 << 20)).send().await.unwrap(), 413, "body_too_large").await;
}

#[tokio::test]
async fn a_film_is_made_anew_by_one_call_when_there_is_something_to_make() {
    let site = Site::start().await;
    let (person, stranger) = (site.person().await, site.person().await);
    let film = mp4(1_000);
    let (upload, video) = person.begin(film.len(), "private").await;
    let reprocess = format!("/api/v1/videos/{video}/reprocess");
    problem(person.post(&reprocess, &json!({})).await, 409, "not_uploaded").await;
    person.send(&upload, 1, film).await;
    expect(person.post(&format!("/api/v1/uploads/{upload}/complete"), &json!({})).await, StatusCode::ACCEPTED).await;
    problem(person.post(&reprocess, &json!({})).await, 409, "in_work").await;
    problem(stranger.post(&reprocess, &json!({})).await, 404, "not_found").await;
    problem(site.anonymous().post(&reprocess, &json!({})).await, 404, "not_found").await;

    for sql in [
        "UPDATE tasks SET state = 'failed', error = 'This is no film.' WHERE video_id = $1",
        "UPDATE videos SET state = 'failed', failure = 'This is no film.' WHERE id = $1",
    ] {
        sqlx::query(sql).bind(&video).execute(&site.platform.db).await.unwrap();
    }
    let queued = expect(person.post(&reprocess, &json!({})).await, StatusCode::ACCEPTED).await;
    assert_eq!((&queued["id"], &queued["state"], queued.get("failure")), (&json!(video), &json!("queued"), None));
}
