//! One supervised child process with a log file and a pid file.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::leftover::{self, PidFile};
use crate::spawner;

/// A child process that can be started again after it was stopped or killed.
#[derive(Debug)]
pub struct Process {
    name: String,
    log: PathBuf,
    pid_file: PidFile,
    ending: Ending,
    child: Mutex<Option<Child>>,
}

/// How a process is asked to end.
#[derive(Debug, Clone, Copy)]
pub struct Ending {
    pub signal: Signal,
    /// How long it may take before it is killed.
    pub grace: Duration,
    /// What the kernel sends when the supervisor dies.
    pub death: Signal,
}

impl Process {
    /// `mark` is a text that stands in the command line of this process and of no other, such as its data folder.
    pub fn new(name: &str, data_dir: &Path, mark: &str, ending: Ending) -> Self {
        Self {
            name: name.to_owned(),
            log: data_dir.join("logs").join(format!("{name}.log")),
            pid_file: PidFile::new(data_dir.join("run").join(format!("{name}.pid")), mark),
            ending,
            child: Mutex::new(None),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Ends what a killed supervisor left behind, if it is really ours.
    pub fn end_leftover(&self) -> Result<()> {
        self.pid_file.end_leftover(self.ending.signal, self.ending.grace)
    }

    /// Output goes to the log file.
    pub fn spawn(&self, mut command: Command) -> Result<u32> {
        let log = self.open_log()?;
        command.stdout(log.try_clone()?).stderr(log);
        self.spawn_with_output(command)
    }

    /// Output goes where the caller has set it to.
    pub fn spawn_with_output(&self, mut command: Command) -> Result<u32> {
        let mut child = self.lock();
        if let Some(running) = child.as_mut()
            && running.try_wait()?.is_none()
        {
            return Ok(running.id());
        }
        command.stdin(Stdio::null());
        let program = command.get_program().to_owned();
        let started = spawner::spawn(command, self.ending.death)
            .with_context(|| format!("{} did not start ({})", self.name, program.display()))?;
        let pid = started.id();
        *child = Some(started);
        self.pid_file.write(pid)?;
        Ok(pid)
    }

    /// The output pipes of the running child, if it was started with any.
    pub fn take_output(&self) -> (Option<std::process::ChildStdout>, Option<std::process::ChildStderr>) {
        match self.lock().as_mut() {
            Some(child) => (child.stdout.take(), child.stderr.take()),
            None => (None, None),
        }
    }

    pub fn pid(&self) -> Option<u32> {
        self.lock().as_ref().map(Child::id)
    }

    /// Whether it was started and has not ended.
    pub fn is_running(&self) -> bool {
        self.lock().as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Its exit status, if it was started and ended by itself.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.lock().as_mut().and_then(|child| child.try_wait().ok().flatten())
    }

    /// Waits until `ready` says yes. Fails as soon as the process ends, or after `limit`, with the end of its log.
    pub fn wait_until(&self, limit: Duration, ready: impl Fn() -> bool) -> Result<()> {
        let begun = Instant::now();
        loop {
            // Asked first: a stranger on our port could answer for a child that is dead.
            if let Some(status) = self.ended() {
                bail!("{} ended at once ({status}).\n{}", self.name, self.log_tail());
            }
            if ready() {
                return Ok(());
            }
            if begun.elapsed() > limit {
                bail!("{} was not ready after {} s.\n{}", self.name, limit.as_secs(), self.log_tail());
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Asks it to end, waits, and kills it when it takes too long.
    pub fn stop(&self) -> Result<()> {
        let mut child = self.lock();
        let Some(running) = child.as_mut() else { return Ok(()) };
        if running.try_wait()?.is_none() {
            signal(running.id(), self.ending.signal);
            let begun = Instant::now();
            while running.try_wait()?.is_none() {
                if begun.elapsed() > self.ending.grace {
                    running.kill()?;
                    running.wait()?;
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        *child = None;
        self.pid_file.remove();
        Ok(())
    }

    /// `kill -9`, as the machine would.
    pub fn kill(&self) -> Result<()> {
        let mut child = self.lock();
        if let Some(mut running) = child.take() {
            running.kill()?;
            running.wait()?;
        }
        self.pid_file.remove();
        Ok(())
    }

    /// Freezes (`SIGSTOP`) or thaws (`SIGCONT`) it: a process that is there and does not answer.
    pub fn signal(&self, what: Signal) {
        if let Some(pid) = self.pid() {
            signal(pid, what);
        }
    }

    pub fn log_tail(&self) -> String {
        // A log may be a device, which has no end.
        let is_file = std::fs::metadata(&self.log).is_ok_and(|m| m.is_file());
        let text = if is_file { std::fs::read(&self.log).unwrap_or_default() } else { Vec::new() };
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(20)..].join("\n    ");
        format!("The end of {}:\n    {tail}", self.log.display())
    }

    /// Appends, and starts anew when the file has grown large.
    pub fn open_log(&self) -> Result<File> {
        const LARGE: u64 = 16 << 20;
        if let Some(folder) = self.log.parent() {
            std::fs::create_dir_all(folder)?;
        }
        if std::fs::metadata(&self.log).is_ok_and(|m| m.len() > LARGE) {
            std::fs::rename(&self.log, self.log.with_extension("log.old"))?;
        }
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .with_context(|| format!("the log {} can't be opened", self.log.display()))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

fn signal(pid: u32, what: Signal) {
    // A child that was not waited for keeps its number, so this hits nobody else.
    let _ = kill(leftover::nix_pid(pid), what);
}

/// Sends `what` to a whole process group.
pub fn signal_group(leader: u32, what: Signal) -> bool {
    let group: Pid = leftover::nix_pid(leader);
    nix::sys::signal::killpg(group, what).is_ok()
}
