//! Films' progress and state as they happen (SSE). Kafka brings them at once; PostgreSQL, asked again and again, brings
//! them without Kafka, too.

use crate::address::{Path, Query};
use crate::problem::{Problem, Result};
use crate::router::AppState;
use crate::viewer::{self, Who};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::actor::Actor;
use domain::event::{Envelope, Message};
use domain::id::VideoId;
use domain::video::{State as Stage, Video};
use futures::stream;
use platform::{Platform, videos};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use utoipa::{IntoParams, ToSchema};

/// How often PostgreSQL is asked. It also judges again whether the films may still be seen.
const POLL: Duration = Duration::from_millis(1500);
/// How often it is asked whether whoever listens is still who he was: signed in, by a token that is good.
const KNOWN: Duration = Duration::from_secs(5);
/// How long it is silent at most. A client that hears nothing for longer than two of these asks by itself.
const ALIVE: Duration = Duration::from_secs(15);
/// Films that one stream tells of.
const MOST_FILMS: usize = 50;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "what a stream says, for the document")]
enum News {
    State,
    Progress,
    Gone,
    Alive,
}

/// An event of a stream.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "what a stream says, for the document")]
struct FilmEvent {
    event: News,
    /// JSON: `video`, and with `state` a `state` and a `version`, with `progress` a `progress`.
    data: String,
}

/// Follow a film
///
/// The present state first, then what changes, until nothing more will. `state` with the film's state and a `version` of all
/// that is worth asking for, `progress` from 0 to 1, `gone` for a film that isn't there (any more), `alive` when there is
/// nothing else to say.
#[utoipa::path(
    get,
    path = "/videos/{id}/events",
    operation_id = "followFilm",
    tag = "Watching",
    params(("id" = VideoId, Path, description = "The film's.")),
    responses((status = 200, description = "Events, as long as there is something to wait for.", body = FilmEvent, content_type = "text/event-stream")),
    security((), ("bearer" = []), ("cookie" = [])),
    extensions(("x-problems" = json!(["401:password_required"]))),
)]
pub async fn follow(
    State(state): State<AppState>,
    Who(actor): Who,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: VideoId = id.parse().map_err(|_| Problem::not_found())?;
    // Whoever may not see the film is told so in the words of its page.
    videos::get(&state.platform, &actor, &id).await?;
    tell_of(state, actor, headers, vec![id]).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Films {
    /// Ids, with commas between; fifty at most.
    #[serde(default)]
    #[param(required = true, pattern = "^[0-9A-Za-z]{12}(,[0-9A-Za-z]{12}){0,49}$")]
    videos: String,
}

/// Follow films
///
/// The same of many films at once. One that you can't see, or that there isn't, is `gone`.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "followFilms",
    tag = "Watching",
    params(Films),
    responses((status = 200, description = "Events, as long as there is something to wait for.", body = FilmEvent, content_type = "text/event-stream")),
    security((), ("bearer" = []), ("cookie" = [])),
    extensions(("x-problems" = json!(["id_invalid", "required", "too_many_videos"]))),
)]
pub async fn follow_all(
    State(state): State<AppState>,
    Who(actor): Who,
    headers: HeaderMap,
    Query(films): Query<Films>,
) -> Result<Response> {
    let mut ids = Vec::new();
    for id in films.videos.split(',').filter(|id| !id.is_empty()) {
        let id =
            id.parse().map_err(|_| Problem::field("videos", "id_invalid", "`videos` has what is no film's id."))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.is_empty() {
        return Err(Problem::field("videos", "required", "`videos` names no film."));
    }
    if ids.len() > MOST_FILMS {
        let why = format!("One stream tells of at most {MOST_FILMS} films.");
        return Err(Problem::field("videos", "too_many_videos", why));
    }
    tell_of(state, actor, headers, ids).await
}

async fn tell_of(state: AppState, actor: Actor, headers: HeaderMap, ids: Vec<VideoId>) -> Result<Response> {
    // Listening begins before the state is read, so that nothing falls in between.
    let live = state.platform.live.subscribe();
    let mut poll = tokio::time::interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut following = Following {
        platform: state.platform,
        actor,
        headers,
        known: Instant::now(),
        films: ids.into_iter().map(Told::nothing).collect(),
        live: Some(live),
        poll,
        shutdown: state.shutdown,
        waiting: VecDeque::new(),
    };
    following.look(None).await?;
    let events = stream::unfold(following, |mut following| async move {
        let event = following.next().await?;
        Some((Ok::<_, Infallible>(event), following))
    });
    // An event, not a comment: scripts on pages don't hear of those.
    let alive = KeepAlive::new().interval(ALIVE).event(Event::default().event("alive").data("{}"));
    Ok(Sse::new(events).keep_alive(alive).into_response())
}

struct Following {
    platform: Platform,
    actor: Actor,
    headers: HeaderMap,
    /// When it was last asked who that is.
    known: Instant,
    films: Vec<Told>,
    live: Option<broadcast::Receiver<Arc<Envelope>>>,
    poll: Interval,
    shutdown: CancellationToken,
    waiting: VecDeque<Event>,
}

impl Following {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.films.iter().all(Told::is_over) {
                return None;
            }
            let shutdown = self.shutdown.clone();
            let heard = tokio::select! {
                () = shutdown.cancelled() => return None,
                heard = hear(&mut self.live) => Some(heard),
                _ = self.poll.tick() => None,
            };
            let of = match heard {
                Some(Ok(envelope)) => match self.take(&envelope.message) {
                    Some(nth) => Some(nth),
                    None => continue,
                },
                Some(Err(RecvError::Closed)) => {
                    self.live = None;
                    None
                }
                Some(Err(RecvError::Lagged(_))) | None => None,
            };
            // PostgreSQL is away: the next look tells.
            let _ = self.know().await;
            let _ = self.look(of).await;
        }
    }

    /// Somebody who signed out meanwhile, or was shut out, listens as nobody from here on.
    async fn know(&mut self) -> platform::Result<()> {
        if self.actor == Actor::ANONYMOUS || self.known.elapsed() < KNOWN {
            return Ok(());
        }
        self.actor = match viewer::again(&self.platform, &self.headers).await {
            Err(platform::Error::Unauthenticated { .. }) => Actor::ANONYMOUS,
            other => other?,
        };
        self.known = Instant::now();
        Ok(())
    }

    /// Tells what a message tells by itself; the film whose state has to be looked at, if it doesn't.
    fn take(&mut self, message: &Message) -> Option<usize> {
        let video = message.video()?;
        let nth = self.films.iter().position(|film| film.id == *video)?;
        match message {
            // That more of it is there, players find out by themselves.
            Message::Published { .. } => None,
            // Progress of a film that isn't known to be in work: its state is told first.
            Message::Progress { progress, .. } if self.films[nth].state == Some(Stage::Processing) => {
                self.waiting.extend(self.films[nth].progress(*progress));
                None
            }
            _ => Some(nth),
        }
    }

    /// Looks at one film, or at all for which something can still happen, and tells what is new.
    async fn look(&mut self, nth: Option<usize>) -> platform::Result<()> {
        let asked: Vec<VideoId> = match nth {
            Some(nth) => vec![self.films[nth].id.clone()],
            None => self.films.iter().filter(|film| !film.is_final()).map(|film| film.id.clone()).collect(),
        };
        let videos = videos::look(&self.platform, &self.actor, &asked).await?;
        for film in self.films.iter_mut().filter(|film| asked.contains(&film.id)) {
            match videos.iter().find(|video| video.id == film.id) {
                Some(video) => self.waiting.extend(film.learn(video)),
                // Deleted, or not for this one's eyes.
                None => self.waiting.extend(film.lose()),
            }
        }
        Ok(())
    }
}

