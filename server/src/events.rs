//! A film's progress and state as they happen (SSE). Kafka brings them at once; PostgreSQL, asked again and again, brings
//! them without Kafka, too.

use crate::problem::{Problem, Result};
use crate::router::AppState;
use crate::viewer::Who;
use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::access::Actor;
use domain::event::{Envelope, Message};
use domain::id::VideoId;
use domain::video::{Playback, State as Stage, Video};
use futures::stream;
use platform::{Error, Platform, videos};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// How often PostgreSQL is asked. It also judges again whether the film may still be seen.
const POLL: Duration = Duration::from_millis(1500);

/// `GET /api/v1/videos/{id}/events`: the present state first, then what changes, until nothing more will.
pub async fn follow(State(state): State<AppState>, Who(actor): Who, Path(id): Path<String>) -> Result<Response> {
    let id: VideoId = id.parse().map_err(|_| Problem::not_found())?;
    // Listening begins before the state is read, so that nothing falls in between.
    let live = state.platform.live.subscribe();
    let video = videos::get(&state.platform, &actor, &id).await?;
    let mut poll = tokio::time::interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut following = Following {
        platform: state.platform,
        actor,
        id,
        live: Some(live),
        poll,
        shutdown: state.shutdown,
        told: Told::default(),
    };
    following.told.learn(&video);
    let events = stream::unfold(following, |mut following| async move {
        let event = following.next().await?;
        Some((Ok::<_, Infallible>(event), following))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response())
}

struct Following {
    platform: Platform,
    actor: Actor,
    id: VideoId,
    live: Option<broadcast::Receiver<Arc<Envelope>>>,
    poll: Interval,
    shutdown: CancellationToken,
    told: Told,
}

impl Following {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.told.waiting.pop_front() {
                return Some(event);
            }
            if self.told.state.is_some_and(Stage::is_final) {
                return None;
            }
            let shutdown = self.shutdown.clone();
            let heard = tokio::select! {
                () = shutdown.cancelled() => return None,
                heard = hear(&mut self.live) => Some(heard),
                _ = self.poll.tick() => None,
            };
            match heard {
                Some(Ok(envelope)) if envelope.message.video() != Some(&self.id) => continue,
                // That more of it is there, players find out by themselves.
                Some(Ok(envelope)) if matches!(envelope.message, Message::Published { .. }) => continue,
                Some(Ok(envelope)) => {
                    // Progress of a film that isn't known to be in work: its state is told first.
                    if let (Message::Progress { progress, .. }, Some(Stage::Processing)) =
                        (&envelope.message, self.told.state)
                    {
                        self.told.progress(*progress);
                        continue;
                    }
                }
                Some(Err(RecvError::Closed)) => self.live = None,
                Some(Err(RecvError::Lagged(_))) | None => {}
            }
            match videos::get(&self.platform, &self.actor, &self.id).await {
                Ok(video) => self.told.learn(&video),
                Err(Error::Unavailable(_) | Error::Internal(_)) => {}
                // Deleted, or not for this one's eyes any more.
                Err(_) => return None,
            }
        }
    }
}

async fn hear(live: &mut Option<broadcast::Receiver<Arc<Envelope>>>) -> std::result::Result<Arc<Envelope>, RecvError> {
    match live {
        Some(live) => live.recv().await,
        None => std::future::pending().await,
    }
}

/// What the client knows, and what it is about to.
#[derive(Default)]
struct Told {
    state: Option<Stage>,
    playback: Option<Playback>,
    progress: f64,
    waiting: VecDeque<Event>,
}

impl Told {
    fn learn(&mut self, video: &Video) {
        // Whether it can be watched, and its poster, are news that are asked for in the same way.
        if self.state != Some(video.state) || self.playback != video.playback {
            if self.state != Some(video.state) {
                // Another attempt begins from the start.
                self.progress = -1.0;
            }
            self.state = Some(video.state);
            self.playback = video.playback.clone();
            self.tell("state", &serde_json::json!({ "state": video.state }));
        }
        // A film that waits has none: whoever hears of progress takes it to be in work.
        if video.state == Stage::Processing {
            self.progress(video.progress);
        }
    }

    /// PostgreSQL lags behind Kafka a little: progress never goes back.
    fn progress(&mut self, progress: f64) {
        if progress > self.progress {
            self.progress = progress;
            self.tell("progress", &serde_json::json!({ "progress": progress }));
        }
    }

    fn tell(&mut self, name: &str, data: &serde_json::Value) {
        self.waiting.push_back(Event::default().event(name).data(data.to_string()));
    }
}
