//! Pid files, and the ending of what a killed supervisor left behind. Process numbers are reused, so a number alone
//! proves nothing: the start time and the command line have to match too.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    mark: String,
}

/// What `/proc` says about a process.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    /// Clock ticks since boot (`proc(5)`, field 22 of `stat`).
    pub start_time: u64,
    pub command_line: String,
}

impl PidFile {
    pub fn new(path: PathBuf, mark: &str) -> Self {
        Self { path, mark: mark.to_owned() }
    }

    pub fn write(&self, pid: u32) -> Result<()> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // A child that ended already has nothing to leave behind.
        if let Some(seen) = look_at(pid) {
            std::fs::write(&self.path, format!("{pid} {}\n", seen.start_time))?;
        }
        Ok(())
    }

    pub fn remove(&self) {
        let _ = std::fs::remove_file(&self.path);
    }

    pub fn end_leftover(&self, signal: Signal, grace: Duration) -> Result<()> {
        let recorded = std::fs::read_to_string(&self.path).ok().and_then(|text| parse(&text));
        if let Some((pid, start_time)) = recorded
            && is_ours(look_at(pid).as_ref(), start_time, &self.mark)
        {
            end(pid, start_time, signal, grace)?;
        }
        self.remove();
        Ok(())
    }
}

/// Ends a process that is not our child, by asking and then by force.
pub fn end(pid: u32, start_time: u64, signal: Signal, grace: Duration) -> Result<()> {
    let alive = || look_at(pid).is_some_and(|seen| seen.start_time == start_time);
    let begun = Instant::now();
    let _ = kill(nix_pid(pid), signal);
    while alive() {
        if begun.elapsed() > grace + Duration::from_secs(5) {
            bail!("process {pid}, left behind by an earlier run, can't be ended");
        }
        if begun.elapsed() > grace {
            let _ = kill(nix_pid(pid), Signal::SIGKILL);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn parse(text: &str) -> Option<(u32, u64)> {
    let (pid, start_time) = text.trim().split_once(' ')?;
    Some((pid.parse().ok()?, start_time.parse().ok()?))
}

fn is_ours(seen: Option<&Seen>, start_time: u64, mark: &str) -> bool {
    seen.is_some_and(|seen| seen.start_time == start_time && seen.command_line.contains(mark))
}

/// `None` when there is no such process, or only its remains that nobody has waited for.
pub fn look_at(pid: u32) -> Option<Seen> {
    let folder = Path::new("/proc").join(pid.to_string());
    let start_time = parse_stat(&std::fs::read_to_string(folder.join("stat")).ok()?)?;
    let raw = std::fs::read(folder.join("cmdline")).unwrap_or_default();
    let command_line = String::from_utf8_lossy(&raw).replace('\0', " ");
    Some(Seen { start_time, command_line })
}

/// The command's name is in brackets and may hold anything, brackets too: counting starts behind the last one.
fn parse_stat(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[expect(clippy::cast_possible_wrap, reason = "Linux's process numbers end at 2^22")]
pub fn nix_pid(pid: u32) -> Pid {
    Pid::from_raw(pid as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(command_line: &str) -> Seen {
        Seen { start_time: 77, command_line: command_line.to_owned() }
    }

    #[test]
    fn a_leftover_is_ours_by_start_time_and_command_line() {
        assert!(is_ours(Some(&seen("postgres -D /data/kinora/postgres")), 77, "/data/kinora"));
    }

    #[test]
    fn a_reused_number_is_not_ours() {
        assert!(!is_ours(Some(&seen("postgres -D /data/kinora/postgres")), 78, "/data/kinora"));
        assert!(!is_ours(Some(&seen("vim letter.txt")), 77, "/data/kinora"));
        assert!(!is_ours(None, 77, "/data/kinora"));
    }

    #[test]
    fn start_time_is_found_behind_a_name_with_brackets() {
        let stat = "42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        assert_eq!(parse_stat(stat), Some(4711));
        assert_eq!(parse_stat(&stat.replace(") S", ") Z")), None);
    }

    #[test]
    fn this_process_is_seen() {
        let me = look_at(std::process::id()).expect("this process is alive");
        assert!(me.start_time > 0 && !me.command_line.is_empty());
    }

    #[test]
    fn a_stranger_with_the_recorded_number_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut stranger = std::process::Command::new("sleep").arg("60").spawn().expect("sleep starts");
        let file = PidFile::new(folder.path().join("x.pid"), "/a/folder/that/is/not/in/its/command/line");
        file.write(stranger.id()).expect("written");
        file.end_leftover(Signal::SIGKILL, Duration::from_millis(50)).expect("nothing to end");
        assert!(stranger.try_wait().expect("waits").is_none(), "the stranger lives on");
        stranger.kill().expect("killed");
        stranger.wait().expect("waited");
    }
}
