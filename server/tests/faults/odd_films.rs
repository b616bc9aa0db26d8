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
