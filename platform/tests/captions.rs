//! Captions that owners add: in the playlists of every build, and tidied away.

mod support;

use domain::actor::Actor;
use domain::captions::Source;
use domain::id::{BuildId, TaskId, VideoId};
use domain::key::MediaKey;
use domain::plan::{About, TextPlan};
use domain::task::Kind;
use platform::tasks::{self, Claim, Wanted};
use platform::videos::{self, Asked};
use platform::{Error, Platform, builds, captions};
use std::time::Duration;
use support::work::{claim, engine, execute, favour, perform, planned, queued};
use support::{person, platform};

const SECONDS: i64 = 20;
const HELLO: &[u8] = b"1\n00:00:01,000 --> 00:00:02,000\nHello\n";
const YOU: &[u8] = b"1\n00:00:01,000 --> 00:00:02,000\nYou\n";

async fn work(platform: &Platform, engine: i32) {
    while let Some(claim) = tasks::claim(platform, "test", engine, Wanted::Any).await.unwrap() {
        if claim.kind == Kind::Texts {
            builds::publish_texts(platform, &claim, &[("text1".to_owned(), 7), ("text2".to_owned(), 8)]).await.unwrap();
        } else {
            perform(platform, &claim, SECONDS).await;
        }
        favour(platform, &claim.video.clone().unwrap()).await;
    }
}

async fn build(platform: &Platform, owner: &Actor, video: &VideoId) -> BuildId {
    let playback = videos::get(platform, owner, video).await.unwrap().playback.expect("it can be watched");
    playback.hls.split('/').nth(3).unwrap().parse().unwrap()
}

/// The lines of the master that list subtitles.
async fn listed(platform: &Platform, owner: &Actor, video: &VideoId, build: &BuildId, growing: bool) -> Vec<String> {
    let asked = Asked { growing, segment: None };
    let master = videos::master(platform, owner, video, build, asked).await.unwrap();
    master.text.as_str().lines().filter(|line| line.contains("TYPE=SUBTITLES")).map(str::to_owned).collect()
}

/// Where the words of a rendition are, below `/m/`.
async fn object(platform: &Platform, owner: &Actor, video: &VideoId, build: &BuildId, name: &str) -> String {
    let playlist = videos::media_playlist(platform, owner, video, build, name, Asked::default()).await.unwrap();
    let line = playlist.text.as_str().lines().find(|line| !line.starts_with('#')).unwrap().to_owned();
    line.strip_prefix("../../../m/").unwrap().to_owned()
}

async fn words(platform: &Platform, path: &str) -> String {
    let key = MediaKey::from_path(path).unwrap();
    String::from_utf8(platform.storage.get_range(&key, 0, 1 << 20).await.unwrap().to_vec()).unwrap()
}

/// A claim of the tidying of what belongs to the film.
async fn tidying(platform: &Platform, video: &VideoId) -> Claim {
    let (task, fence): (i64, i64) = sqlx::query_as(
        "UPDATE tasks SET state = 'running', fence = fence + 1, lease_until = now() + interval '1 min'
         WHERE id = (SELECT max(id) FROM tasks WHERE video_id = $1 AND kind = 'tidy' AND build_id IS NULL)
         RETURNING id, fence",
    )
    .bind(video.as_str())
    .fetch_one(&platform.db)
    .await
    .expect("tidying is queued");
    let (task, video) = (TaskId(task), Some(video.clone()));
    Claim { task, kind: Kind::Tidy, fence, video, build: None, chunk: None, rendition: None, failures: 0, lapses: 0 }
}

