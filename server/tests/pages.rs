//! Pages, files, and what operators look at.

mod support;

use reqwest::{Method, StatusCode};
use support::{Site, expect};

#[tokio::test]
async fn pages_carry_a_policy_with_the_nonce_of_their_scripts() {
    let site = Site::start().await;
    let answer = site.anonymous().get("/").await;
    assert_eq!(answer.status(), StatusCode::OK);
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let nonce = policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).expect("a nonce").0.to_owned();
    let page = answer.text().await.unwrap();
    for script in page.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "a script without nonce: <script{tag}>");
    }
}

#[tokio::test]
async fn what_somebody_looks_for_is_text_in_the_title() {
    let site = Site::start().await;
    let page =
        site.anonymous().get("/search?q=%3C/title%3E%3Cmeta%20http-equiv=refresh%3E").await.text().await.unwrap();
    let title = page.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).expect("a title").0;
    assert_eq!(title, "Films for “&lt;/title&gt;&lt;meta http-equiv=refresh&gt;” · Kinora");
    assert!(!page.contains("<meta http-equiv=refresh"), "{page}");
}

#[tokio::test]
async fn what_is_not_there_has_a_page_and_404() {
    let site = Site::start().await;
    for path in ["/nothing/here", "/watch/AAAAAAAAAAAA", "/api/unknown"] {
        let answer = site.anonymous().get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text().await.unwrap().contains("<html"), "{path}");
    }
}

#[tokio::test]
async fn operators_see_how_it_is() {
    let site = Site::start().await;
    let anyone = site.anonymous();
    assert_eq!(anyone.get("/healthz").await.status(), StatusCode::OK);
    let ready = expect(anyone.get("/readyz").await, StatusCode::OK).await;
    assert!(ready.as_object().unwrap().len() >= 3, "{ready}");
    let metrics = anyone.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("http_request_duration_seconds"), "{metrics}");
    assert!(metrics.contains(r#"route="/healthz""#), "{metrics}");
}

#[tokio::test]
async fn pages_are_compressed_for_those_who_can_read_it() {
    let site = Site::start().await;
    let request = site.anonymous().request(Method::GET, "/").header("accept-encoding", "br");
    assert_eq!(request.send().await.unwrap().headers()["content-encoding"], "br");
}
