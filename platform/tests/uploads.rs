//! Uploads against a real PostgreSQL and S3.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::actor::Actor;
use domain::fingerprint::Fingerprint;
use domain::id::UploadId;
use domain::key::MediaKey;
use domain::quota::{NoRoom, Quota};
use domain::upload::{Checksum, Created, PartRequest};
use domain::video::State;
use platform::config::Quotas;
use platform::storage::Storage;
use platform::uploads::{self, NewUpload};
use platform::{Config, Error, Platform, videos};
use sha2::{Digest, Sha256};
use support::{person, platform};

/// What begins as films do.
const FILM: &[u8; 22] = b"\0\0\0\x20ftypisom and so on";

fn new(size: usize) -> NewUpload {
    NewUpload { file_name: "my_film.mp4".into(), size: size as u64, ..NewUpload::default() }
}

/// The same site, where an account's films may have so many bytes.
fn with_quota(platform: &Platform, bytes: u64) -> Platform {
    let mut limited = platform.clone();
    let mut config = (*limited.config).clone();
    config.quotas = Quotas::each(Quota { bytes: Some(bytes), films: None });
    limited.config = config.into();
    limited
}

#[tokio::test]
async fn films_that_are_begun_at_the_same_moment_cannot_pass_the_quota_together() {
    let platform = with_quota(&platform().await, 1_000);
    let (_, actor) = person(&platform).await;
    let begin = |_| uploads::create(&platform, &actor, new(300));
    let begun = futures::future::join_all((0..8).map(begin)).await;
    let (there, refused): (Vec<_>, Vec<_>) = begun.into_iter().partition(Result::is_ok);
    assert_eq!((there.len(), refused.len()), (3, 5));
    for refused in refused {
        let Err(Error::Invalid { field: "size", code: "quota_exceeded", message }) = refused else {
            panic!("{refused:?}")
        };
        assert!(message.contains("100 B are left"), "{message}");
    }
    assert_eq!(uploads::left(&platform, &actor).await.unwrap().bytes, Some(100));

    // What is given up or deleted makes room; somebody else has room of his own.
    let first = there.into_iter().next().unwrap().unwrap();
    uploads::abort(&platform, &actor, &first.upload_id).await.unwrap();
    assert_eq!(uploads::left(&platform, &actor).await.unwrap().bytes, Some(400));
    uploads::create(&platform, &actor, new(400)).await.unwrap();
    let (_, other) = person(&platform).await;
    uploads::create(&platform, &other, new(1_000)).await.unwrap();
}

#[tokio::test]
async fn films_are_counted_and_a_person_may_have_more_than_the_role_says() {
    let mut platform = platform().await;
    let mut config = (*platform.config).clone();
    config.quotas = Quotas::each(Quota { bytes: Some(1_000), films: Some(1) });
    platform.config = config.into();
    let (user, actor) = person(&platform).await;
    uploads::create(&platform, &actor, new(300)).await.unwrap();
    let refused = uploads::create(&platform, &actor, new(300)).await.unwrap_err();
    assert!(refused.to_string().starts_with("You have as many films"), "{refused}");
    let own = Quota { bytes: None, films: Some(2) };
    platform::db::quota::set(&platform.db, &user.id, own).await.unwrap();
    assert_eq!(uploads::left(&platform, &actor).await.unwrap(), Quota { bytes: Some(700), films: Some(1) });
    uploads::create(&platform, &actor, new(300)).await.unwrap();
}

#[tokio::test]
async fn where_the_site_is_full_nobody_begins_a_film() {
    let mut platform = platform().await;
    let mut config = (*platform.config).clone();
    config.quotas.site = Quota { bytes: Some(0), films: None };
    platform.config = config.into();
    let (_, actor) = person(&platform).await;
    let refused = uploads::create(&platform, &actor, new(300)).await.unwrap_err();
    assert_eq!(
        (refused.code(), &refused.to_string()[..]),
        ("quota_exceeded", "There is no room left on this site at the moment. Ask whoever runs it.")
    );
}

#[tokio::test]
async fn a_film_that_does_not_fit_any_more_when_it_is_to_be_processed_is_told() {
    let platform = with_quota(&platform().await, 1_000);
    let (_, actor) = person(&platform).await;
    let begun = uploads::create(&platform, &actor, new(600)).await.unwrap();
    assert_eq!(uploads::holds(&platform, &begun.video_id).await.unwrap(), Ok(()));
    let smaller = with_quota(&platform, 500);
    let told = uploads::holds(&smaller, &begun.video_id).await.unwrap();
    assert_eq!(told, Err(NoRoom::Bytes { size: 600, left: 500 }));
}

