//! What the jail costs: `overhead FILM ROUNDS` encodes a film's first chunk in a child and in this process, by turns, and
//! prints the seconds of each as JSON. `make bench ONLY=jail` runs it.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use domain::ladder::Effort;
use domain::plan::{MayCopy, Plan};
use serde::Serialize;
use worker::jail::{Config, Jail, Limits, Load, child, fences::Fence};
use worker::media::{self, Done, EncodePicture, Enter, Input, Wishes, Work};

/// Seconds of one round.
#[derive(Serialize)]
struct Round {
    inside: f64,
    outside: f64,
}

fn main() -> anyhow::Result<ExitCode> {
    if child::is_this() {
        return Ok(child::main::<Work>(&Fence::ALL));
    }
    let mut arguments = std::env::args_os().skip(1);
    let film = arguments.next().context("which film?")?;
    let rounds = arguments.next().and_then(|rounds| rounds.to_str()?.parse().ok()).unwrap_or(3);
    let rounds = compare(Path::new(&film), rounds)?;
    writeln!(io::stdout(), "{}", serde_json::to_string(&rounds)?)?;
    Ok(ExitCode::SUCCESS)
}

fn compare(film: &Path, rounds: usize) -> anyhow::Result<Vec<Round>> {
    let open = || File::open(film).map(|file| Box::new(file) as Box<dyn Input>);
    let Done::Probe(probe) = media::perform(&Work::Probe, open()?, &mut ())? else {
        anyhow::bail!("a probe is no probe");
    };
    let wishes = Wishes { highest: 2160, copy: MayCopy::NOTHING, effort: Effort::Usual };
    let plan = media::plan(&probe, wishes);
    let work = first_chunk(&plan).context("the film has no picture")?;
    let jail = Jail::start(Config::default())?;
    let mut measured = Vec::new();
    for round in 0..=rounds {
        let inside = || seconds(|| jail.run(&work, open()?, &limits(), &mut ()).map(drop).map_err(Into::into));
        let outside = || seconds(|| media::perform(&work, open()?, &mut ()).map(drop).map_err(Into::into));
        // Each comes first in every other round.
        let (inside, outside) = if round % 2 == 0 {
            let inside = inside()?;
            (inside, outside()?)
        } else {
            let outside = outside()?;
            (inside()?, outside)
        };
        // The first has cold caches.
        if round > 0 {
            measured.push(Round { inside, outside });
        }
    }
    Ok(measured)
}

fn seconds(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed().as_secs_f64())
}

fn first_chunk(plan: &Plan) -> Option<Work> {
    let picture = plan.picture.clone()?;
    let (chunk, go_on) = match picture.chunks.first() {
        Some(chunk) => (chunk.clone(), false),
        None => (domain::timeline::by_the_clock(0), true),
    };
    let (origin_us, enter) = (plan.origin_us, Enter::AtTheBeginning);
    Some(Work::Picture(EncodePicture { plan: picture, origin_us, chunk, go_on, enter, urgent: true }))
}

/// Generous: what is measured is the way, not the end of it.
fn limits() -> Limits {
    let pixels = 4096 * 2304;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let film = worker::jail::LONGEST_FILM;
    Limits::for_encode(&Load { source_pixels: pixels, rung_pixels: 2 * pixels, frame_rate: 60.0, film, cores })
}
