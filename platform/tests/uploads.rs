//! Uploads against a real PostgreSQL and S3.

mod support;

use domain::access::Actor;
use domain::key::MediaKey;
use domain::upload::PartRequest;
use domain::video::State;
use platform::uploads::{self, NewUpload};
use platform::{Error, Platform, videos};
use support::{person, platform};

fn new(size: usize) -> NewUpload {
    NewUpload { file_name: "my_film.mp4".into(), size: size as u64, ..NewUpload::default() }
}

async fn send(platform: &Platform, actor: &Actor, upload: &domain::id::UploadId, bytes: &[u8]) {
    let parts = vec![PartRequest { number: 1, checksum: None }];
    for part in uploads::sign_parts(platform, actor, upload, parts).await.unwrap() {
        let mut request = reqwest::Client::new().put(&part.url).body(bytes.to_vec());
        for (name, value) in part.headers {
            request = request.header(name, value);
        }
        request.send().await.unwrap().error_for_status().unwrap();
    }
}

#[tokio::test]
async fn a_film_is_queued_once_however_often_it_is_completed() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let bytes = b"\0\0\0\x20ftypisom and so on";
    let upload = uploads::create(&platform, &actor, new(bytes.len())).await.unwrap();
    send(&platform, &actor, &upload.upload_id, bytes).await;
    assert_eq!(uploads::status(&platform, &actor, &upload.upload_id).await.unwrap().received, [1]);
    for _ in 0..2 {
        let video = uploads::complete(&platform, &actor, &upload.upload_id).await.unwrap();
        assert_eq!(video, upload.video_id);
    }
    let tasks: i64 = sqlx::query_scalar("SELECT count(*) FROM tasks WHERE video_id = $1")
        .bind(upload.video_id.as_str())
        .fetch_one(&platform.db)
        .await
        .unwrap();
    assert_eq!(tasks, 1);
}

#[tokio::test]
async fn a_text_file_named_mp4_fails_with_its_reason() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let bytes = b"a film, I swear";
    let upload = uploads::create(&platform, &actor, new(bytes.len())).await.unwrap();
    send(&platform, &actor, &upload.upload_id, bytes).await;
    uploads::complete(&platform, &actor, &upload.upload_id).await.unwrap();
    let film = videos::get(&platform, &actor, &upload.video_id).await.unwrap();
    assert_eq!(film.state, State::Failed);
    assert_eq!(film.failure.as_deref(), Some("This file is not a film that Kinora can read."));
}

#[tokio::test]
async fn missing_parts_are_listed_and_the_session_stays_open() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let upload = uploads::create(&platform, &actor, new(10)).await.unwrap();
    match uploads::complete(&platform, &actor, &upload.upload_id).await {
        Err(Error::Conflict { code: "parts_missing", details: Some(details), .. }) => {
            assert_eq!(details["missing"], serde_json::json!([1]));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(uploads::open(&platform, &actor).await.unwrap().len(), 1);
    uploads::abort(&platform, &actor, &upload.upload_id).await.unwrap();
    assert!(matches!(uploads::status(&platform, &actor, &upload.upload_id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_session_that_nobody_goes_on_with_expires() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let upload = uploads::create(&platform, &actor, new(10)).await.unwrap();
    send(&platform, &actor, &upload.upload_id, &[0; 10]).await;
    let (key, id): (String, String) = sqlx::query_as(
        "UPDATE uploads SET created_at = now() - interval '8 days' WHERE id = $1 RETURNING video_id, s3_upload_id",
    )
    .bind(upload.upload_id.as_str())
    .fetch_one(&platform.db)
    .await
    .unwrap();
    while uploads::sweep(&platform).await.unwrap() == 50 {}
    assert!(matches!(uploads::status(&platform, &actor, &upload.upload_id).await, Err(Error::NotFound)));
    assert!(matches!(uploads::complete(&platform, &actor, &upload.upload_id).await, Err(Error::NotFound)));
    assert!(matches!(videos::get(&platform, &actor, &upload.video_id).await, Err(Error::NotFound)));
    let original = MediaKey::Original { video: key.parse().unwrap() };
    let parts = platform.storage.list_parts(&original, &id).await;
    assert!(matches!(parts, Err(platform::storage::Error::NoSuchUpload)), "{parts:?}");
}

#[tokio::test]
async fn a_session_is_its_owners_and_a_part_is_in_the_plan() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let (_, other) = person(&platform).await;
    let upload = uploads::create(&platform, &actor, new(10)).await.unwrap();
    assert!(matches!(uploads::status(&platform, &other, &upload.upload_id).await, Err(Error::NotFound)));
    let beyond = vec![PartRequest { number: 2, checksum: None }];
    let refused = uploads::sign_parts(&platform, &actor, &upload.upload_id, beyond).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "parts", .. })));
    let empty = uploads::create(&platform, &actor, new(0)).await;
    assert!(matches!(empty, Err(Error::Invalid { field: "size", code: "file_empty", .. })));
}
