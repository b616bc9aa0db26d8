//! Views, and how far people have come in films.

mod support;

use domain::actor::Actor;
use domain::id::VideoId;
use platform::videos::{self, Edit};
use platform::{Error, Platform, watching};
use std::net::IpAddr;
use support::work::execute;
use support::{film, name, person, platform};

const HERE: Option<IpAddr> = None;
const NOBODY: &Actor = &Actor::ANONYMOUS;

/// A visit's key that no other has.
fn key() -> String {
    format!("{}{}", name(), name())
}

/// So long ago has the film's visits begun.
async fn age(platform: &Platform, video: &VideoId, seconds: u32) {
    let visits = format!("UPDATE visits SET begun_at = now() - interval '{seconds} s' WHERE video_id = '{video}'");
    execute(platform, visits).await;
}

async fn long(platform: &Platform, video: &VideoId, seconds: i64) {
    execute(platform, format!("UPDATE videos SET duration_ms = {} WHERE id = '{video}'", seconds * 1000)).await;
}

async fn views(platform: &Platform, video: &VideoId) -> u64 {
    watching::sweep(platform).await.unwrap();
    videos::get(platform, NOBODY, video).await.unwrap().views
}

#[tokio::test]
async fn a_visit_counts_once_and_not_before_its_time() {
    let platform = platform().await;
    let (owner, _) = person(&platform).await;
    let (video, _) = film(&platform, &owner.id, "Seen", "").await;
    long(&platform, &video, 3600).await;
    let visit = key();
    let tell = async || watching::view(&platform, NOBODY, HERE, &video, &visit).await.unwrap();
    let begun = tell().await;
    assert!(!begun.counted);
    assert_eq!(begun.wait_ms, 30_000);
    let early = tell().await;
    assert!(!early.counted && early.wait_ms > 20_000 && early.wait_ms <= 30_000, "{early:?}");
    assert_eq!(views(&platform, &video).await, 0);
    age(&platform, &video, 31).await;
    for _ in 0..3 {
        assert!(tell().await.counted);
        assert_eq!(views(&platform, &video).await, 1);
    }
    let other = key();
    watching::view(&platform, NOBODY, HERE, &video, &other).await.unwrap();
    age(&platform, &video, 31).await;
    assert!(watching::view(&platform, NOBODY, HERE, &video, &other).await.unwrap().counted);
    assert_eq!(views(&platform, &video).await, 2);
}

#[tokio::test]
async fn half_of_a_short_film_is_enough() {
    let platform = platform().await;
    let (owner, owns) = person(&platform).await;
    let (video, _) = film(&platform, &owner.id, "Short", "").await;
    long(&platform, &video, 8).await;
    let visit = key();
    // Its owner's visit is one as anybody's.
    assert_eq!(watching::view(&platform, &owns, HERE, &video, &visit).await.unwrap().wait_ms, 4_000);
    age(&platform, &video, 4).await;
    assert!(watching::view(&platform, &owns, HERE, &video, &visit).await.unwrap().counted);
    assert_eq!(views(&platform, &video).await, 1);
}

#[tokio::test]
async fn visits_that_end_at_once_are_all_counted() {
    let platform = platform().await;
    let (owner, _) = person(&platform).await;
    let (video, _) = film(&platform, &owner.id, "Popular", "").await;
    let visits: Vec<String> = (0..40).map(|_| key()).collect();
    let tell = async || {
        let told = visits.iter().map(|visit| watching::view(&platform, NOBODY, HERE, &video, visit));
        futures::future::try_join_all(told).await.unwrap()
    };
    tell().await;
    age(&platform, &video, 30).await;
    let (told, again, _, _) = tokio::join!(tell(), tell(), watching::sweep(&platform), watching::sweep(&platform));
    assert!(told.iter().chain(&again).all(|visit| visit.counted));
    assert_eq!(views(&platform, &video).await, 40);
}

