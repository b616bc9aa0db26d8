//! How much a child may do, and how its end is told from another.

use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

use super::Test;
use super::mischief::{Done, Ear, Mischief, attempt, jail, run};
use worker::jail::{Fault, Limits};
use worker::media::{Error, Reason, Stop};

pub const TESTS: &[Test] = &[
    ("a_child_that_spins_uses_up_its_processor_time", a_child_that_spins_uses_up_its_processor_time),
    ("a_child_that_sleeps_is_ended_by_the_clock", a_child_that_sleeps_is_ended_by_the_clock),
    ("a_child_that_gets_no_further_is_ended", a_child_that_gets_no_further_is_ended),
    ("a_child_that_allocates_gets_what_it_may", a_child_that_allocates_gets_what_it_may),
    ("a_child_that_crashes_is_told_from_one_that_ends", a_child_that_crashes_is_told_from_one_that_ends),
    ("garbage_on_the_socket_ends_a_child", garbage_on_the_socket_ends_a_child),
    ("a_child_that_pours_is_stopped", a_child_that_pours_is_stopped),
    ("a_film_of_more_than_a_day_is_refused", a_film_of_more_than_a_day_is_refused),
    ("a_sink_that_stops_kills_the_child", a_sink_that_stops_kills_the_child),
    ("an_input_that_fails_is_the_storages_fault", an_input_that_fails_is_the_storages_fault),
    ("a_slow_input_is_not_held_against_the_film", a_slow_input_is_not_held_against_the_film),
    ("other_work_goes_on_beside_a_child_that_dies", other_work_goes_on_beside_a_child_that_dies),
];

/// Children tell their process id as progress.
fn limits() -> Limits {
    Limits { film: Duration::MAX, output: 1 << 30, ..Limits::for_probe() }
}

fn fault(mischief: Mischief, limits: &Limits) -> Fault {
    match attempt(mischief, &[], limits) {
        Err(Error::Jail(fault)) => fault,
        other => panic!("no fault: {other:?}"),
    }
}

fn reason(mischief: Mischief, limits: &Limits) -> Reason {
    match attempt(mischief, &[], limits) {
        Err(Error::Unplayable(reason)) => reason,
        other => panic!("no reason: {other:?}"),
    }
}

fn a_child_that_spins_uses_up_its_processor_time() {
    let limits = Limits { cpu: Duration::from_secs(1), ..limits() };
    assert_eq!(reason(Mischief::Spin, &limits), Reason::TooMuchWork);
}

fn a_child_that_sleeps_is_ended_by_the_clock() {
    let wall = Duration::from_millis(300);
    assert!(matches!(fault(Mischief::Sleep, &Limits { wall, ..limits() }), Fault::WallClock(limit) if limit == wall));
}

fn a_child_that_gets_no_further_is_ended() {
    let stall = Duration::from_millis(300);
    assert!(matches!(fault(Mischief::Tick, &Limits { stall, ..limits() }), Fault::Stalled(limit) if limit == stall));
}

fn a_child_that_allocates_gets_what_it_may() {
    let half = Mischief::Allocate(512 << 20);
    let roomy = Limits { memory: 1 << 30, ..limits() };
    assert_eq!(attempt(half.clone(), &[], &roomy).expect("memory"), Done::Did("512".to_owned()));
    let narrow = Limits { memory: 512 << 20, ..limits() };
    assert_eq!(reason(half, &narrow), Reason::TooMuchMemory);
    assert!(matches!(fault(Mischief::AllocateCarelessly, &narrow), Fault::Crashed(libc::SIGABRT)));
}

fn a_child_that_crashes_is_told_from_one_that_ends() {
    assert!(matches!(fault(Mischief::Abort, &limits()), Fault::Crashed(libc::SIGABRT)));
    assert!(matches!(fault(Mischief::Crash, &limits()), Fault::Crashed(libc::SIGSEGV)));
    assert!(matches!(fault(Mischief::Exit, &limits()), Fault::Exited(0)));
}

fn garbage_on_the_socket_ends_a_child() {
    for mischief in [Mischief::Garbage, Mischief::Promise, Mischief::ReadOutside] {
        let fault = fault(mischief.clone(), &limits());
        assert!(matches!(fault, Fault::Garbage(_)), "{mischief:?}: {fault:?}");
    }
}

fn a_child_that_pours_is_stopped() {
    let limits = Limits { output: 5 << 20, ..limits() };
    assert_eq!(reason(Mischief::Pour, &limits), Reason::TooMuchWork);
}

fn a_film_of_more_than_a_day_is_refused() {
    let day = Duration::from_secs(86_400);
    let limits = Limits { film: day, ..limits() };
    assert_eq!(reason(Mischief::Progress(86_400_001), &limits), Reason::TooLong);
}

fn a_sink_that_stops_kills_the_child() {
    for patient in [false, true] {
        let mut told = None;
        // Stops at once, or when nothing happens.
        let mut sink = Ear(|pid: i64| {
            // A child tells it once; what comes again is the parent's.
            let again = told.replace(pid).is_some();
            if again || !patient { Err(Stop) } else { Ok(()) }
        });
        let result = run(&jail(&[]), Mischief::Spin, &limits(), &mut sink);
        assert!(matches!(result, Err(Error::Stopped)), "{result:?}");
        let child = told.expect("a child");
        assert!(!std::fs::exists(format!("/proc/{child}")).expect("an answer"), "it is dead and buried");
    }
}

/// Waits, then fails or not.
struct Storage {
    delay: Duration,
    fails: bool,
    position: u64,
}

const SIZE: u64 = 200_000;

impl Read for Storage {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        std::thread::sleep(self.delay);
        if self.fails {
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, "S3 is away"));
        }
        // In small pieces, as a network does.
        let len = buffer.len().min((SIZE - self.position) as usize).min(50_000);
        buffer[..len].fill(1);
        self.position += len as u64;
        Ok(len)
    }
}

impl Seek for Storage {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(by) => SIZE.saturating_add_signed(by),
            SeekFrom::Current(by) => self.position.saturating_add_signed(by),
        };
        Ok(self.position)
    }
}

fn an_input_that_fails_is_the_storages_fault() {
    let storage = Storage { delay: Duration::ZERO, fails: true, position: 0 };
    match jail(&[]).run(&Mischief::Sum, Box::new(storage), &limits(), &mut ()) {
        Err(Error::Input(error)) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
        other => panic!("{other:?}"),
    }
}

fn a_slow_input_is_not_held_against_the_film() {
    let storage = Storage { delay: Duration::from_millis(300), fails: false, position: 0 };
    // Its reads take longer together.
    let limits = Limits { wall: Duration::from_millis(800), stall: Duration::from_millis(800), ..limits() };
    let sum = jail(&[]).run(&Mischief::Sum, Box::new(storage), &limits, &mut ());
    assert_eq!(sum.expect("a sum"), Done::Did(SIZE.to_string()));
}

fn other_work_goes_on_beside_a_child_that_dies() {
    let jail = jail(&[]);
    std::thread::scope(|scope| {
        let work = || scope.spawn(|| run(&jail, Mischief::Sum, &limits(), &mut ()));
        let die = |mischief| scope.spawn(|| run(&jail, mischief, &limits(), &mut ()));
        let deaths = [die(Mischief::Abort), die(Mischief::Garbage), die(Mischief::Fork)];
        let works = [work(), work()];
        for work in works {
            let done = work.join().expect("no panic").expect("a sum");
            assert_eq!(done, Done::Did("3000000".to_owned()));
        }
        for death in deaths {
            assert!(matches!(death.join().expect("no panic"), Err(Error::Jail(_))));
        }
    });
}
