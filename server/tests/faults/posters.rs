//! Posters that owners choose, from the wish to the bytes in S3, through everything that happens to a film.

use crate::footage;
use crate::support::{Person, expect, problem, text};
use crate::system::{System, eventually};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Sends a picture; its id.
async fn sent(owner: &Person, film: &str, picture: &[u8]) -> String {
    let way = owner.post(&format!("{film}/poster/pictures"), &json!({ "size": picture.len() })).await;
    let way = expect(way, StatusCode::CREATED).await;
    let mut put = reqwest::Client::new().put(text(&way["url"])).body(picture.to_vec());
    for (name, value) in way["headers"].as_object().unwrap() {
        put = put.header(name, text(value));
    }
    assert!(put.send().await.unwrap().status().is_success());
    text(&way["picture"])
}

/// Wishes, and waits for what becomes of it.
async fn wished(owner: &Person, film: &str, wish: &Value) -> Value {
    expect(owner.put(&format!("{film}/poster"), wish).await, StatusCode::ACCEPTED).await;
    let about = async || expect(owner.get(film).await, StatusCode::OK).await;
    eventually("the wish ends", async || about().await["poster_choice"]["state"] != "pending").await;
    about().await
}

async fn type_of(owner: &Person, path: &str) -> String {
    let answer = owner.get(path).await;
    assert_eq!(answer.status(), StatusCode::FOUND, "{path}");
    let signed = answer.headers()["location"].to_str().unwrap().to_owned();
    let file = reqwest::get(&signed).await.unwrap();
    assert!(file.status().is_success(), "{path}");
    text(&json!(file.headers()["content-type"].to_str().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chosen_poster_stays_with_its_film_and_goes_with_it() {
    let system = System::start(&[]).await;
    let _worker = system.worker("worker");
    let (owner, stranger) = (system.person().await, system.person().await);
    let video = owner.upload(&footage::film(8), "private").await;
    owner.ready(&video).await;
    let film = format!("/api/v1/videos/{video}");
    eventually("it has a poster", async || owner.film(&video).await["playback"]["poster"].is_string()).await;

    let shown = wished(&owner, &film, &json!({ "at_ms": 3000 })).await;
    assert_eq!(shown["poster_choice"], json!({ "state": "chosen" }));
    let first = text(&shown["playback"]["poster"]);
    assert!(first.starts_with(&format!("/m/posters/{video}/")), "{first}");

    // One of their own, which then is the film's through another build.
    let picture = sent(&owner, &film, &footage::photo()).await;
    let shown = wished(&owner, &film, &json!({ "picture": picture })).await;
    assert_eq!(shown["poster_choice"], json!({ "state": "chosen" }));
    let own = shown["playback"]["posters"].clone();
    assert_eq!(own.as_array().unwrap().len(), 6, "three widths in two formats: {own}");
    for file in own.as_array().unwrap() {
        let path = text(&file["url"]);
        assert_eq!(type_of(&owner, &path).await, text(&file["type"]));
        assert_eq!(stranger.get(&path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let before = text(&shown["playback"]["hls"]);
    expect(owner.post(&format!("{film}/reprocess"), &json!({})).await, StatusCode::ACCEPTED).await;
    eventually("another build is watched", async || owner.film(&video).await["playback"]["hls"] != json!(before)).await;
    assert_eq!(owner.film(&video).await["playback"]["posters"], own);

    // What is no picture changes nothing.
    let letter = sent(&owner, &film, "Dear Ada, ".repeat(50).as_bytes()).await;
    let shown = wished(&owner, &film, &json!({ "picture": letter })).await;
    assert_eq!(shown["poster_choice"]["state"], "failed");
    assert!(text(&shown["poster_choice"]["problem"]).contains("JPEG"), "{shown}");
    assert_eq!(shown["playback"]["posters"], own);
    problem(owner.put(&format!("{film}/poster"), &json!({})).await, 422, "required").await;
    problem(stranger.put(&format!("{film}/poster"), &json!({ "at_ms": 1 })).await, 404, "not_found").await;

    let automatic = expect(owner.delete(&format!("{film}/poster")).await, StatusCode::OK).await;
    assert_eq!(automatic["poster_choice"], Value::Null);
    assert!(!text(&automatic["playback"]["poster"]).contains("/posters/"));

    let stored = async || system.platform.storage.keys("posters/").await.unwrap().into_iter().collect::<BTreeSet<_>>();
    assert!(!stored().await.is_empty());
    assert_eq!(owner.delete(&film).await.status(), StatusCode::NO_CONTENT);
    system.sql("UPDATE tasks SET run_after = now() WHERE kind = 'delete_video' AND video_id = $1", &video).await;
    eventually("nothing of it is left", async || stored().await.is_empty() && system.media().await.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_has_a_waveform_and_a_poster() {
    let system = System::start(&[]).await;
    let _worker = system.worker("worker");
    let owner = system.person().await;
    let video = owner.upload(&footage::sound(), "private").await;
    owner.ready(&video).await;
    eventually("it is drawn", async || owner.film(&video).await["playback"]["waveform"].is_string()).await;
    let film = owner.film(&video).await;
    assert_eq!(type_of(&owner, &text(&film["playback"]["waveform"])).await, "application/json");
    assert_eq!(film["playback"]["posters"].as_array().unwrap().len(), 6);
    let refused = owner.put(&format!("/api/v1/videos/{video}/poster"), &json!({ "at_ms": 1 })).await;
    problem(refused, 422, "no_picture").await;
    system.assert_made_once(&[&video]).await;
}
