//! Search against a real PostgreSQL.

mod support;

use platform::videos;
use support::{film, name, person, platform};

#[tokio::test]
async fn a_typo_is_forgiven() {
    let platform = platform().await;
    let (owner, _) = person(&platform).await;
    let word = name();
    let (video, _) = film(&platform, &owner.id, &format!("The {word} of Été"), "long ago").await;
    let mut typo: Vec<char> = word.chars().collect();
    typo.swap(6, 7);
    let typo: String = typo.into_iter().collect();
    for query in [word.clone(), typo, format!("{word} ete"), word[..8].to_owned(), owner.username.clone()] {
        let page = videos::list(&platform, Some(&query), None, None).await.unwrap();
        assert!(page.items.iter().take(3).any(|card| card.id == video), "{query}");
    }
}

#[tokio::test]
async fn the_very_words_of_a_description_beat_a_title_that_shares_one_of_them() {
    let platform = platform().await;
    let (owner, _) = person(&platform).await;
    // It ends as the next word of the query begins, so the titles are as much like the query as they can get.
    let word = format!("{}wly", name());
    let description = format!("At dawn the {word} sails slowly out of the old harbour, and nobody waves.");
    let (video, _) = film(&platform, &owner.id, "A morning", &description).await;
    for number in 0..5 {
        film(&platform, &owner.id, &format!("{word} {number}"), "something else").await;
    }
    let page = videos::list(&platform, Some(&format!("{word} sails slowly out")), None, None).await.unwrap();
    assert_eq!(page.items.first().map(|card| &card.id), Some(&video));
}
