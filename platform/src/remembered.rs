//! What is remembered for a moment of what many ask for.

use std::time::{Duration, Instant};

/// Half-way through its life one of those who come is sent to look again, so that it isn't all of them at once in the end.
pub struct Remembered<T> {
    value: T,
    /// When the next one is sent, if nobody is on the way.
    again: Option<Instant>,
    end: Instant,
}

impl<T: Clone> Remembered<T> {
    pub fn new(value: T, now: Instant, life: Duration) -> Self {
        Self { value, again: Some(now + life / 2), end: now + life }
    }

    pub fn value(&self) -> &T {
        &self.value
    }

    pub fn end(&self) -> Instant {
        self.end
    }

    pub fn is_over(&self, now: Instant) -> bool {
        self.end <= now
    }

    /// None for whoever has to look.
    pub fn get(&mut self, now: Instant) -> Option<T> {
        if self.is_over(now) || self.again.take_if(|again| *again <= now).is_some() {
            return None;
        }
        Some(self.value.clone())
    }
}
