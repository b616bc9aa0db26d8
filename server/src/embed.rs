//! A film on the pages of other sites: a page as light as it can be. Browsers send no cookie of ours from there, so what
//! isn't for everybody isn't shown.

use crate::headers::{FOR_OTHER_SITES, OF_EMBEDS, PERMISSIONS};
use crate::problem::Problem;
use crate::router::AppState;
use crate::viewer::Who;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use domain::embed::Wishes;
use domain::id::VideoId;
use domain::outside::xml::escape;
use domain::poster::{Format, Poster};
use domain::video::{State as Stage, Video};
use leptos::nonce::Nonce;
use platform::config::Embedding;
use platform::{Error, outside, videos};
use std::fmt::Write;

const NOT_HERE: &str = "This film can't be shown here.";
const NOT_YET: &str = "This film isn't ready yet. Look again in a few minutes.";
const NEVER: &str = "This film couldn't be processed.";
const PLAY: &str =
    "<svg viewBox=\"0 0 24 24\" fill=\"currentColor\" aria-hidden=\"true\"><path d=\"M7 4.5v15l12.5-7.5z\"/></svg>";

pub fn routes() -> Router<AppState> {
    Router::new().route("/embed/{id}", get(page))
}

async fn page(
    State(AppState { platform, csp, .. }): State<AppState>,
    Who(actor): Who,
    Path(id): Path<String>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let wishes = Wishes::read(query.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let embedding = &platform.config.embed;
    let id = id.parse::<VideoId>().ok().filter(|_| *embedding != Embedding::Nowhere);
    let film = match &id {
        Some(id) => videos::get(&platform, &actor, id).await,
        None => Err(Error::NotFound),
    };
    let site = outside::site(&platform.config);
    let nonce = Nonce::new();
    let (status, html) = match film {
        Ok(video) => {
            let address = site.watch(&video.id);
            let body = match source(&video) {
                Some(source) => player(&video, &source, &address, wishes, &nonce),
                None if video.state == Stage::Failed => words(NEVER, &address, &video.title),
                None => words(NOT_YET, &address, &video.title),
            };
            (StatusCode::OK, document(&video.title, Some(&address), &body))
        }
        Err(error) => {
            let told = if matches!(error, Error::NotFound) { NOT_HERE.to_owned() } else { error.to_string() };
            let status = Problem::from(error).into_response().status();
            // Whoever may see it sees it there.
            let address = id.map_or_else(|| format!("{}/", site.url), |id| site.watch(&id));
            (status, document("Kinora", None, &words(&told, &address, "Open Kinora")))
        }
    };
    let policy = csp.embedded(&nonce.to_string(), embedding);
    let policies = [(header::CONTENT_SECURITY_POLICY, policy)];
    (status, policies, [(PERMISSIONS, OF_EMBEDS), FOR_OTHER_SITES], Html(html)).into_response()
}

/// The playlist that our player takes, once there is something to be seen.
fn source(video: &Video) -> Option<String> {
    let playback = video.playback.as_ref().filter(|_| video.watchable)?;
    Some(if video.state == Stage::Ready { playback.hls.clone() } else { format!("{}?growing=1", playback.hls) })
}

fn document(title: &str, canonical: Option<&str>, body: &str) -> String {
    let canonical =
        canonical.map(|address| format!("<link rel=\"canonical\" href=\"{}\">", escape(address))).unwrap_or_default();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex, indexifembedded\"><title>{}</title>{canonical}\
         <link rel=\"stylesheet\" href=\"/pkg/embed.css\"></head><body>{body}</body></html>",
        escape(title)
    )
}

/// The film under its poster. What plays it comes when somebody wants that.
fn player(video: &Video, source: &str, address: &str, wishes: Wishes, nonce: &Nonce) -> String {
    let (title, address) = (escape(&video.title), escape(address));
    let flag = |on: bool, name: &str| if on { format!(" {name}") } else { String::new() };
    let (looped, muted) = (flag(wishes.looped, "loop"), flag(wishes.muted, "muted"));
    let autoplay = flag(wishes.autoplay, "data-autoplay");
    // As long as anything, where nobody knows yet.
    let length = video.duration_ms.map_or(u32::MAX.into(), |ms| ms / 1000);
    let poster = video.playback.as_ref().and_then(|playback| playback.poster.as_ref()).map(cover).unwrap_or_default();
    format!(
        "<main data-state=\"cover\" data-film=\"{}\" data-source=\"{}\" data-start=\"{}\" data-length=\"{length}\"{autoplay}>\
         <video playsinline preload=\"none\" aria-label=\"{title}\"{looped}{muted}></video>{poster}\
         <div class=\"captions\"></div><a class=\"title\" href=\"{address}\" target=\"_blank\" rel=\"noopener\" dir=\"auto\">{title}</a>\
         <button class=\"play\" type=\"button\" aria-label=\"Play\">{PLAY}</button>\
         <p class=\"words\" role=\"alert\" hidden></p></main>\
         <noscript><p class=\"words\">Without JavaScript this film plays nowhere but in your own player.</p></noscript>\
         <script type=\"module\" src=\"/embed.js\" nonce=\"{nonce}\"></script>",
        video.id,
        escape(source),
        wishes.start,
    )
}

fn cover(poster: &Poster) -> String {
    let mut html = String::from("<picture>");
    let _ = write!(
        html,
        "<source type=\"image/webp\" srcset=\"{}\" sizes=\"100vw\">",
        escape(&poster.srcset(Format::Webp))
    );
    let (largest, set) = (escape(&poster.largest()), escape(&poster.srcset(Format::Jpeg)));
    let _ = write!(html, "<img src=\"{largest}\" srcset=\"{set}\" sizes=\"100vw\" alt=\"\"></picture>");
    html
}

/// A sentence and the way on, in the film's place.
fn words(words: &str, address: &str, label: &str) -> String {
    let (words, address, label) = (escape(words), escape(address), escape(label));
    format!(
        "<main data-state=\"words\"><img class=\"mark\" src=\"/favicon.svg\" alt=\"\" width=\"48\" height=\"48\">\
         <p class=\"words\">{words}</p><a href=\"{address}\" target=\"_blank\" rel=\"noopener\" dir=\"auto\">{label}</a></main>"
    )
}
