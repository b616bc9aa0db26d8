//! How a child ends other than by saying that it is done.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::media::{Error, Reason};

/// Why there is no answer. Display is for operators.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("no child could be started")]
    Start(#[source] io::Error),
    #[error("it tried what is forbidden")]
    Forbidden,
    #[error("it used up its time on the processor")]
    CpuTime,
    /// By the kernel for want of memory, or by somebody.
    #[error("it was killed")]
    Killed,
    #[error("it crashed by signal {0}")]
    Crashed(i32),
    #[error("it ended with code {0}")]
    Exited(i32),
    #[error("it took more than {0:?}")]
    WallClock(Duration),
    #[error("it did not go on for {0:?}")]
    Stalled(Duration),
    #[error("it sent garbage")]
    Garbage(#[source] io::Error),
    #[error("it made more than {0} bytes")]
    Output(u64),
}

impl Fault {
    pub(super) fn of(status: ExitStatus) -> Self {
        match status.signal() {
            Some(libc::SIGSYS) => Self::Forbidden,
            Some(libc::SIGXCPU) => Self::CpuTime,
            Some(libc::SIGKILL) => Self::Killed,
            Some(signal) => Self::Crashed(signal),
            None => Self::Exited(status.code().unwrap_or_default()),
        }
    }

    /// The label of `kinora_child_deaths_total`.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Start(_) => "start",
            Self::Forbidden => "forbidden",
            Self::CpuTime => "cpu_time",
            Self::Killed => "killed",
            Self::Crashed(_) => "crashed",
            Self::Exited(_) => "exited",
            Self::WallClock(_) => "wall_clock",
            Self::Stalled(_) => "stalled",
            Self::Garbage(_) => "garbage",
            Self::Output(_) => "output",
        }
    }
}

/// What depends on the file alone is the file's fault. What may depend on the machine, or be a mistake of ours, is
/// tried again: a busy machine is slow by the clock, but doesn't take more of the processor.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::CpuTime | Fault::Output(_) => Self::Unplayable(Reason::TooMuchWork),
            fault => Self::Jail(fault),
        }
    }
}
