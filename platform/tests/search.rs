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
