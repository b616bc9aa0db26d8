//! Where children come from, and that they never stay behind.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use super::Test;
use super::mischief::{Done, Ear, Mischief, jail, run};
use worker::jail::fences::Fence;
use worker::jail::{Config, Jail, Limits};
use worker::media::Stop;

pub const TESTS: &[Test] = &[
    ("children_die_with_a_parent_that_is_killed", children_die_with_a_parent_that_is_killed),
    ("children_outlive_the_thread_that_made_their_jail", children_outlive_the_thread_that_made_their_jail),
    ("a_jail_that_is_dropped_leaves_no_child", a_jail_that_is_dropped_leaves_no_child),
    ("a_program_that_cannot_be_run_is_told_at_the_start", a_program_that_cannot_be_run_is_told_at_the_start),
];

/// The first argument of a process of ours that has a child; the fences that it lacks follow.
const PARENT: &str = "be-a-parent";

pub fn parent_without() -> Option<Vec<Fence>> {
    let mut arguments = std::env::args().skip(1);
    (arguments.next()? == PARENT).then(|| {
        let without: Vec<String> = arguments.collect();
        Fence::ALL.into_iter().filter(|fence| without.contains(&format!("{fence:?}"))).collect()
    })
}

/// Has a child that sleeps, and tells its process id, until somebody comes along and kills it.
pub fn be_a_parent(without: Vec<Fence>) -> ExitCode {
    let mut tell = Ear(|pid| writeln!(std::io::stdout(), "{pid}").map_err(|_| Stop));
    let limits = Limits { film: Duration::MAX, ..Limits::for_probe() };
    let _ = run(&jail(&without), Mischief::Sleep, &limits, &mut tell);
    ExitCode::FAILURE
}

fn orphan(without: &[Fence]) -> u32 {
    let mut parent = Command::new(std::env::current_exe().expect("this program"))
        .arg(PARENT)
        .args(without.iter().map(|fence| format!("{fence:?}")))
        .stdout(Stdio::piped())
        .spawn()
        .expect("a parent");
    let mut line = String::new();
    BufReader::new(parent.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    parent.kill().expect("a parent to kill");
    parent.wait().expect("a parent to bury");
    line.trim().parse().expect("a process id")
}

/// A dead one that nobody has buried counts as dead.
fn lives(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with(['Z', 'X']))
}

fn ends(process: u32) -> bool {
    let begun = Instant::now();
    while lives(process) && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    !lives(process)
}

fn children_die_with_a_parent_that_is_killed() {
    assert!(ends(orphan(&[])));
    let free = orphan(&[Fence::ParentDeath]);
    std::thread::sleep(Duration::from_millis(300));
    assert!(lives(free), "it sleeps, and doesn't see that the socket is closed");
    // SAFETY: a process that this test started.
    unsafe { libc::kill(free as i32, libc::SIGKILL) };
}

fn children_outlive_the_thread_that_made_their_jail() {
    let jail = std::thread::spawn(|| jail(&[])).join().expect("no panic");
    let limits = Limits { film: Duration::MAX, ..Limits::for_probe() };
    for _ in 0..3 {
        let done = std::thread::scope(|scope| {
            scope.spawn(|| run(&jail, Mischief::Sum, &limits, &mut ())).join().expect("no panic")
        });
        assert_eq!(done.expect("a sum"), Done::Did("3000000".to_owned()));
    }
}

fn waiting_children() -> Vec<u32> {
    let me = std::process::id().to_string();
    let processes = fs::read_dir("/proc").expect("processes");
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|process: &u32| {
            let command = fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap_or_default();
            command.split('\0').collect::<Vec<_>>().starts_with(&["kinora-jail", &me])
        })
        .filter(|process| {
            let command = fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap_or_default();
            command.contains(MARK)
        })
        .collect()
}

/// On the command line of this test's children: other tests have theirs at the same time.
const MARK: &str = "left-behind";

fn a_jail_that_is_dropped_leaves_no_child() {
    let program = std::env::current_exe().expect("this program");
    let jail = Jail::start(Config { program, arguments: vec![MARK.into()], ready: 2 }).expect("a jail");
    let begun = Instant::now();
    while waiting_children().len() < 2 && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let children = waiting_children();
    assert!(children.len() >= 2, "{children:?} wait");
    drop(jail);
    let begun = Instant::now();
    while !waiting_children().is_empty() && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(waiting_children().is_empty());
}

fn a_program_that_cannot_be_run_is_told_at_the_start() {
    let start = |program: &str| Jail::start(Config { program: program.into(), arguments: Vec::new(), ready: 1 });
    assert!(start("/nowhere/at/all").is_err());
    assert!(start("/bin/true").is_err());
}