#[tokio::test]
async fn a_file_that_was_sent_before_is_the_film_that_it_became() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let file = NewUpload { checksum_algorithm: None, ..known(FILM.len(), &fingerprint()) };
    let first = uploads::create(&platform, &actor, file.clone()).await.unwrap();
    send(&platform, &actor, &first.upload_id, FILM).await;
    uploads::complete(&platform, &actor, &first.upload_id).await.unwrap();
    let again = uploads::create(&platform, &actor, file.clone()).await.unwrap();
    assert_eq!((&again.video_id, again.resumed), (&first.video_id, true));
    assert_eq!(uploads::complete(&platform, &actor, &again.upload_id).await.unwrap(), first.video_id);

    // Somebody else's film is no answer, and neither is one that was deleted.
    let (_, other) = person(&platform).await;
    assert!(!uploads::create(&platform, &other, file.clone()).await.unwrap().resumed);
    videos::delete(&platform, &actor, &first.video_id).await.unwrap();
    assert!(!uploads::create(&platform, &actor, file).await.unwrap().resumed);
}

#[tokio::test]
async fn a_film_that_was_begun_goes_on_where_the_quota_is_reached() {
    let platform = with_quota(&platform().await, 1_000);
    let (_, actor) = person(&platform).await;
    let file = known(1_000, &fingerprint());
    let begun = uploads::create(&platform, &actor, file.clone()).await.unwrap();
    let again = uploads::create(&platform, &actor, file).await.unwrap();
    assert_eq!((again.upload_id, again.resumed), (begun.upload_id, true));
}

/// A file of so many bytes that its browser knows again, each part with its checksum.
fn known(size: usize, fingerprint: &Fingerprint) -> NewUpload {
    NewUpload {
        fingerprint: Some(fingerprint.clone()),
        checksum_algorithm: Some(Checksum::Sha256),
        line: Some(1_000),
        ..new(size)
    }
}

fn fingerprint() -> Fingerprint {
    Fingerprint::from_digest(&rand::random())
}

async fn send(platform: &Platform, actor: &Actor, upload: &UploadId, bytes: &[u8]) {
    let answer = put(platform, actor, upload, PartRequest { number: 1, checksum: None }, bytes).await;
    answer.error_for_status().unwrap();
}

async fn put(
    platform: &Platform,
    actor: &Actor,
    upload: &UploadId,
    part: PartRequest,
    bytes: &[u8],
) -> reqwest::Response {
    let part = uploads::sign_parts(platform, actor, upload, vec![part]).await.unwrap().remove(0);
    let mut request = reqwest::Client::new().put(&part.url).body(bytes.to_vec());
    for (name, value) in part.headers {
        request = request.header(name, value);
    }
    request.send().await.unwrap()
}

fn checked(number: u32, bytes: &[u8]) -> PartRequest {
    PartRequest { number, checksum: Some(STANDARD.encode(Sha256::digest(bytes))) }
}

#[tokio::test]
async fn a_film_is_queued_once_however_often_it_is_completed() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let upload = uploads::create(&platform, &actor, new(FILM.len())).await.unwrap();
    send(&platform, &actor, &upload.upload_id, FILM).await;
    assert_eq!(uploads::status(&platform, &actor, &upload.upload_id).await.unwrap().received, Some(vec![1]));
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
        "UPDATE uploads SET updated_at = now() - interval '8 days' WHERE id = $1 RETURNING video_id, s3_upload_id",
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

