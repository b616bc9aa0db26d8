//! `kinora-dev reset`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::{data_dir, say};
use crate::remove_data_dir;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The data folder [default: ~/.local/share/kinora]
    #[arg(long, env = "KINORA_DATA")]
    data: Option<PathBuf>,
    /// Don't ask.
    #[arg(long)]
    yes: bool,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let folder = data_dir(arguments.data.as_ref());
    if !arguments.yes {
        if !std::io::stdin().is_terminal() {
            anyhow::bail!("nobody can be asked here: `kinora-dev reset --yes` deletes {}", folder.display());
        }
        say(&format!("Delete all films, accounts and settings in {}? Type yes:", folder.display()));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if answer.trim() != "yes" {
            say("Nothing was deleted.");
            return Ok(ExitCode::FAILURE);
        }
    }
    remove_data_dir(&folder)?;
    say(&format!("{} is gone.", folder.display()));
    Ok(ExitCode::SUCCESS)
}