#[tokio::test]
async fn what_was_added_is_in_the_playlists_of_every_build() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, SECONDS).await;
    work(&platform, engine).await;
    let first = build(&platform, &owner, &video).await;
    assert_eq!(listed(&platform, &owner, &video, &first, false).await, [""; 0]);
    let manifest = videos::manifest(&platform, &owner, &video, &first).await.unwrap();
    assert!(!manifest.contains("text/vtt"));

    // What was written before is forgotten at once.
    captions::put(&platform, &owner, &video, "de", Some("Deutsch"), HELLO.into()).await.unwrap();
    let german = "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"text\",NAME=\"Deutsch\",LANGUAGE=\"de\",DEFAULT=NO,AUTOSELECT=YES,\
                  URI=\"captions-de.m3u8\"";
    assert_eq!(listed(&platform, &owner, &video, &first, false).await, [german]);
    let path = object(&platform, &owner, &video, &first, "captions-de").await;
    assert!(path.starts_with(&format!("captions/{video}/")) && words(&platform, &path).await.contains("\nHello\n"));
    videos::media_url(&platform, &owner, &path).await.unwrap();
    let manifest = videos::manifest(&platform, &owner, &video, &first).await.unwrap();
    assert!(manifest.contains(&format!("<BaseURL>../../../m/{path}</BaseURL>")), "{manifest}");

    // Replaced: another object, the same name.
    captions::put(&platform, &owner, &video, "de", None, YOU.into()).await.unwrap();
    assert_eq!(listed(&platform, &owner, &video, &first, false).await, [german]);
    let newer = object(&platform, &owner, &video, &first, "captions-de").await;
    assert!(newer != path && words(&platform, &newer).await.contains("\nYou\n"));

    // Another build has them, too.
    let original = MediaKey::Original { video: video.clone() };
    platform.storage.put(&original, bytes::Bytes::from_static(b"film")).await.unwrap();
    videos::reprocess(&platform, &owner, &video).await.unwrap();
    execute(&platform, format!("UPDATE builds SET engine_version = {engine} WHERE video_id = '{video}'")).await;
    favour(&platform, &video).await;
    let plan = claim(&platform, engine).await;
    builds::planned(&platform, &plan, &support::work::plan(SECONDS)).await.unwrap();
    favour(&platform, &video).await;
    work(&platform, engine).await;
    let second = build(&platform, &owner, &video).await;
    assert_ne!(second, first);
    assert_eq!(listed(&platform, &owner, &video, &second, false).await, [german]);

    // Replaced ones are tidied away, those in use stay.
    let tidying = tidying(&platform, &video).await;
    assert_eq!(captions::useless(&platform, &tidying).await.unwrap(), [""; 0], "they may still be shown somewhere");
    assert_eq!(
        captions::useless_after(&platform, &tidying, Duration::ZERO).await.unwrap(),
        std::slice::from_ref(&path)
    );

    // Deleted, and brought back.
    let deleted = captions::delete(&platform, &owner, &video, "de").await.unwrap();
    assert_eq!(listed(&platform, &owner, &video, &second, false).await, [""; 0]);
    captions::undo_delete(&platform, &owner, &video, "de", deleted.clone()).await.unwrap();
    assert_eq!(listed(&platform, &owner, &video, &second, false).await, [german]);
    assert_eq!(object(&platform, &owner, &video, &second, "captions-de").await, newer);
    let again = captions::undo_delete(&platform, &owner, &video, "de", deleted.clone()).await;
    assert!(matches!(again, Err(Error::Conflict { code: "captions_there", .. })));
    captions::delete(&platform, &owner, &video, "de").await.unwrap();
    let key = MediaKey::Captions { video: video.clone(), id: deleted.object.clone() };
    platform.storage.delete(&key).await.unwrap();
    let late = captions::undo_delete(&platform, &owner, &video, "de", deleted).await;
    assert!(matches!(late, Err(Error::Conflict { code: "too_late", .. })));
}

#[tokio::test]
async fn added_captions_stand_in_place_of_the_films_own() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = queued(&platform, engine).await;
    let text = |name: &str, stream, language: &str, label: &str| TextPlan {
        name: name.to_owned(),
        stream,
        about: About { language: Some(language.to_owned()), label: label.to_owned() },
    };
    let texts = vec![text("text1", 2, "fr", "French"), text("text2", 3, "de", "German")];
    let first = claim(&platform, engine).await;
    let plan = domain::plan::Plan { texts, ..support::work::plan(SECONDS) };
    builds::planned(&platform, &first, &plan).await.unwrap();
    favour(&platform, &video).await;
    work(&platform, engine).await;
    let build = build(&platform, &owner, &video).await;
    let names = async || {
        let all = captions::list(&platform, &owner, &video).await.unwrap();
        all.into_iter().map(|listed| (listed.name, listed.source, listed.cues)).collect::<Vec<_>>()
    };
    let of_film = |name: &str, cues| (name.to_owned(), Source::Film, Some(cues));
    assert_eq!(names().await, [of_film("text1", 7), of_film("text2", 8)]);
    assert_eq!(listed(&platform, &owner, &video, &build, false).await.len(), 2);

    captions::put(&platform, &owner, &video, "fra", None, HELLO.into()).await.unwrap();
    assert_eq!(names().await, [of_film("text2", 8), ("captions-fr".to_owned(), Source::Added, Some(1))]);
    let lines = listed(&platform, &owner, &video, &build, false).await;
    assert!(lines.len() == 2 && lines[0].contains("text2.m3u8") && lines[1].contains("captions-fr.m3u8"), "{lines:?}");
    let preview = captions::show(&platform, &owner, &video, "captions-fr").await.unwrap();
    assert_eq!((preview.count, preview.cues[0].text.as_str()), (1, "Hello"));

    // The film's own can't be deleted; it is shown again.
    captions::delete(&platform, &owner, &video, "fr").await.unwrap();
    assert!(matches!(captions::delete(&platform, &owner, &video, "fr").await, Err(Error::NotFound)));
    assert_eq!(names().await, [of_film("text1", 7), of_film("text2", 8)]);
}

