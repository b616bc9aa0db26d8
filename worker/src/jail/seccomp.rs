//! The system calls that decoding and encoding need. Any other kills the child.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

/// Memory, time, threads' waiting and the socket. None of these opens, names or finds anything.
const ALLOWED: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_close,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getrandom,
    libc::SYS_sysinfo,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Calls that well-meaning libraries make and get along without.
const REFUSED: &[(c_long, i32)] = &[
    // Its arguments lie in memory, where no filter sees them: glibc falls back to clone.
    (libc::SYS_clone3, libc::ENOSYS),
    // glibc looks for /proc/sys/vm/overcommit_memory when it trims a heap, at any moment.
    (libc::SYS_openat, libc::EACCES),
    // libav asks whether standard error is a terminal before its first message.
    (libc::SYS_ioctl, libc::ENOTTY),
];

/// Forbids this thread, and those it starts, everything else. Needs `no_new_privs`.
pub fn restrict() -> Result<(), Error> {
    // Where filters differ, the kernel obeys the strictest. The last one forbids to load another.
    for (call, errno) in REFUSED {
        let rules = BTreeMap::from([(*call, Vec::new())]);
        load(rules, SeccompAction::Allow, SeccompAction::Errno(*errno as u32))?;
    }
    let rules = allowed().map_err(Error::Backend)?;
    load(rules, SeccompAction::KillProcess, SeccompAction::Allow)
}

fn allowed() -> Result<BTreeMap<c_long, Vec<SeccompRule>>, BackendError> {
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> =
        ALLOWED.iter().chain(REFUSED.iter().map(|(call, _)| call)).map(|call| (*call, Vec::new())).collect();
    // Memory is written or run, never both in turn: nothing that is mapped from here on can be run.
    let no_code = masked(2, libc::PROT_EXEC as u64, 0)?;
    rules.insert(libc::SYS_mmap, vec![no_code.clone()]);
    rules.insert(libc::SYS_mprotect, vec![no_code]);
    // Threads, but no processes and no namespaces.
    let namespaces = libc::CLONE_NEWNS
        | libc::CLONE_NEWCGROUP
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET;
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(libc::SYS_clone, vec![masked(0, thread | namespaces as u64, thread)?]);
    rules.insert(libc::SYS_prctl, vec![equal(0, libc::PR_SET_NAME as u64)?]);
    // Rust asks whether a descriptor is open before it closes it.
    rules.insert(libc::SYS_fcntl, vec![equal(1, libc::F_GETFD as u64)?]);
    // abort(), of this process.
    let own = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, u64::from(std::process::id()))?;
    let abort = SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, libc::SIGABRT as u64)?;
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![own, abort])?]);
    Ok(rules)
}

fn load(
    rules: BTreeMap<c_long, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matching: SeccompAction,
) -> Result<(), Error> {
    let arch = std::env::consts::ARCH.try_into().map_err(Error::Backend)?;
    let filter = SeccompFilter::new(rules, otherwise, matching, arch).map_err(Error::Backend)?;
    let program: BpfProgram = filter.try_into().map_err(Error::Backend)?;
    apply_filter(&program)
}

/// The argument has these bits of the mask, and no others.
fn masked(argument: u8, mask: u64, value: u64) -> Result<SeccompRule, BackendError> {
    let operator = SeccompCmpOp::MaskedEq(mask);
    SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Qword, operator, value)?])
}

fn equal(argument: u8, value: u64) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)?])
}
