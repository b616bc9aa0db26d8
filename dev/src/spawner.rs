//! Starts every child process from one thread that lives as long as the process.
//!
//! `PR_SET_PDEATHSIG` is bound to the parent *thread*: a child started from a test's thread would be killed when that
//! thread ends, although the process and the stack live on.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::getppid;

type Request = (Command, Sender<io::Result<Child>>);

/// Starts `command` in a process group of its own (so that Ctrl-C reaches only the supervisor, which then ends things
/// in order), to be sent `death` by the kernel if this process dies.
pub fn spawn(mut command: Command, death: Signal) -> io::Result<Child> {
    let supervisor = nix::unistd::getpid();
    command.process_group(0);
    // SAFETY: only async-signal-safe system calls between fork and exec. This runs after the change of user, which
    // would have cleared the death signal.
    unsafe {
        command.pre_exec(move || {
            SigSet::empty().thread_set_mask()?;
            set_pdeathsig(death)?;
            if getppid() == supervisor { Ok(()) } else { Err(io::Error::other("the supervisor is gone")) }
        });
    }
    let (answer, answered) = channel();
    let sent = requests().lock().unwrap_or_else(|e| e.into_inner()).send((command, answer));
    sent.map_err(|_| io::Error::other("the spawning thread is gone"))?;
    answered.recv().map_err(|_| io::Error::other("the spawning thread is gone"))?
}

fn requests() -> &'static Mutex<Sender<Request>> {
    static REQUESTS: OnceLock<Mutex<Sender<Request>>> = OnceLock::new();
    REQUESTS.get_or_init(|| {
        let (sender, receiver) = channel::<Request>();
        std::thread::spawn(move || {
            for (mut command, answer) in receiver {
                // Whoever asked may have given up; then the child must not stay.
                if let Err(unclaimed) = answer.send(command.spawn())
                    && let Ok(mut child) = unclaimed.0
                {
                    let _ = child.kill();
                }
            }
        });
        Mutex::new(sender)
    })
}
