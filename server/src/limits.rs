//! How many calls of the API anybody can make. Counted in memory, by each server for itself: this keeps one script from
//! taking the machine from all others, and costs no query. What needs an exact count (signing in) is counted in PostgreSQL.

use crate::problem::Problem;
use app::server::Viewer;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::id::UserId;
use platform::accounts;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Seconds in which all of the calls can be made.
const WINDOW: u32 = 60;
/// Callers that are known at a time. Those beyond share what one has.
const CAPACITY: usize = 50_000;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Caller {
    User(UserId),
    /// Who isn't signed in; behind an address there may be many.
    Network(String),
    Others,
}

impl Caller {
    fn of(request: &Request) -> Self {
        let user = request.extensions().get::<Viewer>().and_then(|viewer| viewer.actor.user().cloned());
        let address = request.extensions().get::<ConnectInfo<SocketAddr>>();
        match (user, address) {
            (Some(user), _) => Caller::User(user),
            (None, Some(ConnectInfo(address))) => Caller::Network(accounts::network(address.ip())),
            (None, None) => Caller::Others,
        }
    }
}

/// A bucket of calls that fills up again all the time.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    calls: f64,
    at: Instant,
}

pub struct Limits {
    /// In a [`WINDOW`]. None: no limit.
    calls: Option<u32>,
    buckets: Mutex<HashMap<Caller, Bucket>>,
}

/// What is left to a caller.
#[derive(Debug, PartialEq)]
struct Left {
    allowed: bool,
    calls: u64,
    /// Seconds until there is one more, and until there are all of them.
    next: u64,
    all: u64,
}

impl Limits {
    pub fn new(calls: Option<u32>) -> Self {
        Self { calls, buckets: Mutex::default() }
    }

    fn take(&self, caller: Caller, calls: u32, now: Instant) -> Left {
        let (most, a_second) = (f64::from(calls), f64::from(calls) / f64::from(WINDOW));
        let filled =
            |bucket: &Bucket| (bucket.calls + now.duration_since(bucket.at).as_secs_f64() * a_second).min(most);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CAPACITY && !buckets.contains_key(&caller) {
            buckets.retain(|_, bucket| filled(bucket) < most);
        }
        let caller = if buckets.len() < CAPACITY || buckets.contains_key(&caller) { caller } else { Caller::Others };
        let bucket = buckets.entry(caller).or_insert(Bucket { calls: most, at: now });
        let there = filled(bucket);
        let allowed = there >= 1.0;
        let calls = if allowed { there - 1.0 } else { there };
        *bucket = Bucket { calls, at: now };
        let seconds = |calls: f64| (calls / a_second).ceil().max(1.0) as u64;
        Left { allowed, calls: calls as u64, next: seconds(1.0 - calls.fract()), all: seconds(most - calls) }
    }
}

/// Middleware.
pub async fn count(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    let Some(calls) = limits.calls else { return next.run(request).await };
    let left = limits.take(Caller::of(&request), calls, Instant::now());
    let mut response = if left.allowed {
        next.run(request).await
    } else {
        let detail = format!("{calls} calls can be made in a minute. Go on in {} s.", left.next);
        let refused = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail);
        refused.retry_after(left.next).into_response()
    };
    let headers = response.headers_mut();
    let mut say = |name, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    say(POLICY, format!("\"default\";q={calls};w={WINDOW}"));
    say(LEFT, format!("\"default\";r={};t={}", left.calls, left.all));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn of(name: &str) -> Caller {
        Caller::Network(name.to_owned())
    }

    #[test]
    fn who_has_made_his_calls_waits_and_nobody_else_does() {
        let (limits, begun) = (Limits::new(Some(60)), Instant::now());
        for left in (0..60).rev() {
            let taken = limits.take(of("a"), 60, begun);
            assert!(taken.allowed && taken.calls == left);
        }
        assert_eq!(limits.take(of("a"), 60, begun), Left { allowed: false, calls: 0, next: 1, all: 60 });
        assert!(limits.take(of("b"), 60, begun).allowed);
        let later = begun + Duration::from_secs(2);
        assert!(limits.take(of("a"), 60, later).allowed && limits.take(of("a"), 60, later).allowed);
        assert!(!limits.take(of("a"), 60, later).allowed);
    }

    #[test]
    fn memory_stays_flat_however_many_there_are() {
        let (limits, begun) = (Limits::new(Some(2)), Instant::now());
        for number in 0..CAPACITY + 1_000 {
            limits.take(of(&number.to_string()), 2, begun);
        }
        assert!(limits.buckets.lock().unwrap().len() <= CAPACITY + 1);
        // Those beyond have used up what they share; once the others' are full again there is room.
        assert!(!limits.take(of("late"), 2, begun).allowed);
        assert!(limits.take(of("later"), 2, begun + Duration::from_secs(60)).allowed);
        assert!(limits.buckets.lock().unwrap().len() <= 2);
    }
}