#[tokio::test]
async fn a_file_that_is_chosen_again_is_gone_on_with() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let (_, other) = person(&platform).await;
    let (file, size) = (fingerprint(), (5 << 20) + 10);
    let first = uploads::create(&platform, &actor, known(size, &file)).await.unwrap();
    assert_eq!((first.part_count, first.checksum_algorithm, first.resumed), (2, Some(Checksum::Sha256), false));
    let end = [7; 10];
    put(&platform, &actor, &first.upload_id, checked(2, &end), &end).await.error_for_status().unwrap();

    // Under another name, on a faster line: still the same plan.
    let again = NewUpload { file_name: "copy.mp4".into(), line: Some(1 << 30), ..known(size, &file) };
    let second = uploads::create(&platform, &actor, again).await.unwrap();
    assert_eq!((&second.upload_id, second.part_size, second.resumed), (&first.upload_id, 5 << 20, true));
    let status = uploads::status(&platform, &actor, &first.upload_id).await.unwrap();
    assert_eq!((status.received.as_deref(), status.received_bytes()), (Some(&[2][..]), Some(10)));

    // Another size, another person: other sessions.
    let longer = uploads::create(&platform, &actor, known(size + 1, &fingerprint())).await.unwrap();
    let theirs = uploads::create(&platform, &other, known(size, &file)).await.unwrap();
    assert!(!longer.resumed && !theirs.resumed);
    // Given up: begun anew.
    uploads::abort(&platform, &actor, &first.upload_id).await.unwrap();
    assert!(!uploads::create(&platform, &actor, known(size, &file)).await.unwrap().resumed);
}

#[tokio::test]
async fn two_tabs_that_choose_a_file_at_once_have_one_session() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let file = fingerprint();
    let tabs = (0..8).map(|_| uploads::create(&platform, &actor, known(10, &file)));
    let sessions = futures::future::try_join_all(tabs).await.unwrap();
    assert!(sessions.iter().all(|session| session.upload_id == sessions[0].upload_id), "{sessions:?}");
    assert_eq!(sessions.iter().filter(|session| !session.resumed).count(), 1);
    assert_eq!(uploads::open(&platform, &actor).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_part_that_changed_on_its_way_is_refused() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let upload = uploads::create(&platform, &actor, known(FILM.len(), &fingerprint())).await.unwrap();
    let mut flipped = *FILM;
    flipped[20] ^= 1;
    let answer = put(&platform, &actor, &upload.upload_id, checked(1, FILM), &flipped).await;
    assert_eq!(answer.status(), 400, "{}", answer.text().await.unwrap());
    assert_eq!(uploads::status(&platform, &actor, &upload.upload_id).await.unwrap().received, Some(vec![]));

    let unchecked = vec![PartRequest { number: 1, checksum: None }];
    let refused = uploads::sign_parts(&platform, &actor, &upload.upload_id, unchecked).await;
    assert!(matches!(refused, Err(Error::Invalid { code: "checksum_required", .. })), "{refused:?}");

    put(&platform, &actor, &upload.upload_id, checked(1, FILM), FILM).await.error_for_status().unwrap();
    uploads::complete(&platform, &actor, &upload.upload_id).await.unwrap();
    let film = videos::get(&platform, &actor, &upload.video_id).await.unwrap();
    assert_eq!((film.state, film.failure), (State::Queued, None));
}

/// A session whose one part is there.
async fn sent(platform: &Platform, actor: &Actor) -> (Created, MediaKey, String) {
    let upload = uploads::create(platform, actor, known(FILM.len(), &fingerprint())).await.unwrap();
    put(platform, actor, &upload.upload_id, checked(1, FILM), FILM).await.error_for_status().unwrap();
    let id: String = sqlx::query_scalar("SELECT s3_upload_id FROM uploads WHERE id = $1")
        .bind(upload.upload_id.as_str())
        .fetch_one(&platform.db)
        .await
        .unwrap();
    let key = MediaKey::Original { video: upload.video_id.clone() };
    (upload, key, id)
}

#[tokio::test]
async fn what_the_storage_lost_is_sent_again_in_the_same_session() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let (upload, original, id) = sent(&platform, &actor).await;
    platform.storage.abort_multipart(&original, &id).await.unwrap();

    assert_eq!(uploads::status(&platform, &actor, &upload.upload_id).await.unwrap().received, Some(vec![]));
    put(&platform, &actor, &upload.upload_id, checked(1, FILM), FILM).await.error_for_status().unwrap();
    assert_eq!(uploads::complete(&platform, &actor, &upload.upload_id).await.unwrap(), upload.video_id);
}

/// As if whoever completes it had begun `begun` and last been heard of `heard`.
async fn completing(platform: &Platform, upload: &Created, begun: &str, heard: &str) {
    let state = "UPDATE uploads SET state = 'completing', completing_at = now() - $2::text::interval,
                     updated_at = now() - $3::text::interval WHERE id = $1";
    let state = sqlx::query(state).bind(upload.upload_id.as_str()).bind(begun).bind(heard);
    state.execute(&platform.db).await.unwrap();
}

