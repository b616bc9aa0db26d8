//! What holds a child back, in the order in which it is put up: each one needs something that a later one forbids.

use std::io;
use std::os::fd::RawFd;

use super::{landlock, seccomp};

/// Standard input, which is the socket, output and error.
const OWN_FDS: RawFd = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fence {
    /// Dies with the thread that started it.
    ParentDeath,
    /// Has no file descriptors but three.
    Descriptors,
    /// Never gains rights by running something.
    NoNewPrivileges,
    Landlock,
    /// Leaves no core dump, writes no file, opens no descriptor. The number of its processes can't be limited so:
    /// that limit counts threads, all of the user's, and seccomp allows no processes anyway.
    Resources,
    Seccomp,
}

impl Fence {
    pub const ALL: [Self; 6] =
        [Self::ParentDeath, Self::Descriptors, Self::NoNewPrivileges, Self::Landlock, Self::Resources, Self::Seccomp];
}

/// Puts them up around this process, which must not have a second thread yet. Tells whether Landlock is one of them.
pub(super) fn raise(fences: &[Fence], parent: u32) -> io::Result<bool> {
    let mut landlocked = false;
    for fence in Fence::ALL.iter().filter(|fence| fences.contains(fence)) {
        match fence {
            Fence::ParentDeath => die_with(parent)?,
            Fence::Descriptors => close_others()?,
            Fence::NoNewPrivileges => prctl(libc::PR_SET_NO_NEW_PRIVS, 1)?,
            Fence::Landlock => landlocked = landlock::restrict().map_err(io::Error::other)?,
            Fence::Resources => limit_resources()?,
            Fence::Seccomp => seccomp::restrict().map_err(io::Error::other)?,
        }
    }
    Ok(landlocked)
}

fn die_with(parent: u32) -> io::Result<()> {
    prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong)?;
    // It may have died before this was asked for.
    if std::os::unix::process::parent_id() == parent { Ok(()) } else { Err(io::Error::other("the parent is gone")) }
}

fn prctl(option: libc::c_int, value: libc::c_ulong) -> io::Result<()> {
    let zero: libc::c_ulong = 0;
    // SAFETY: none of these options takes a pointer.
    checked(unsafe { libc::prctl(option, value, zero, zero, zero) })
}

/// Rust's own are closed on exec; a C library may have left some open.
fn close_others() -> io::Result<()> {
    // SAFETY: nothing in this process has opened a descriptor yet that it would miss.
    let closed = checked(unsafe { libc::syscall(libc::SYS_close_range, OWN_FDS, u32::MAX, 0) } as libc::c_int);
    if closed.is_ok() {
        return closed;
    }
    // Before Linux 5.9.
    let open: Vec<RawFd> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd >= OWN_FDS)
        .collect();
    for fd in open {
        // SAFETY: as above; the folder's own descriptor is closed already, and closing it again does nothing.
        unsafe { libc::close(fd) };
    }
    Ok(())
}

fn limit_resources() -> io::Result<()> {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let open = libc::rlimit { rlim_cur: OWN_FDS as u64, rlim_max: OWN_FDS as u64 };
    for (resource, limit) in [(libc::RLIMIT_CORE, none), (libc::RLIMIT_FSIZE, none), (libc::RLIMIT_NOFILE, open)] {
        // SAFETY: `limit` is alive, and only read.
        checked(unsafe { libc::setrlimit(resource, &limit) })?;
    }
    Ok(())
}

fn checked(result: libc::c_int) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
