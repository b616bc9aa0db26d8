//! `kinora-dev`: see `kinora-dev --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    dev::cli::main().unwrap_or_else(|error| {
        // For people: what went wrong, without the way through our code.
        eprintln!("\n{error:#}");
        ExitCode::FAILURE
    })
}
