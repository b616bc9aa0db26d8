//! Captions by the REST API: who may, what is read, and what bad input gets.

mod support;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use support::{Person, Site, expect, problem, text};

const HELLO: &str = "1\n00:00:01,000 --> 00:00:02,000\n<i>Hello</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nYou\n";

async fn send(person: &Person, method: Method, path: &str, file: impl Into<reqwest::Body>) -> Response {
    person.request(method, path).body(file).send().await.unwrap()
}

async fn put(person: &Person, path: &str, file: impl Into<reqwest::Body>) -> Response {
    send(person, Method::PUT, path, file).await
}

#[tokio::test]
async fn captions_are_added_replaced_renamed_and_deleted() {
    let site = Site::start().await;
    let owner = site.person().await;
    let (_, video) = owner.begin(100, "private").await;
    let all = format!("/api/v1/videos/{video}/captions");
    let german = format!("{all}/de");
    let list = async || expect(owner.get(&all).await, StatusCode::OK).await["items"].clone();
    assert_eq!(list().await, json!([]));

    let added = expect(put(&owner, &format!("{all}/GER"), HELLO).await, StatusCode::CREATED).await;
    let first = json!({ "name": "captions-de", "language": "de", "label": "German", "source": "added", "cues": 2 });
    assert_eq!(added["notes"], json!([]));
    assert_eq!(list().await, json!([first]));

    let renamed = expect(owner.patch(&german, &json!({ "label": "Deutsch" })).await, StatusCode::OK).await;
    assert_eq!(renamed["label"], "Deutsch");

    // Another file in its place keeps the name, unless it brings one.
    let other = "WEBVTT\n\n00:01.000 --> 00:02.000\nGuten Tag\n\n00:0x.000 --> 00:03.000\nnie\n";
    let replaced = expect(put(&owner, &german, other).await, StatusCode::OK).await;
    assert_eq!((&replaced["label"], &replaced["cues"]), (&json!("Deutsch"), &json!(1)));
    assert!(text(&replaced["notes"][0]).starts_with("Line 6: the times"), "{replaced}");
    let relabelled =
        expect(put(&owner, &format!("{german}?label=Dt.%20%26%20mehr"), HELLO).await, StatusCode::OK).await;
    assert_eq!(relabelled["label"], "Dt. & mehr");

    expect(put(&owner, &format!("{all}/pt-br"), HELLO).await, StatusCode::CREATED).await;
    let names: Vec<Value> = list().await.as_array().unwrap().iter().map(|item| item["label"].clone()).collect();
    assert_eq!(names, ["Dt. & mehr", "Portuguese (Brazil)"]);
    assert_eq!(owner.delete(&german).await.status(), StatusCode::NO_CONTENT);
    problem(owner.delete(&german).await, 404, "not_found").await;
    assert_eq!(list().await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_preview_keeps_nothing() {
    let site = Site::start().await;
    let owner = site.person().await;
    let (_, video) = owner.begin(100, "private").await;
    let all = format!("/api/v1/videos/{video}/captions");
    // "Съешь же ещё этих мягких" as Windows-1251 has it.
    let words = b"\xd1\xfa\xe5\xf8\xfc \xe6\xe5 \xe5\xf9\xb8 \xfd\xf2\xe8\xf5 \xec\xff\xe3\xea\xe8\xf5";
    let file = [b"1\r\n00:00:01,000 --> 00:00:02,000\r\n".as_slice(), words, b"\r\n"].concat();
    let preview = send(&owner, Method::POST, &format!("{all}/preview?language=ru"), file).await;
    let preview = expect(preview, StatusCode::OK).await;
    assert_eq!((&preview["read_as"], &preview["count"]), (&json!("SRT, windows-1251"), &json!(1)));
    let line = json!({ "start_ms": 1000, "end_ms": 2000, "text": "Съешь же ещё этих мягких" });
    assert_eq!(preview["cues"], json!([line]));
    assert_eq!(expect(owner.get(&all).await, StatusCode::OK).await["items"], json!([]));
}

#[tokio::test]
async fn captions_are_their_owners_business() {
    let site = Site::start().await;
    let (owner, other) = (site.person().await, site.person().await);
    let (_, video) = owner.begin(100, "private").await;
    let all = format!("/api/v1/videos/{video}/captions");
    expect(put(&owner, &format!("{all}/de"), HELLO).await, StatusCode::CREATED).await;
    for (person, status, code) in [(&other, 404, "not_found"), (&site.anonymous(), 401, "sign_in_required")] {
        problem(person.get(&all).await, status, code).await;
        problem(put(person, &format!("{all}/de"), HELLO).await, status, code).await;
        problem(put(person, &format!("{all}/de"), "nonsense").await, status, code).await;
        problem(send(person, Method::POST, &format!("{all}/preview"), HELLO).await, status, code).await;
        problem(person.patch(&format!("{all}/de"), &json!({ "label": "x" })).await, status, code).await;
        problem(person.delete(&format!("{all}/de")).await, status, code).await;
    }
    assert_eq!(expect(owner.get(&all).await, StatusCode::OK).await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_no_captions_is_refused_in_words_and_changes_nothing() {
    let site = Site::start().await;
    let owner = site.person().await;
    let (_, video) = owner.begin(100, "private").await;
    let all = format!("/api/v1/videos/{video}/captions");
    let german = format!("{all}/de");
    expect(put(&owner, &german, HELLO).await, StatusCode::CREATED).await;
    let before = expect(owner.get(&all).await, StatusCode::OK).await;
    for (file, code, words) in [
        (b"".as_slice(), "captions_empty", "This file is empty."),
        (b"\x89PNG\r\n\x1a\n\0\0", "captions_unreadable", "This is a picture (PNG)."),
        (b"[Script Info]\nTitle: x\n", "captions_unreadable", "This is an ASS or SSA file."),
        (b"Dear Ada, how are you?", "captions_unreadable", "There are no captions in this file"),
        (b"1\n00:00:0l,000 --> 00:00:02,000\nHi\n", "captions_unreadable", "The times in line 2 can't be read"),
        (b"1\n00:00:01,000 --> 00:00:02,000\n\n", "captions_unreadable", "have times, but no words"),
        (&[0, 1, 2, 3], "captions_unreadable", "This is no text"),
    ] {
        let refused = problem(put(&owner, &german, file.to_vec()).await, 422, code).await;
        assert!(text(&refused["detail"]).contains(words), "{refused}");
        problem(send(&owner, Method::POST, &format!("{all}/preview"), file.to_vec()).await, 422, code).await;
    }
    let large = problem(put(&owner, &german, vec![b'x'; (1 << 20) + 1]).await, 413, "captions_too_large").await;
    assert!(text(&large["detail"]).contains("1 MB at most"), "{large}");
    problem(put(&owner, &format!("{all}/klingon"), HELLO).await, 422, "language_unknown").await;
    problem(put(&owner, &format!("{german}?label=%20"), HELLO).await, 422, "blank").await;
    problem(owner.patch(&german, &json!({ "label": "x".repeat(81) })).await, 422, "too_long").await;
    problem(owner.patch(&format!("{all}/fr"), &json!({ "label": "x" })).await, 404, "not_found").await;
    problem(owner.patch(&german, &json!({})).await, 422, "required").await;
    assert_eq!(expect(owner.get(&all).await, StatusCode::OK).await, before);
}
