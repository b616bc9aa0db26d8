//! The jail and what it is for, with real children.
//!
//! A child is this very program, which does mischief instead of films where it is told so. Wherever it can be, a fence
//! is taken away by turns, so that a test shows that it is that fence which holds.

mod canary;
mod children;
mod fences;
mod films;
mod hostile;
mod limits;
mod mischief;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use worker::jail::child;

fn main() -> ExitCode {
    if child::is_this() {
        return child::main::<mischief::Mischief>(&mischief::fences_left());
    }
    if let Some(without) = children::parent_without() {
        return children::be_a_parent(without);
    }
    mischief::leave_secrets_about();
    let tests = [fences::TESTS, limits::TESTS, children::TESTS, films::TESTS].concat();
    let trials = tests.into_iter().map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// A name that reads as a sentence, and what shows it.
type Test = (&'static str, fn());
