//! A film that can be watched as far as the database knows: no byte of it is anywhere.

use super::{Person, Site, expect, unique};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::types::Json;

pub const SECRET: &str = "the blue lighthouse";

pub struct Film {
    pub id: String,
    pub build: String,
    /// What it has: its page is first, then what the REST API says of it; texts and objects.
    pub shown: Vec<String>,
}

impl Film {
    pub fn page(&self) -> &str {
        &self.shown[0]
    }

    /// In the REST API.
    pub fn api(&self) -> &str {
        &self.shown[1]
    }

    pub fn segment(&self) -> &str {
        &self.shown[self.shown.len() - 1]
    }

    /// One that is ready; with the password [`SECRET`], if its visibility is that.
    pub async fn ready(site: &Site, owner: &Person, visibility: &str) -> Self {
        let (_, id) = owner.begin(100, "private").await;
        let build: String = unique("").chars().rev().chain("AAAAAAAAAAAA".chars()).take(12).collect();
        let db = &site.platform.db;
        sqlx::query("UPDATE videos SET state = 'ready', build_id = $2, published_at = now() WHERE id = $1")
            .bind(&id)
            .bind(&build)
            .execute(db)
            .await
            .unwrap();
        let plan = json!({ "origin_us": 0, "promised_ms": 4000, "picture": null, "sounds": [], "texts": [],
            "chapters": [{ "start_ms": 0, "end_ms": 4000, "title": "All of it" }] });
        let layout = json!({ "interval_ms": 2000, "tile_width": 160, "tile_height": 90, "columns": 5, "rows": 1,
            "count": 2, "duration_ms": 4000 });
        sqlx::query(
            "INSERT INTO builds (id, video_id, may_copy_picture, may_copy_sound, plan, target_seconds, storyboard,
                 planned_at, finished_at)
             VALUES ($1, $2, true, true, $3, 4, $4, now(), now())",
        )
        .bind(&build)
        .bind(&id)
        .bind(Json(plan))
        .bind(Json(json!({ "fence": 1, "layout": layout })))
        .execute(db)
        .await
        .unwrap();
        for statement in [
            "INSERT INTO renditions (build_id, position, name, codecs, width, height, peak_bitrate, label, init_hash)
             VALUES ($1, 0, '180p', 'avc1.42c00d', 320, 180, 100000, '', '0123456789abcdef')",
            "INSERT INTO segments (build_id, rung, chunk, fence, sizes, durations_ms)
             VALUES ($1, '180p', 0, 1, '{1000}', '{4000}')",
        ] {
            sqlx::query(statement).bind(&build).execute(db).await.unwrap();
        }
        let shown = [
            format!("/watch/{id}"),
            format!("/api/v1/videos/{id}"),
            format!("/api/v1/videos/{id}/events"),
            format!("/v/{id}/{build}/master.m3u8"),
            format!("/v/{id}/{build}/180p.m3u8"),
            format!("/v/{id}/{build}/manifest.mpd"),
            format!("/v/{id}/{build}/chapters.vtt"),
            format!("/v/{id}/{build}/storyboard.vtt"),
            format!("/m/{build}/init.0123456789abcdef/180p.mp4"),
            format!("/m/{build}/poster.1.640.jpg"),
            format!("/m/posters/{id}/1.1.640.jpg"),
            format!("/m/{build}/storyboard0.1.jpg"),
            format!("/m/{build}/0.1/180p.m4s"),
        ];
        let film = Self { id, build, shown: shown.into() };
        if visibility != "private" {
            let password = (visibility == "password").then_some(SECRET);
            let change = json!({ "visibility": visibility, "password": password });
            expect(owner.patch(film.api(), &change).await, StatusCode::OK).await;
        }
        film
    }

    /// Everything of it is answered alike: with `expected`, or with where an object is if that is 200.
    pub async fn is(&self, expected: StatusCode, person: &Person) {
        for path in &self.shown {
            let status = person.get(path).await.status();
            let way = expected == StatusCode::OK && path.starts_with("/m/");
            assert_eq!(status, if way { StatusCode::FOUND } else { expected }, "{path}");
        }
    }
}
