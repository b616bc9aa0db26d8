//! `kinora-dev run`: everything, until Ctrl-C.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;

use super::signals::Signals;
use super::{Place, say};
use crate::app::{App, AppOptions};
use crate::ports;
use crate::stack::Stack;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
}

pub fn run(arguments: &Arguments, signals: &Signals) -> Result<ExitCode> {
    let begun = Instant::now();
    let place = &arguments.place;
    // Ours from an earlier run are ended below; a stranger on our port is said before anything is started.
    let stack = place.stack()?;
    let options = |name, port| AppOptions { echo: true, ..AppOptions::new(name, port) };
    let server = App::server(&stack, options("server", place.port))?;
    let worker = App::worker(&stack, options("worker", place.worker_port))?;
    server.end_leftover()?;
    worker.end_leftover()?;
    ports::require_free(place.port, "the site", "KINORA_PORT")?;
    ports::require_free(place.worker_port, "the worker's health page", "KINORA_WORKER_PORT")?;

    let mut server = Supervised::start(server)?;
    let mut worker = Supervised::start(worker)?;
    let ending = AtomicBool::new(false);
    let outcome = std::thread::scope(|scope| {
        // Apart: a service takes seconds to start, and the others are looked after meanwhile.
        scope.spawn(|| keep_services(&stack, &ending));
        let outcome = keep_apps(&mut server, &mut worker, signals, begun, &stack.data_dir().join("logs"));
        ending.store(true, Relaxed);
        outcome
    });

    say("ending …");
    worker.app.stop()?;
    server.app.stop()?;
    stack.stop()?;
    outcome?;
    say("Kinora has ended.");
    Ok(ExitCode::SUCCESS)
}

/// Returns when a signal asks to end.
fn keep_apps(
    server: &mut Supervised,
    worker: &mut Supervised,
    signals: &Signals,
    begun: Instant,
    logs: &Path,
) -> Result<()> {
    let mut told = false;
    while signals.wait(Duration::from_millis(if told { 500 } else { 50 })).is_none() {
        server.look_after()?;
        worker.look_after()?;
        if !told && server.app.is_ready() {
            told = true;
            say(&format!(
                "started in {:.1} s; Ctrl-C ends it; logs: {}",
                begun.elapsed().as_secs_f32(),
                logs.display()
            ));
            say(&format!("mails lie in a folder, and are shown: {}/dev/mail", server.app.url()));
            say(&format!("Kinora is ready: {}", server.app.url()));
        }
    }
    Ok(())
}

fn keep_services(stack: &Stack, ending: &AtomicBool) {
    while !ending.load(Relaxed) {
        match stack.revive() {
            Ok(revived) => revived.iter().for_each(|name| say(&format!("{name} had ended and was started again"))),
            Err(error) => say(&format!("a service can't be started again, trying on: {error:#}")),
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// A process that is started again when it dies, later each time it dies soon.
pub struct Supervised {
    pub app: App,
    started: Instant,
    pause: Duration,
    again_at: Option<Instant>,
}

impl Supervised {
    const FIRST_PAUSE: Duration = Duration::from_millis(500);
    const LONGEST_PAUSE: Duration = Duration::from_secs(10);
    const STABLE: Duration = Duration::from_secs(30);

    pub fn start(app: App) -> Result<Self> {
        app.start()?;
        Ok(Self { app, started: Instant::now(), pause: Self::FIRST_PAUSE, again_at: None })
    }

    pub fn look_after(&mut self) -> Result<()> {
        let Some(status) = self.app.ended() else { return Ok(()) };
        let Some(at) = self.again_at else {
            self.pause = next_pause(self.pause, self.started.elapsed());
            say(&format!("{} ended ({status}); starting it again in {} ms", self.app.name(), self.pause.as_millis()));
            self.again_at = Some(Instant::now() + self.pause);
            return Ok(());
        };
        if Instant::now() >= at {
            self.again_at = None;
            self.started = Instant::now();
            self.app.start()?;
        }
        Ok(())
    }
}

fn next_pause(last: Duration, lived: Duration) -> Duration {
    if lived > Supervised::STABLE { Supervised::FIRST_PAUSE } else { (last * 2).min(Supervised::LONGEST_PAUSE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_with_each_early_death_and_shrinks_after_a_long_life() {
        let early = Duration::from_secs(1);
        assert_eq!(next_pause(Duration::from_millis(500), early), Duration::from_secs(1));
        assert_eq!(next_pause(Duration::from_secs(8), early), Supervised::LONGEST_PAUSE);
        assert_eq!(next_pause(Duration::from_secs(8), Duration::from_secs(60)), Supervised::FIRST_PAUSE);
    }
}
