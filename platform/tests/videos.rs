//! Films: who sees them, and what their owners do.

mod support;

use domain::actor::Actor;
use platform::videos::{self, Asked, Edit};
use platform::{Error, Result};
use support::{film, person, platform};

fn field<T>(result: Result<T>) -> &'static str {
    match result {
        Err(Error::Invalid { field, .. }) => field,
        _ => "none",
    }
}

#[tokio::test]
async fn a_private_film_does_not_exist_for_others() {
    let platform = platform().await;
    let (owner, owns) = person(&platform).await;
    let (video, build) = film(&platform, &owner.id, "Mine", "").await;
    let path = format!("{build}/0.1/360p.m4s");
    videos::media_url(&platform, &Actor::ANONYMOUS, &path).await.unwrap();
    let private = Edit { visibility: Some("private".into()), ..Edit::default() };
    videos::edit(&platform, &owns, &video, private).await.unwrap();
    for actor in [Actor::ANONYMOUS, person(&platform).await.1] {
        assert!(matches!(videos::get(&platform, &actor, &video).await, Err(Error::NotFound)));
        assert!(matches!(videos::media_url(&platform, &actor, &path).await, Err(Error::NotFound)));
        assert!(matches!(
            videos::master(&platform, &actor, &video, &build, Asked::default()).await,
            Err(Error::NotFound)
        ));
        assert!(matches!(videos::delete(&platform, &actor, &video).await, Err(Error::NotFound)));
    }
    assert!(videos::get(&platform, &owns, &video).await.unwrap().mine);
}

#[tokio::test]
async fn a_deletion_can_be_undone() {
    let platform = platform().await;
    let (owner, owns) = person(&platform).await;
    let (video, _) = film(&platform, &owner.id, "Back again", "").await;
    videos::delete(&platform, &owns, &video).await.unwrap();
    videos::delete(&platform, &owns, &video).await.unwrap();
    assert!(matches!(videos::get(&platform, &owns, &video).await, Err(Error::NotFound)));
    videos::undo_delete(&platform, &owns, &video).await.unwrap();
    assert_eq!(videos::get(&platform, &owns, &video).await.unwrap().title, "Back again");
}

#[tokio::test]
async fn bad_input_is_refused_by_field() {
    let platform = platform().await;
    let (owner, owns) = person(&platform).await;
    let (video, _) = film(&platform, &owner.id, "Film", "").await;
    for title in ["x".repeat(10_000), " \t".to_owned()] {
        let edit = Edit { title: Some(title), ..Edit::default() };
        assert_eq!(field(videos::edit(&platform, &owns, &video, edit).await), "title");
    }
    let edit = Edit { visibility: Some("Public".into()), ..Edit::default() };
    assert_eq!(field(videos::edit(&platform, &owns, &video, edit).await), "visibility");
    for cursor in ["nonsense", "s.1.24"] {
        assert_eq!(field(videos::list(&platform, Some("film"), Some(cursor), None).await), "cursor");
        assert_eq!(field(videos::list(&platform, Some(" "), Some(cursor), None).await), "cursor");
    }
    for limit in [0, 101] {
        assert_eq!(field(videos::list(&platform, None, None, Some(limit)).await), "limit");
    }
}
