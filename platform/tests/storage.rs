//! Against a real S3; `make test` brings it.

use bytes::Bytes;
use domain::id::{BuildId, VideoId};
use domain::key::MediaKey;
use platform::Config;
use platform::storage::{Error, Storage};

async fn storage() -> Storage {
    let config = Config::from_env().expect("run by make test");
    let storage = Storage::new(&config);
    storage.ensure_bucket().await.unwrap();
    storage
}

fn original() -> MediaKey {
    MediaKey::Original { video: VideoId::from_random(rand::random()) }
}

#[tokio::test]
async fn parts_sent_by_presigned_urls_become_an_object() {
    let (storage, key, http) = (storage().await, original(), reqwest::Client::new());
    let upload = storage.create_multipart(&key, None).await.unwrap();
    let bodies = [vec![1_u8; 5 << 20], vec![2_u8; 100]];
    for (number, body) in (1..).zip(&bodies) {
        let part = storage.presign_part(&key, &upload, number, body.len() as u64, None).await.unwrap();
        let mut put = http.put(&part.url).body(body.clone());
        for (name, value) in &part.headers {
            put = put.header(name, value);
        }
        let answer = put.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
    let parts = storage.list_parts(&key, &upload).await.unwrap();
    assert_eq!(parts.iter().map(|p| (p.number, p.size)).collect::<Vec<_>>(), [(1, 5 << 20), (2, 100)]);
    assert_eq!(storage.head(&key).await.unwrap(), None);
    storage.complete_multipart(&key, &upload, &parts).await.unwrap();
    assert_eq!(storage.head(&key).await.unwrap().unwrap().size, (5 << 20) + 100);
    assert_eq!(&storage.get_range(&key, (5 << 20) - 1, 2).await.unwrap()[..], [1, 2]);
    storage.delete(&key).await.unwrap();
    assert_eq!(storage.head(&key).await.unwrap(), None);
}

#[tokio::test]
async fn a_part_of_another_length_or_checksum_is_refused() {
    let (storage, key, http) = (storage().await, original(), reqwest::Client::new());
    let upload = storage.create_multipart(&key, None).await.unwrap();
    let part = storage.presign_part(&key, &upload, 1, 10, None).await.unwrap();
    let answer = http.put(&part.url).body(vec![0; 11]).send().await.unwrap();
    assert!(answer.status().is_client_error(), "{}", answer.status());

    // SHA-256 of nothing.
    let wrong = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let part = storage.presign_part(&key, &upload, 1, 10, Some(wrong)).await.unwrap();
    let mut put = http.put(&part.url).body(vec![0; 10]);
    for (name, value) in &part.headers {
        put = put.header(name, value);
    }
    let answer = put.send().await.unwrap();
    assert!(answer.status().is_client_error(), "{}", answer.status());
    assert!(storage.list_parts(&key, &upload).await.unwrap().is_empty());
    storage.abort_multipart(&key, &upload).await.unwrap();
    assert!(matches!(storage.list_parts(&key, &upload).await, Err(Error::NoSuchUpload)));
}

#[tokio::test]
async fn urls_stay_the_same_within_a_window_and_can_be_read() {
    let storage = storage().await;
    let key = MediaKey::Sheet { build: BuildId::from_random(rand::random()), number: 0, fence: 1 };
    storage.put(&key, Bytes::from_static(b"poster")).await.unwrap();
    let (first, again) = (storage.presign_get(&key).await.unwrap(), storage.presign_get(&key).await.unwrap());
    // At a window's edge the second is the next window's.
    assert!(first.url == again.url || again.max_age > first.max_age);
    let answer = reqwest::get(&first.url).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    assert_eq!(answer.bytes().await.unwrap(), "poster");
}

#[tokio::test]
async fn a_url_dies_with_its_window() {
    let mut config = Config::from_env().expect("run by make test");
    config.url_window_seconds = 2;
    let storage = Storage::new(&config);
    storage.ensure_bucket().await.unwrap();
    let key = MediaKey::Sheet { build: BuildId::from_random(rand::random()), number: 0, fence: 1 };
    storage.put(&key, Bytes::from_static(b"poster")).await.unwrap();
    let signed = storage.presign_get(&key).await.unwrap();
    assert_eq!(reqwest::get(&signed.url).await.unwrap().status(), 200);
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    assert_eq!(reqwest::get(&signed.url).await.unwrap().status(), 403);
    let renewed = storage.presign_get(&key).await.unwrap();
    assert_eq!(reqwest::get(&renewed.url).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_prefix_is_deleted_whole_and_nothing_beside_it() {
    let storage = storage().await;
    let (build, other) = (BuildId::from_random(rand::random()), BuildId::from_random(rand::random()));
    let poster = |build: &BuildId, number| MediaKey::Sheet { build: build.clone(), number, fence: 1 };
    for key in [poster(&build, 1), poster(&build, 2), poster(&other, 1)] {
        storage.put(&key, Bytes::from_static(b"x")).await.unwrap();
    }
    storage.delete_prefix(&MediaKey::build_prefix(&build)).await.unwrap();
    assert_eq!(storage.head(&poster(&build, 2)).await.unwrap(), None);
    assert!(storage.head(&poster(&other, 1)).await.unwrap().is_some());
    assert!(storage.delete_prefix("").await.is_err());
}