#[tokio::test]
async fn only_a_film_that_may_be_watched_is_viewed() {
    let platform = platform().await;
    let (owner, owns) = person(&platform).await;
    let (video, _) = film(&platform, &owner.id, "Mine", "").await;
    let private = Edit { visibility: Some("private".into()), ..Edit::default() };
    videos::edit(&platform, &owns, &video, private).await.unwrap();
    let stranger = person(&platform).await.1;
    for actor in [NOBODY, &stranger] {
        assert!(matches!(watching::view(&platform, actor, HERE, &video, &key()).await, Err(Error::NotFound)));
    }
    assert!(matches!(watching::keep_position(&platform, &stranger, &video, 9.0).await, Err(Error::NotFound)));
    assert!(watching::view(&platform, &owns, HERE, &video, &key()).await.is_ok());
    let nowhere = VideoId::from_random(rand::random());
    assert!(matches!(watching::view(&platform, &owns, HERE, &nowhere, &key()).await, Err(Error::NotFound)));
    let (waits, _) = film(&platform, &owner.id, "Not there yet", "").await;
    execute(&platform, format!("UPDATE videos SET state = 'processing', build_id = NULL WHERE id = '{waits}'")).await;
    assert!(matches!(watching::view(&platform, &owns, HERE, &waits, &key()).await, Err(Error::NotFound)));
    let odd = watching::view(&platform, &owns, HERE, &video, "1").await;
    assert!(matches!(odd, Err(Error::Invalid { field: "visit", .. })));
}

#[tokio::test]
async fn a_machine_that_makes_up_visits_is_stopped() {
    let platform = platform().await;
    let (owner, _) = person(&platform).await;
    let (video, _) = film(&platform, &owner.id, "Pushed", "").await;
    let one_network = rand::random::<[u16; 8]>();
    let mut last = Ok(());
    for host in 0..700 {
        let mut address = one_network;
        address[7] = host;
        let ip = Some(IpAddr::from(address));
        last = watching::view(&platform, NOBODY, ip, &video, &key()).await.map(drop);
        if last.is_err() {
            break;
        }
    }
    assert!(matches!(last, Err(Error::TooMany { .. })), "{last:?}");
}

#[tokio::test]
async fn people_go_on_where_they_left() {
    let platform = platform().await;
    let (owner, _) = person(&platform).await;
    let viewer = person(&platform).await.1;
    let (video, _) = film(&platform, &owner.id, "Long", "").await;
    long(&platform, &video, 3600).await;
    let place = async |actor| videos::get(&platform, actor, &video).await.unwrap().position_ms;
    assert_eq!(place(&viewer).await, None);
    for (seconds, kept) in [(100.5, Some(100_500)), (1800.0, Some(1_800_000)), (3500.0, None), (60.0, Some(60_000))] {
        watching::keep_position(&platform, &viewer, &video, seconds).await.unwrap();
        assert_eq!(place(&viewer).await, kept, "{seconds}");
    }
    let stranger = person(&platform).await.1;
    for other in [NOBODY, &stranger] {
        assert_eq!(place(other).await, None);
    }
    watching::keep_position(&platform, &viewer, &video, 0.0).await.unwrap();
    assert_eq!(place(&viewer).await, None);
    for seconds in [f64::NAN, f64::INFINITY, -1.0] {
        let odd = watching::keep_position(&platform, &viewer, &video, seconds).await;
        assert!(matches!(odd, Err(Error::Invalid { field: "seconds", .. })), "{seconds}");
    }
    let nobody = watching::keep_position(&platform, NOBODY, &video, 9.0).await;
    assert!(matches!(nobody, Err(Error::Unauthenticated { .. })));
}

#[tokio::test]
async fn positions_go_with_their_film_and_their_person() {
    let platform = platform().await;
    let (owner, _) = person(&platform).await;
    let (user, viewer) = person(&platform).await;
    let kept = async || -> i64 {
        let query = sqlx::query_scalar("SELECT count(*) FROM watch_positions WHERE user_id = $1");
        query.bind(user.id.as_str()).fetch_one(&platform.db).await.unwrap()
    };
    let (first, _) = film(&platform, &owner.id, "One", "").await;
    let (second, _) = film(&platform, &owner.id, "Two", "").await;
    for video in [&first, &second] {
        watching::keep_position(&platform, &viewer, video, 60.0).await.unwrap();
    }
    platform::db::videos::remove(&platform.db, &first).await.unwrap();
    assert_eq!(kept().await, 1);
    execute(&platform, format!("DELETE FROM users WHERE id = '{}'", user.id)).await;
    assert_eq!(kept().await, 0);
}
