//! Files that are not quite films.

use crate::footage;
use crate::system::System;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn odd_files_become_what_can_be_made_of_them_or_say_why_not() {
    let system = System::start(&[]).await;
    let _worker = system.worker("worker");
    let owner = system.person().await;
    let mut ids = Vec::new();
    for file in [
        footage::sound(),
        footage::half_a_film(),
        footage::one_pixel(),
        footage::no_frames(),
        b"This is a letter, named a film.mp4 by mistake.".to_vec(),
    ] {
        ids.push(owner.upload(&file, "private").await);
    }
    let [sound, half, pixel, none, letter] = &ids[..] else { unreachable!() };

    let sound_film = owner.ready(sound).await;
    assert_eq!((&sound_film["width"], &sound_film["notices"]), (&json!(null), &json!([])));
    assert!(sound_film["duration_ms"].as_i64().unwrap().abs_diff(3000) < 100, "{sound_film}");

    let half_film = owner.ready(half).await;
    assert_eq!(half_film["notices"], json!(["cut_off"]));
    let kept = half_film["duration_ms"].as_i64().unwrap();
    assert!(kept > 1000 && kept < 7000, "{half_film}");

    let pixel_film = owner.ready(pixel).await;
    assert_eq!((&pixel_film["width"], &pixel_film["height"]), (&json!(1), &json!(1)));

    for video in [none, letter] {
        let film = owner.ended(video).await;
        assert_eq!((&film["state"], &film["watchable"]), (&json!("failed"), &json!(false)));
        let reason = film["failure"].as_str().unwrap();
        assert!(reason.starts_with("This file") && reason.ends_with('.'), "{reason}");
    }
    system.assert_made_once(&[sound, half, pixel]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_without_an_index_is_divided_while_it_is_made() {
    let system = System::start(&[]).await;
    let _worker = system.worker("worker");
    let owner = system.person().await;
    let video = owner.upload(&footage::film_without_index(30), "private").await;
    let film = owner.ready(&video).await;
    assert_eq!((&film["notices"], &film["eta_seconds"]), (&json!([]), &json!(null)));
    assert_eq!(footage::play(&owner, &film).await, 750);
    let parts = film["details"][1].as_str().unwrap();
    assert!(parts.starts_with("It is made in ") && parts.ends_with(" parts, which workers share."), "{film}");
    let tasks = system.tasks(&video).await;
    assert_eq!(tasks.iter().filter(|task| task.kind == "scan").count(), 1);
    assert!(tasks.iter().filter(|task| task.kind == "encode").count() >= 3);
    system.assert_made_once(&[&video]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn languages_subtitles_and_chapters_reach_every_player() {
    let system = System::start(&[]).await;
    let _worker = system.worker("worker");
    let owner = system.person().await;
    let video = owner.upload(&footage::languages(), "public").await;
    let film = owner.ready(&video).await;
    let sounds: Vec<_> = film["renditions"].as_array().unwrap().iter().filter(|r| r["label"].is_string()).collect();
    let told: Vec<_> = sounds.iter().map(|sound| (&sound["name"], &sound["language"], &sound["label"])).collect();
    assert_eq!(told[0], (&json!("audio"), &json!("en"), &json!("English")));
    assert_eq!(told[1], (&json!("audio2"), &json!("de"), &json!("German")));
    let chapters = &film["chapters"];
    assert_eq!((&chapters[1]["title"], &chapters[1]["start_ms"]), (&json!("Two & three"), &json!(3000)));

    let stranger = system.anonymous();
    let text = async |path: &str| stranger.get(path).await.error_for_status().unwrap().text().await.unwrap();
    let hls = film["playback"]["hls"].as_str().unwrap();
    let master = text(hls).await;
    for line in [
        "TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,URI=\"audio.m3u8\"",
        "TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"German\",LANGUAGE=\"de\",DEFAULT=NO,AUTOSELECT=YES,URI=\"audio2.m3u8\"",
        "TYPE=SUBTITLES,GROUP-ID=\"text\",NAME=\"French\",LANGUAGE=\"fr\",DEFAULT=NO,AUTOSELECT=YES,URI=\"text1.m3u8\"",
    ] {
        assert!(master.contains(line), "{master}");
    }
    let track = text(film["playback"]["chapters"].as_str().unwrap()).await;
    assert!(track.starts_with("WEBVTT") && track.contains("00:00:03.000 --> 00:00:08.000\nTwo &amp; three"), "{track}");
    let site = system.server.url();
    // FFmpeg complains when it is sent from a connection that it kept to another host.
    for (options, address) in [("-http_persistent 0", hls), ("", film["playback"]["dash"].as_str().unwrap())] {
        let address = format!("{}{address}", site.trim_end_matches('/'));
        assert_eq!(footage::frames(&format!("{options} -i {address}")), 200);
    }
    let said = footage::targets(&stranger, &hls.replace("master", "text1")).await;
    let answer = stranger.get(&said[0]).await;
    let words = reqwest::get(answer.headers()["location"].to_str().unwrap()).await.unwrap();
    assert_eq!(words.headers()["content-type"], "text/vtt; charset=utf-8");
    let words = words.text().await.unwrap();
    assert!(words.contains("Bonjour <b>&amp;</b> bienvenue"), "{words}");
    system.assert_made_once(&[&video]).await;
}
