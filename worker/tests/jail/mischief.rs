//! What a child does once it is no longer ours.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Write};
use std::mem::ManuallyDrop;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{FromRawFd, IntoRawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{self, UnixStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use worker::jail::fences::Fence;
use worker::jail::{Config, Jail, Limits, Work};
use worker::media::{self, Error, Input, Picture, Sink, Stop};

/// In the environment of the test, and on a descriptor of it that any program it starts inherits.
pub const SECRET: &str = "canary-secret";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Mischief {
    /// None: the real thing.
    Film(Box<media::Work>),
    ReadFile(PathBuf),
    WriteFile(PathBuf),
    ConnectToFile(PathBuf),
    ConnectToName(String),
    ConnectByTcp(SocketAddr),
    Fork,
    Exec,
    MapCode,
    KillParent,
    Environment,
    /// Whether there is a fourth one.
    InheritedDescriptor,
    NoNewPrivileges,
    CoreLimit,
    Spin,
    Sleep,
    /// Ticks, but doesn't get further.
    Tick,
    /// By a library that notices.
    Allocate(u64),
    /// By Rust, which aborts.
    AllocateCarelessly,
    Abort,
    Crash,
    Exit,
    Garbage,
    /// The beginning of a message of nearly 4 GiB.
    Promise,
    ReadOutside,
    Pour,
    Progress(i64),
    /// Reads all of the source and answers with its bytes' sum.
    Sum,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Done {
    Film(media::Done),
    /// It succeeded, with this result.
    Did(String),
    /// It got an error instead.
    Failed(String),
}

/// Runs it in a child that lacks some fences.
pub fn attempt(mischief: Mischief, without: &[Fence], limits: &Limits) -> Result<Done, Error> {
    run(&jail(without), mischief, limits, &mut ())
}

pub fn run(jail: &Jail, mischief: Mischief, limits: &Limits, sink: &mut dyn Sink) -> Result<Done, Error> {
    jail.run(&mischief, Box::new(Cursor::new(vec![1; 3_000_000])), limits, sink)
}

pub fn jail(without: &[Fence]) -> Jail {
    let program = std::env::current_exe().expect("this program");
    let arguments = without.iter().map(|fence| OsString::from(format!("{fence:?}"))).collect();
    Jail::start(Config { program, arguments, ready: 1 }).expect("a jail")
}

/// In a child: all fences but those that [`jail`] left out.
pub fn fences_left() -> Vec<Fence> {
    let without: Vec<String> = std::env::args().skip(2).collect();
    Fence::ALL.into_iter().filter(|fence| !without.contains(&format!("{fence:?}"))).collect()
}

/// What a child could inherit. Call it before there is a second thread.
pub fn leave_secrets_about() {
    // SAFETY: there are no other threads.
    unsafe { std::env::set_var("KINORA_S3_SECRET_KEY", SECRET) };
    let file = File::open("/dev/zero").expect("a file");
    // SAFETY: duplicates an open descriptor; unlike Rust's own, the copy is not closed on exec.
    assert!(unsafe { libc::dup2(file.into_raw_fd(), INHERITED) } == INHERITED);
}

const INHERITED: i32 = 77;

impl Work for Mischief {
    type Done = Done;

    fn perform(&self, mut input: Box<dyn Input>, sink: &mut dyn Sink) -> Result<Done, Error> {
        if let Self::Film(work) = self {
            return media::perform(work, input, sink).map(Done::Film);
        }
        // Tells who does it.
        let _ = sink.progress(i64::from(std::process::id()));
        if let Self::Allocate(bytes) = self {
            return allocate(*bytes);
        }
        Ok(self.commit(&mut *input, sink).map_or_else(|error| Done::Failed(error.to_string()), Done::Did))
    }
}

fn allocate(bytes: u64) -> Result<Done, Error> {
    let mut held: Vec<Vec<u8>> = Vec::new();
    for _ in 0..bytes >> 20 {
        let mut mebibyte = Vec::new();
        if mebibyte.try_reserve_exact(1 << 20).is_err() {
            let source = ffmpeg_next::Error::Other { errno: libc::ENOMEM };
            return Err(Error::Internal { what: "allocating".into(), source });
        }
        mebibyte.resize(1 << 20, 1);
        held.push(mebibyte);
    }
    Ok(Done::Did(held.len().to_string()))
}

impl Mischief {
    fn commit(&self, input: &mut dyn Input, sink: &mut dyn Sink) -> io::Result<String> {
        match self {
            Self::Film(_) | Self::Allocate(_) => unreachable!("done already"),
            Self::ReadFile(path) => fs::read_to_string(path),
            Self::WriteFile(path) => fs::write(path, "x").map(|()| String::new()),
            Self::ConnectToFile(path) => UnixStream::connect(path).map(|_| String::new()),
            Self::ConnectToName(name) => {
                let address = net::SocketAddr::from_abstract_name(name)?;
                UnixStream::connect_addr(&address).map(|_| String::new())
            }
            Self::ConnectByTcp(address) => TcpStream::connect(address).map(|_| String::new()),
            Self::Fork => fork(),
            Self::Exec => Command::new("/bin/true").status().map(|status| status.to_string()),
            Self::MapCode => map_code(),
            Self::KillParent => kill_parent(),
            Self::Environment => Ok(std::env::vars().map(|(name, value)| format!("{name}={value}\n")).collect()),
            Self::InheritedDescriptor => {
                let mut byte = [0];
                // SAFETY: where the descriptor isn't open, reading it fails.
                let mut file = ManuallyDrop::new(unsafe { File::from_raw_fd(INHERITED) });
                file.read_exact(&mut byte).map(|()| String::new())
            }
            Self::NoNewPrivileges => number(unsafe { libc::prctl(libc::PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) }),
            Self::CoreLimit => {
                let mut limit = libc::rlimit { rlim_cur: 9, rlim_max: 9 };
                // SAFETY: `limit` is alive.
                number(unsafe { libc::getrlimit(libc::RLIMIT_CORE, &mut limit) })?;
                Ok(limit.rlim_max.to_string())
            }
            Self::Spin => {
                let mut turns = 0u64;
                loop {
                    turns = std::hint::black_box(turns.wrapping_add(1));
                }
            }
            Self::Sleep => loop {
                std::thread::sleep(Duration::from_secs(1));
            },
            Self::Tick => loop {
                std::thread::sleep(Duration::from_millis(20));
                let _ = sink.progress(1);
            },
            Self::AllocateCarelessly => {
                let mut held = Vec::new();
                loop {
                    held.push(vec![1u8; 1 << 20]);
                }
            }
            Self::Abort => std::process::abort(),
            Self::Crash => {
                // SAFETY: none whatsoever; this is what a broken decoder does.
                unsafe { std::ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
                Ok(String::new())
            }
            Self::Exit => std::process::exit(0),
            Self::Garbage => tell(&[0xa5; 4096]),
            Self::Promise => tell(&[4, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe, 1, 2, 3, 4]),
            // Read { offset: 2^40, len: 16 }, by postcard.
            Self::ReadOutside => tell(&[8, 0, 0, 0, 0, 0, 0, 0, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 16]),
            Self::Pour => loop {
                let _ = sink.picture(Picture::Sheet(0), vec![0; 1 << 20]);
            },
            Self::Progress(ms) => {
                let _ = sink.progress(*ms);
                Self::Sleep.commit(input, sink)
            }
            Self::Sum => {
                let mut bytes = Vec::new();
                input.read_to_end(&mut bytes)?;
                Ok(bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>().to_string())
            }
        }
    }
}

/// Past the framing, straight to the parent.
fn tell(bytes: &[u8]) -> io::Result<String> {
    // SAFETY: the socket is open for as long as the process lives; it isn't closed here.
    let mut socket = ManuallyDrop::new(unsafe { File::from_raw_fd(0) });
    socket.write_all(bytes)?;
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn fork() -> io::Result<String> {
    // SAFETY: the new process does nothing but end.
    match unsafe { libc::fork() } {
        0 => unsafe { libc::_exit(0) },
        result => number(result),
    }
}

fn map_code() -> io::Result<String> {
    let code = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
    // SAFETY: a new mapping, of no file.
    let page = unsafe { libc::mmap(std::ptr::null_mut(), 4096, code, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0) };
    if page == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(String::new()) }
}

fn kill_parent() -> io::Result<String> {
    // SAFETY: signal 0 only asks whether it could be sent.
    number(unsafe { libc::kill(std::os::unix::process::parent_id() as i32, 0) })
}

fn number(result: i32) -> io::Result<String> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result.to_string()) }
}

/// A sink that hears of progress alone.
pub struct Ear<F: FnMut(i64) -> Result<(), Stop>>(pub F);

impl<F: FnMut(i64) -> Result<(), Stop>> Sink for Ear<F> {
    fn progress(&mut self, done_ms: i64) -> Result<(), Stop> {
        (self.0)(done_ms)
    }
}
