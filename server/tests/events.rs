//! The stream of news of many films.

mod support;

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use support::{Person, Site, problem, unique_id};

/// Events of a stream: name and data.
struct Events {
    answer: Response,
    text: String,
}

impl Events {
    async fn of(person: &Person, videos: &[&str]) -> Self {
        let answer = person.get(&format!("/api/v1/events?videos={}", videos.join(","))).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, text: String::new() }
    }

    /// None when the stream has ended.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (name, data) = event.split_once('\n').unwrap();
                let name = name.strip_prefix("event: ").unwrap().to_owned();
                let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
                self.text = rest.to_owned();
                if name != "alive" {
                    return Some((name, data));
                }
            } else {
                self.text.push_str(std::str::from_utf8(&self.answer.chunk().await.unwrap()?).unwrap());
            }
        }
    }

    /// The next one's name, and whose it is.
    async fn named(&mut self) -> (String, String) {
        let (name, data) = self.next().await.unwrap();
        (name, support::text(&data["video"]))
    }
}

#[tokio::test]
async fn one_stream_tells_of_many_films_and_nothing_of_those_that_are_not_for_these_eyes() {
    let site = Site::start().await;
    let (owner, other) = (site.person().await, site.person().await);
    let (_, one) = owner.begin(100, "private").await;
    let (_, two) = owner.begin(100, "public").await;
    let (_, theirs) = other.begin(100, "private").await;
    let nobodys = unique_id();
    let mut events = Events::of(&owner, &[&one, &theirs, &two, &nobodys]).await;
    let expected = [("state", &one), ("gone", &theirs), ("state", &two), ("gone", &nobodys)];
    for (name, video) in expected {
        assert_eq!(events.named().await, (name.to_owned(), video.clone()));
    }
    assert!(owner.delete(&format!("/api/v1/videos/{one}")).await.status().is_success());
    assert_eq!(events.named().await, ("gone".to_owned(), one));

    // What comes back is told of again.
    let set = |state: &'static str| {
        let query = sqlx::query("UPDATE videos SET visibility = 'unlisted', state = $2 WHERE id = $1");
        query.bind(theirs.clone()).bind(state).execute(&site.platform.db)
    };
    set("queued").await.unwrap();
    let (name, data) = events.next().await.unwrap();
    assert_eq!((name.as_str(), &data["video"], &data["state"]), ("state", &theirs.clone().into(), &"queued".into()));
    set("failed").await.unwrap();
    assert_eq!(events.next().await.unwrap().1["state"], "failed");
}

#[tokio::test]
async fn whoever_is_signed_out_hears_nothing_more_of_what_is_private() {
    let site = Site::start().await;
    let owner = site.person().await;
    let (_, video) = owner.begin(100, "private").await;
    let mut events = Events::of(&owner, &[&video]).await;
    assert_eq!(events.named().await, ("state".to_owned(), video.clone()));
    let out = owner.request(Method::POST, "/api/v1/oauth/revoke").body(format!("token={}", owner.token()));
    let out = out.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert_eq!(out.status(), StatusCode::OK);
    assert_eq!(events.named().await, ("gone".to_owned(), video));
}

#[tokio::test]
async fn anybody_follows_a_public_film_to_its_end() {
    let site = Site::start().await;
    let owner = site.person().await;
    let (_, video) = owner.begin(100, "public").await;
    let set = |state: &'static str| {
        let query = sqlx::query("UPDATE videos SET state = $2 WHERE id = $1");
        query.bind(video.clone()).bind(state).execute(&site.platform.db)
    };
    set("processing").await.unwrap();
    let anyone = site.anonymous();
    let (mut events, mut again) = (Events::of(&anyone, &[&video]).await, Events::of(&owner, &[&video]).await);
    let first = events.next().await.unwrap();
    assert_eq!((first.0.as_str(), &first.1["state"]), ("state", &"processing".into()));
    // Whoever hears the same version has missed nothing.
    assert_eq!(again.next().await.unwrap(), first);
    assert_eq!(events.next().await.unwrap().0, "progress");
    set("failed").await.unwrap();
    let last = events.next().await.unwrap().1;
    assert_eq!(last["state"], "failed");
    assert_ne!(last["version"], first.1["version"]);
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_stream_of_nothing_of_nonsense_or_of_too_much_is_refused() {
    let site = Site::start().await;
    let anyone = site.anonymous();
    let many = (0..51).map(|_| unique_id()).collect::<Vec<_>>().join(",");
    let refused = [("", "required"), ("?videos=", "required"), ("?videos=nonsense", "id_invalid")];
    for (query, code) in refused {
        problem(anyone.get(&format!("/api/v1/events{query}")).await, 422, code).await;
    }
    problem(anyone.get(&format!("/api/v1/events?videos={many}")).await, 422, "too_many_videos").await;
}