#[tokio::test]
async fn what_one_completes_no_other_does_until_nothing_is_heard_of_it() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let (upload, original, _) = sent(&platform, &actor).await;
    completing(&platform, &upload, "1 minute", "5 seconds").await;
    while uploads::sweep(&platform).await.unwrap() == 50 {}
    assert!(platform.storage.head(&original).await.unwrap().is_none(), "another has it in work");
    // Nothing more is heard: after half a minute whoever waits has it.
    assert_eq!(uploads::complete(&platform, &actor, &upload.upload_id).await.unwrap(), upload.video_id);
    assert!(platform.storage.head(&original).await.unwrap().is_some());
}

#[tokio::test]
async fn a_storage_that_takes_its_time_to_join_parts_has_not_lost_them() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let (upload, original, id) = sent(&platform, &actor).await;
    // It knows neither the upload nor the object while it is at it.
    platform.storage.abort_multipart(&original, &id).await.unwrap();
    completing(&platform, &upload, "5 minutes", "1 minute").await;
    let answer = uploads::complete(&platform, &actor, &upload.upload_id).await;
    assert!(matches!(answer, Err(Error::Underway { .. })), "{answer:?}");
    let state = || async { videos::get(&platform, &actor, &upload.video_id).await.unwrap().state };
    assert_eq!(state().await, State::Uploading);

    // Then it has.
    platform.storage.put(&original, FILM.to_vec().into()).await.unwrap();
    assert_eq!(uploads::complete(&platform, &actor, &upload.upload_id).await.unwrap(), upload.video_id);
    assert_eq!(state().await, State::Queued);
}

#[tokio::test]
async fn what_the_storage_lost_is_told_when_no_store_would_take_so_long() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let (upload, original, id) = sent(&platform, &actor).await;
    platform.storage.abort_multipart(&original, &id).await.unwrap();
    completing(&platform, &upload, "61 minutes", "1 minute").await;
    let answer = uploads::complete(&platform, &actor, &upload.upload_id).await;
    assert!(matches!(answer, Err(Error::Conflict { code: "upload_lost", .. })), "{answer:?}");
    assert_eq!(videos::get(&platform, &actor, &upload.video_id).await.unwrap().state, State::Failed);
}

#[tokio::test]
async fn a_session_that_somebody_goes_on_with_does_not_expire() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let file = fingerprint();
    let upload = uploads::create(&platform, &actor, known(10, &file)).await.unwrap();
    let age = "UPDATE uploads SET created_at = now() - interval '30 days', updated_at = now() - interval '6 days'
               WHERE id = $1";
    sqlx::query(age).bind(upload.upload_id.as_str()).execute(&platform.db).await.unwrap();
    let before = uploads::status(&platform, &actor, &upload.upload_id).await.unwrap().expires_at;
    assert!(uploads::create(&platform, &actor, known(10, &file)).await.unwrap().resumed);
    let after = uploads::status(&platform, &actor, &upload.upload_id).await.unwrap().expires_at;
    assert!((after.0 - before.0 - 6 * 86_400_000).abs() < 60_000, "{before:?} {after:?}");
}

/// The same platform with its storage at another port of this machine.
fn storage_at(platform: &Platform, port: u16) -> Platform {
    let mut config = Config::from_env().unwrap();
    config.s3.endpoint = Some(format!("http://127.0.0.1:{port}").parse().unwrap());
    Platform { storage: Storage::new(&config), ..platform.clone() }
}

#[tokio::test]
async fn what_is_unfinished_is_told_while_the_storage_is_away() {
    let platform = platform().await;
    let (_, actor) = person(&platform).await;
    let upload = uploads::create(&platform, &actor, new(10)).await.unwrap();
    send(&platform, &actor, &upload.upload_id, b"0123456789").await;
    let told = uploads::open(&platform, &actor).await.unwrap();
    assert_eq!(told[0].received.as_deref(), Some(&[1][..]));

    // One takes connections and says nothing, at the other nobody listens.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for without in [storage_at(&platform, silent.local_addr().unwrap().port()), storage_at(&platform, 1)] {
        let told = uploads::open(&without, &actor).await.unwrap();
        assert_eq!((told.len(), &told[0].upload_id, &told[0].received), (1, &upload.upload_id, &None));
    }
    let error = uploads::status(&storage_at(&platform, 1), &actor, &upload.upload_id).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "whoever goes on has to know: {error:?}");
}
