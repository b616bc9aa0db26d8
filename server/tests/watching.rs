//! What players tell of: visits, and how far somebody has come.

mod support;

use reqwest::StatusCode;
use serde_json::json;
use support::{Site, expect, problem, watchable};

#[tokio::test]
async fn players_tell_of_visits_and_positions() {
    let site = Site::start().await;
    let (owner, viewer) = (site.person().await, site.person().await);
    let video = watchable(&site, &owner, "A film", 60_000).await;
    let path = |what: &str| format!("/api/v1/videos/{video}{what}");
    let visit = json!({ "visit": "0123456789abcdef0123456789abcdef" });
    let told = expect(site.anonymous().post(&path("/views"), &visit).await, StatusCode::OK).await;
    assert_eq!(told, json!({ "counted": false, "wait_ms": 30_000 }));
    assert_eq!(viewer.put(&path("/position"), &json!({ "seconds": 12.25 })).await.status(), StatusCode::NO_CONTENT);
    let film = expect(viewer.get(&path("")).await, StatusCode::OK).await;
    assert_eq!((&film["position_ms"], &film["views"]), (&json!(12_250), &json!(0)));
    let others = expect(owner.get(&path("")).await, StatusCode::OK).await;
    assert_eq!(others["position_ms"], json!(null));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_field() {
    let site = Site::start().await;
    let owner = site.person().await;
    let video = watchable(&site, &owner, "A film", 60_000).await;
    let path = |what: &str| format!("/api/v1/videos/{video}{what}");
    for body in [json!({}), json!({ "visit": 7 }), json!({ "visit": "short" })] {
        let refused = expect(owner.post(&path("/views"), &body).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], "visit");
    }
    for body in [json!({}), json!({ "seconds": "12" }), json!({ "seconds": -1 })] {
        let refused = expect(owner.put(&path("/position"), &body).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], "seconds");
    }
    let anyone = site.anonymous().put(&path("/position"), &json!({ "seconds": 1 })).await;
    problem(anyone, 401, "sign_in_required").await;
    let nowhere = owner.post("/api/v1/videos/no-id/views", &json!({ "visit": "0123456789abcdef" })).await;
    problem(nowhere, 404, "not_found").await;
}