async fn hear(live: &mut Option<broadcast::Receiver<Arc<Envelope>>>) -> std::result::Result<Arc<Envelope>, RecvError> {
    match live {
        Some(live) => live.recv().await,
        None => std::future::pending().await,
    }
}

/// What the client knows of a film.
struct Told {
    id: VideoId,
    state: Option<Stage>,
    /// Of all that is asked for when it changes.
    version: Option<String>,
    progress: f64,
    gone: bool,
}

impl Told {
    fn nothing(id: VideoId) -> Self {
        Self { id, state: None, version: None, progress: 0.0, gone: false }
    }

    fn is_final(&self) -> bool {
        self.state.is_some_and(Stage::is_final)
    }

    fn is_over(&self) -> bool {
        self.gone || self.is_final()
    }

    fn learn(&mut self, video: &Video) -> Vec<Event> {
        self.gone = false;
        let mut news = Vec::new();
        // Whether it can be watched, and its poster, are news that are asked for in the same way.
        let version = Some(version(video));
        if self.version != version {
            if self.state != Some(video.state) {
                // Another attempt begins from the start.
                self.progress = -1.0;
            }
            self.state = Some(video.state);
            self.version = version;
            news.push(event("state", &json!({ "video": self.id, "state": video.state, "version": self.version })));
        }
        // A film that waits has none: whoever hears of progress takes it to be in work.
        if video.state == Stage::Processing {
            news.extend(self.progress(video.progress));
        }
        news
    }

    /// PostgreSQL lags behind Kafka a little: progress never goes back.
    fn progress(&mut self, progress: f64) -> Option<Event> {
        if progress <= self.progress {
            return None;
        }
        self.progress = progress;
        Some(event("progress", &json!({ "video": self.id, "progress": progress })))
    }

    fn lose(&mut self) -> Option<Event> {
        if self.gone {
            return None;
        }
        *self = Self { gone: true, ..Self::nothing(self.id.clone()) };
        Some(event("gone", &json!({ "video": self.id })))
    }
}

fn event(name: &str, data: &serde_json::Value) -> Event {
    Event::default().event(name).data(data.to_string())
}

/// The same for the same state, on every server and after every break: who knows it has missed nothing.
fn version(video: &Video) -> String {
    let mut hasher = DefaultHasher::new();
    let playback = serde_json::to_string(&video.playback).unwrap_or_default();
    (video.state.as_str(), playback).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
