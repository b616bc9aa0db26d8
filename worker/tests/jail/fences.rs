//! What a child may not do, and which fence holds it.

use super::Test;
use super::canary::{self, SONG};
use super::mischief::{Done, Mischief, SECRET, attempt};
use worker::jail::fences::Fence::{self, *};
use worker::jail::{Fault, Limits};
use worker::media::Error;

pub const TESTS: &[Test] = &[
    ("no_file_can_be_read", no_file_can_be_read),
    ("no_file_can_be_written", no_file_can_be_written),
    ("no_socket_can_be_opened", no_socket_can_be_opened),
    ("landlock_alone_holds_back_from_the_network", landlock_alone_holds_back_from_the_network),
    ("no_process_can_be_started", no_process_can_be_started),
    ("no_memory_can_be_made_code", no_memory_can_be_made_code),
    ("nobody_can_be_signalled", nobody_can_be_signalled),
    ("the_environment_is_empty", the_environment_is_empty),
    ("no_descriptor_is_inherited", no_descriptor_is_inherited),
    ("no_privileges_can_be_gained", no_privileges_can_be_gained),
    ("no_core_is_left", no_core_is_left),
];

fn forbidden(result: &Result<Done, Error>) -> bool {
    matches!(result, Err(Error::Jail(Fault::Forbidden)))
}

fn refused(result: &Result<Done, Error>) -> bool {
    matches!(result, Ok(Done::Failed(_)))
}

fn did(result: &Result<Done, Error>) -> bool {
    matches!(result, Ok(Done::Did(_)))
}

fn without(mischief: &Mischief, fences: &[Fence]) -> Result<Done, Error> {
    attempt(mischief.clone(), fences, &Limits::for_probe_of_mischief())
}

trait ForMischief {
    fn for_probe_of_mischief() -> Limits;
}

impl ForMischief for Limits {
    /// Children tell their process id as progress.
    fn for_probe_of_mischief() -> Limits {
        Limits { film: std::time::Duration::MAX, ..Limits::for_probe() }
    }
}

fn no_file_can_be_read() {
    let mut canary = canary::File::new("canary");
    let read = Mischief::ReadFile(canary.path.clone());
    for fences in [&[][..], &[Seccomp, Resources], &[Landlock, Resources], &[Landlock, Seccomp]] {
        let result = without(&read, fences);
        assert!(refused(&result), "without {fences:?}: {result:?}");
        assert!(!canary.was_opened(), "without {fences:?}");
    }
    let result = without(&read, &[Landlock, Resources, Seccomp]);
    assert_eq!(result.expect("a song"), Done::Did(SONG.to_owned()));
    assert!(canary.was_opened());
}

fn no_file_can_be_written() {
    let canary = canary::File::new("canary");
    let write = Mischief::WriteFile(canary.path.clone());
    let untouched = || std::fs::read_to_string(&canary.path).expect("the canary") == SONG;
    for fences in [&[][..], &[Seccomp, Resources], &[Landlock, Resources], &[Landlock, Seccomp]] {
        let result = without(&write, fences);
        assert!(refused(&result), "without {fences:?}: {result:?}");
        assert!(untouched(), "without {fences:?}");
    }
    assert!(did(&without(&write, &[Landlock, Resources, Seccomp])));
    assert!(!untouched());
}

fn no_socket_can_be_opened() {
    let (file, path) = canary::Socket::file();
    let connect = Mischief::ConnectToFile(path);
    for fences in [&[][..], &[Landlock, Resources]] {
        assert!(forbidden(&without(&connect, fences)), "without {fences:?}");
        assert!(!file.was_called());
    }
    let free = without(&connect, &[Landlock, Resources, Seccomp]);
    assert!(did(&free) && file.was_called(), "{free:?}");

    let tcp = canary::Socket::tcp();
    let connect = Mischief::ConnectByTcp(tcp.address());
    assert!(forbidden(&without(&connect, &[])) && !tcp.was_called());
}

fn landlock_alone_holds_back_from_the_network() {
    let name = format!("kinora-canary-{}", std::process::id());
    let (tcp, named) = (canary::Socket::tcp(), canary::Socket::named(&name));
    for connect in [Mischief::ConnectByTcp(tcp.address()), Mischief::ConnectToName(name)] {
        let held = without(&connect, &[Resources, Seccomp]);
        assert!(refused(&held), "{connect:?}: {held:?}");
        assert!(!tcp.was_called() && !named.was_called());
        assert!(did(&without(&connect, &[Landlock, Resources, Seccomp])), "{connect:?}");
        assert!(tcp.was_called() || named.was_called());
    }
}

fn no_process_can_be_started() {
    for start in [Mischief::Fork, Mischief::Exec] {
        assert!(forbidden(&without(&start, &[Landlock, Resources])), "{start:?}");
        let free = without(&start, &[Landlock, Resources, Seccomp]);
        assert!(did(&free), "{start:?}: {free:?}");
    }
    // No file can be run, even by a process that could start one.
    assert!(refused(&without(&Mischief::Exec, &[Resources, Seccomp])));
}

fn no_memory_can_be_made_code() {
    assert!(forbidden(&without(&Mischief::MapCode, &[])));
    assert!(did(&without(&Mischief::MapCode, &[Seccomp])));
}

fn nobody_can_be_signalled() {
    assert!(forbidden(&without(&Mischief::KillParent, &[])));
    assert!(refused(&without(&Mischief::KillParent, &[Seccomp])), "Landlock");
    assert!(did(&without(&Mischief::KillParent, &[Landlock, Seccomp])));
}

fn the_environment_is_empty() {
    assert!(std::env::vars().any(|(_, value)| value == SECRET), "there is something to inherit");
    assert_eq!(without(&Mischief::Environment, &[]).expect("an environment"), Done::Did(String::new()));
}

fn no_descriptor_is_inherited() {
    assert!(refused(&without(&Mischief::InheritedDescriptor, &[])));
    assert!(did(&without(&Mischief::InheritedDescriptor, &[Descriptors])));
}

fn no_privileges_can_be_gained() {
    // Landlock and seccomp insist on it, too.
    let asked = |fences| without(&Mischief::NoNewPrivileges, fences).expect("an answer");
    assert_eq!(asked(&[Landlock, Seccomp]), Done::Did("1".to_owned()));
    assert_eq!(asked(&[Landlock, NoNewPrivileges, Seccomp]), Done::Did("0".to_owned()));
}

fn no_core_is_left() {
    let asked = |fences| without(&Mischief::CoreLimit, fences).expect("an answer");
    assert_eq!(asked(&[Seccomp]), Done::Did("0".to_owned()));
    assert_ne!(asked(&[Resources, Seccomp]), Done::Did("0".to_owned()));
}
