//! Captions that owners add, through everything that happens to a film.

use crate::footage;
use crate::support::{Person, expect, text};
use crate::system::{System, eventually};
use reqwest::{Method, StatusCode};
use serde_json::json;

const SALUT: &str = "1\n00:00:01,000 --> 00:00:02,500\nSalut\n";

async fn add(owner: &Person, path: &str, file: &'static str) -> StatusCode {
    owner.request(Method::PUT, path).body(file).send().await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn captions_stay_with_their_film_and_go_with_it() {
    let system = System::start(&[]).await;
    let _worker = system.worker("worker");
    let (owner, stranger) = (system.person().await, system.person().await);
    let video = owner.upload(&footage::languages(), "private").await;
    let film = format!("/api/v1/videos/{video}");
    // While it is made, and in place of what comes with it.
    assert_eq!(add(&owner, &format!("{film}/captions/fr"), SALUT).await, StatusCode::CREATED);
    assert_eq!(add(&owner, &format!("{film}/captions/en"), SALUT).await, StatusCode::CREATED);
    let before = text(&owner.ready(&video).await["playback"]["hls"]);
    let master = owner.get(&before).await.text().await.unwrap();
    assert_eq!(master.matches("TYPE=SUBTITLES").count(), 2, "{master}");

    expect(owner.post(&format!("{film}/reprocess"), &json!({})).await, StatusCode::ACCEPTED).await;
    eventually("another build is watched", async || owner.film(&video).await["playback"]["hls"] != json!(before)).await;
    let after = text(&owner.film(&video).await["playback"]["hls"]);
    let said = footage::targets(&owner, &after.replace("master", "captions-fr")).await;
    let answer = owner.get(&said[0]).await;
    let words = reqwest::get(answer.headers()["location"].to_str().unwrap()).await.unwrap();
    assert_eq!(words.headers()["content-type"], "text/vtt; charset=utf-8");
    assert!(words.text().await.unwrap().contains("\nSalut\n"));
    for path in [&said[0], &after.replace("master", "captions-fr")] {
        assert_eq!(stranger.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }

    // Its own in that language are there again.
    assert_eq!(owner.delete(&format!("{film}/captions/fr")).await.status(), StatusCode::NO_CONTENT);
    let listed = expect(owner.get(&format!("{film}/captions")).await, StatusCode::OK).await;
    let own = json!({ "name": "text1", "language": "fr", "label": "French", "source": "film", "cues": 1 });
    assert_eq!(listed["items"][0], own);

    let stored = async || system.platform.storage.keys("captions/").await.unwrap().len();
    assert!(stored().await >= 2, "what was deleted can be brought back for a while");
    assert_eq!(owner.delete(&film).await.status(), StatusCode::NO_CONTENT);
    system.sql("UPDATE tasks SET run_after = now() WHERE kind = 'delete_video' AND video_id = $1", &video).await;
    eventually("nothing of it is left", async || stored().await == 0 && system.media().await.is_empty()).await;
}
