use super::Test;
use super::films::*;
use super::mischief::{Done, Mischief, run};
use std::io::Cursor;
use std::time::{Duration, Instant};
use worker::jail::{Config, Jail, Limits, Load};
use worker::media::{self, Init, Plan, Segment, Sink, Stop, Track, Work};

pub const TESTS: &[Test] = &[("bench_spawn", bench_spawn), ("bench_encode", bench_encode)];

fn start(ready: usize) -> Jail {
    let program = std::env::var_os("BENCH_CHILD").map_or(std::env::current_exe().unwrap(), Into::into);
    Jail::start(Config { program, arguments: Vec::new(), ready }).expect("a jail")
}

fn median(mut t: Vec<Duration>) -> Duration {
    t.sort();
    t[t.len() / 2]
}

fn bench_spawn() {
    let cold: Vec<_> = (0..15)
        .map(|_| {
            let t = Instant::now();
            let j = start(1);
            let d = t.elapsed();
            drop(j);
            std::thread::sleep(Duration::from_millis(200));
            d
        })
        .collect();
    eprintln!("cold jail start: median {:?} of {cold:?}", median(cold.clone()));
    let jail = start(2);
    let limits = Limits { film: Duration::MAX, ..Limits::for_probe() };
    let mut times = Vec::new();
    for _ in 0..15 {
        std::thread::sleep(Duration::from_millis(300));
        struct First(Instant, Option<Duration>);
        impl Sink for First {
            fn init(&mut self, _: Track, _: Init) -> Result<(), Stop> {
                Ok(())
            }
            fn segment(&mut self, _: Track, _: Segment) -> Result<(), Stop> {
                Ok(())
            }
            fn poster(&mut self, _: Vec<u8>) -> Result<(), Stop> {
                Ok(())
            }
            fn progress(&mut self, _: i64) -> Result<(), Stop> {
                self.1.get_or_insert(self.0.elapsed());
                Ok(())
            }
        }
        let mut first = First(Instant::now(), None);
        run(&jail, Mischief::Environment, &limits, &mut first).unwrap();
        times.push(first.1.unwrap());
    }
    eprintln!("prepared: to first message of the work: median {:?} of {times:?}", median(times.clone()));
}

fn bench_encode() {
    let Some(path) = std::env::var_os("BENCH_FILM") else { return };
    let film = std::fs::read(path).unwrap();
    let jail = start(1);
    let probe = media::probe(Box::new(Cursor::new(film.clone()))).unwrap();
    let mut plan = Plan::of(&probe).unwrap();
    if let Ok(n) = std::env::var("BENCH_RUNGS") {
        let n: usize = n.parse().unwrap();
        let len = plan.rungs.len();
        plan.rungs.drain(..len.saturating_sub(n));
    }
    eprintln!("rungs {:?}", plan.rungs.iter().map(|r| r.name.clone()).collect::<Vec<_>>());
    let v = probe.video.unwrap();
    let limits = Limits::for_encode(&Load {
        source_pixels: u64::from(v.width * v.height),
        rung_pixels: plan.rungs.iter().map(|r| u64::from(r.width * r.height)).sum(),
        frame_rate: plan.frame_rate,
        film: Duration::from_secs(60),
        cores: 2,
    });
    eprintln!("{limits:?}");
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..std::env::var("BENCH_RUNS").map_or(3, |n| n.parse().unwrap()) {
        let mut m = Memory::default();
        let t = Instant::now();
        media::transcode(Box::new(Cursor::new(film.clone())), &plan, &mut m).unwrap();
        a.push(t.elapsed());
        let mut m = Peak::default();
        let t = Instant::now();
        let work = Mischief::Film(Work::Transcode(plan.clone()));
        let Done::Film(_) = jail.run(&work, Box::new(Cursor::new(film.clone())), &limits, &mut m).unwrap() else {
            panic!()
        };
        b.push(t.elapsed());
        eprintln!("child {:?}", m.peak);
    }
    eprintln!("in process {:?} of {a:?}\nin jail {:?} of {b:?}", median(a.clone()), median(b.clone()));
}

#[derive(Default)]
struct Peak {
    peak: String,
}
impl Sink for Peak {
    fn init(&mut self, _: Track, _: Init) -> Result<(), Stop> {
        Ok(())
    }
    fn segment(&mut self, _: Track, _: Segment) -> Result<(), Stop> {
        Ok(())
    }
    fn poster(&mut self, _: Vec<u8>) -> Result<(), Stop> {
        Ok(())
    }
    fn progress(&mut self, _: i64) -> Result<(), Stop> {
        let me = std::process::id().to_string();
        for e in std::fs::read_dir("/proc").unwrap().flatten() {
            let c = std::fs::read_to_string(e.path().join("cmdline")).unwrap_or_default();
            if c.starts_with(&format!("kinora-jail\0{me}")) {
                let s = std::fs::read_to_string(e.path().join("status")).unwrap_or_default();
                let g = |k: &str| {
                    s.lines()
                        .find(|l| l.starts_with(k))
                        .and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok())
                        .unwrap_or(0)
                        / 1024
                };
                if g("Threads") * 1024 > 0 || s.contains("Threads:\t1\n") == false {
                    let line = format!("VmPeak {} MiB VmHWM {} MiB", g("VmPeak"), g("VmHWM"));
                    if line.len() >= 1 && !s.contains("Threads:\t1\n") {
                        self.peak = line;
                    }
                }
            }
        }
        Ok(())
    }
}