#[tokio::test]
async fn a_film_is_captioned_while_it_grows() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, SECONDS).await;
    captions::put(&platform, &owner, &video, "en", None, HELLO.into()).await.unwrap();
    // Sound, and the first of the picture.
    for _ in 0..2 {
        let claim = claim(&platform, engine).await;
        perform(&platform, &claim, SECONDS).await;
        favour(&platform, &video).await;
    }
    let build = build(&platform, &owner, &video).await;
    let lines = listed(&platform, &owner, &video, &build, true).await;
    assert!(lines.len() == 1 && lines[0].ends_with("URI=\"captions-en.m3u8?growing=1\""), "{lines:?}");
    assert_eq!(listed(&platform, &owner, &video, &build, false).await, [""; 0], "only our player takes them now");
    let asked = Asked { growing: true, segment: None };
    let playlist = videos::media_playlist(&platform, &owner, &video, &build, "captions-en", asked).await.unwrap();
    assert!(playlist.text.as_str().contains("#EXTINF:20.00000,"), "as long as the film will be: {:?}", playlist.text);
    captions::put(&platform, &owner, &video, "fr", None, HELLO.into()).await.unwrap();
    assert_eq!(listed(&platform, &owner, &video, &build, true).await.len(), 2);
}

#[tokio::test]
async fn another_server_hears_of_captions() {
    let (here, there) = (platform().await, platform().await);
    let engine = engine();
    let (video, owner) = planned(&here, engine, SECONDS).await;
    work(&here, engine).await;
    let build = build(&here, &owner, &video).await;
    assert_eq!(listed(&there, &owner, &video, &build, false).await, [""; 0]);
    captions::put(&here, &owner, &video, "de", None, HELLO.into()).await.unwrap();
    while listed(&there, &owner, &video, &build, false).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn nobody_else_sees_or_changes_them() {
    let platform = platform().await;
    let engine = engine();
    let (video, owner) = planned(&platform, engine, SECONDS).await;
    work(&platform, engine).await;
    let build = build(&platform, &owner, &video).await;
    captions::put(&platform, &owner, &video, "de", None, HELLO.into()).await.unwrap();
    let path = object(&platform, &owner, &video, &build, "captions-de").await;
    let private = videos::Edit { visibility: Some("private".into()), ..videos::Edit::default() };
    videos::edit(&platform, &owner, &video, private).await.unwrap();
    for actor in [Actor::ANONYMOUS, person(&platform).await.1] {
        assert!(matches!(captions::list(&platform, &actor, &video).await, Err(Error::NotFound)));
        assert!(matches!(videos::media_url(&platform, &actor, &path).await, Err(Error::NotFound)));
        let asked = Asked::default();
        let playlist = videos::media_playlist(&platform, &actor, &video, &build, "captions-de", asked).await;
        assert!(matches!(playlist, Err(Error::NotFound)));
    }
    // A public one may be watched by all, and captioned by its owner.
    let public = videos::Edit { visibility: Some("public".into()), ..videos::Edit::default() };
    videos::edit(&platform, &owner, &video, public).await.unwrap();
    videos::media_url(&platform, &Actor::ANONYMOUS, &path).await.unwrap();
    let refused = captions::put(&platform, &Actor::ANONYMOUS, &video, "de", None, YOU.into()).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
}
