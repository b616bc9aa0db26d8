//! A film that was really made, and who gets to see what of it.

use crate::footage;
use crate::support::expect;
use crate::system::{System, eventually};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_private_film_is_there_for_others() {
    let system = System::start(&[]).await;
    let _worker = system.worker("worker");
    let (owner, other) = (system.person().await, system.person().await);
    let video = owner.upload(&footage::film(10), "private").await;
    owner.ready(&video).await;
    eventually("its pictures are made, too", async || {
        let playback = &owner.film(&video).await["playback"];
        playback["poster"].is_string() && playback["storyboard"].is_string()
    })
    .await;
    let film = owner.film(&video).await;

    let master = film["playback"]["hls"].as_str().unwrap().to_owned();
    let manifest = film["playback"]["dash"].as_str().unwrap().to_owned();
    let storyboard = film["playback"]["storyboard"].as_str().unwrap().to_owned();
    let playlists = footage::targets(&owner, &master).await;
    let files = film["playback"]["posters"].as_array().unwrap();
    let mut objects: Vec<String> = files.iter().map(|file| file["url"].as_str().unwrap().to_owned()).collect();
    assert!(objects.contains(&film["playback"]["poster"].as_str().unwrap().to_owned()) && objects.len() == 4);
    for path in &playlists {
        objects.extend(footage::targets(&owner, path).await);
    }
    let track = owner.get(&storyboard).await.text().await.unwrap();
    let sheets: BTreeSet<String> = track
        .lines()
        .filter_map(|line| Some(format!("/m/{}", line.strip_prefix("../../../m/")?.split_once('#')?.0)))
        .collect();
    assert!(track.starts_with("WEBVTT") && sheets.len() == 1, "five pictures of ten seconds: {track}");
    objects.extend(sheets);
    objects.sort();
    objects.dedup();
    assert!(playlists.len() >= 3, "pictures and sound: {playlists:?}");
    assert!(objects.len() > 2 * playlists.len(), "init segments and chunks of all: {objects:?}");

    let shown = [format!("/watch/{video}"), format!("/api/v1/videos/{video}"), master, manifest, storyboard];
    let anyone = system.anonymous();
    for path in shown.iter().chain(&playlists).chain(&objects) {
        for person in [&other, &anyone] {
            assert_eq!(person.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(person.request(Method::HEAD, path).send().await.unwrap().status(), StatusCode::NOT_FOUND);
        }
    }
    for path in shown.iter().chain(&playlists) {
        assert_eq!(owner.get(path).await.status(), StatusCode::OK, "{path}");
    }
    for path in &objects {
        let answer = owner.get(path).await;
        assert_eq!(answer.status(), StatusCode::FOUND, "{path}");
        let signed = answer.headers()["location"].to_str().unwrap().to_owned();
        assert!(reqwest::get(&signed).await.unwrap().status().is_success(), "{path}");
        // The bucket is private: without the signature there is nothing.
        let unsigned = signed.split('?').next().unwrap();
        assert_eq!(reqwest::get(unsigned).await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
    }
    let home = anyone.get("/").await.text().await.unwrap();
    assert!(!home.contains(&video));

    // Unlisted: whoever has the address may see it. Private again: gone at once.
    for (visibility, status) in [("unlisted", StatusCode::FOUND), ("private", StatusCode::NOT_FOUND)] {
        let change = owner.patch(&shown[1], &json!({ "visibility": visibility })).await;
        expect(change, StatusCode::OK).await;
        assert_eq!(other.get(&objects[0]).await.status(), status, "{visibility}");
    }
}
