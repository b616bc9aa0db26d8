//! Kinora's own processes, as `make run` and the journeys in the browser start them.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;

use crate::cli::say;
use crate::probe;
use crate::process::{Ending, Process};
use crate::stack::Stack;
use crate::tools;

#[derive(Debug, Clone)]
pub struct AppOptions {
    /// Names the log and pid files, and stands before its lines. Two workers want two names.
    pub name: String,
    pub port: u16,
    /// Whether its warnings and errors go to our output, too. All its lines always go to its log file.
    pub echo: bool,
    /// Set over everything else.
    pub env: Vec<(String, String)>,
}

impl AppOptions {
    pub fn new(name: &str, port: u16) -> Self {
        Self { name: name.to_owned(), port, echo: false, env: Vec::new() }
    }
}

/// A `kinora-server` or a `kinora-worker`. Ended when it is dropped.
#[derive(Debug)]
pub struct App {
    process: Process,
    program: PathBuf,
    env: Vec<(String, String)>,
    port: u16,
    echo: bool,
}

impl App {
    /// A server on `http://localhost:{port}`.
    pub fn server(stack: &Stack, options: AppOptions) -> Result<Self> {
        let env = server_env(options.port);
        Self::new("kinora-server", stack, options, env)
    }

    /// A worker with its health and metrics on `port`.
    pub fn worker(stack: &Stack, options: AppOptions) -> Result<Self> {
        let env = vec![("KINORA_WORKER_LISTEN".to_owned(), format!("127.0.0.1:{}", options.port))];
        Self::new("kinora-worker", stack, options, env)
    }

    fn new(program: &str, stack: &Stack, options: AppOptions, own: Vec<(String, String)>) -> Result<Self> {
        let program = bin_dir()?.join(program);
        if !program.exists() {
            bail!("{} is not built: run `make build`", program.display());
        }
        let ending = Ending { signal: Signal::SIGTERM, grace: Duration::from_secs(15), death: Signal::SIGKILL };
        let mark = program.display().to_string();
        let mut env = stack.env();
        env.extend(own);
        env.extend(options.env);
        Ok(Self {
            process: Process::new(&options.name, stack.data_dir(), &mark, ending),
            program,
            env,
            port: options.port,
            echo: options.echo,
        })
    }

    pub fn name(&self) -> &str {
        self.process.name()
    }

    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    pub fn end_leftover(&self) -> Result<()> {
        self.process.end_leftover()
    }

    /// Returns at once; [`Self::wait_ready`] waits.
    pub fn start(&self) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if !self.echo {
            return self.process.spawn(command).map(drop);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        self.process.spawn_with_output(command)?;
        let (out, err) = self.process.take_output();
        self.echo_lines(out);
        self.echo_lines(err);
        Ok(())
    }

    pub fn stop(&self) -> Result<()> {
        self.process.stop()
    }

    /// `kill -9`.
    pub fn kill(&self) -> Result<()> {
        self.process.kill()
    }

    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    pub fn ended(&self) -> Option<ExitStatus> {
        self.process.ended()
    }

    /// Whether `GET /readyz` answers 200.
    pub fn is_ready(&self) -> bool {
        self.process.is_running() && probe::http_status(self.port, "/readyz") == Some(200)
    }

    pub fn wait_ready(&self, limit: Duration) -> Result<()> {
        self.process.wait_until(limit, || probe::http_status(self.port, "/readyz") == Some(200))
    }

    fn echo_lines(&self, pipe: Option<impl Read + Send + 'static>) {
        let Some(pipe) = pipe else { return };
        let mut log = self.process.open_log().ok();
        let name = self.name().to_owned();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(pipe);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line);
                if is_news(&text) {
                    say(&format!("{name:<6} | {}", text.trim_end()));
                }
                if let Some(log) = log.as_mut() {
                    let _ = std::io::Write::write_all(log, &line);
                }
                line.clear();
            }
        });
    }
}

/// What somebody who looks on wants to know: what went wrong, and whatever isn't a line of the log (a panic, say).
fn is_news(line: &str) -> bool {
    !["TRACE", "DEBUG", "INFO"].iter().any(|level| line.split_whitespace().nth(1) == Some(level))
}

/// What a server on this machine needs beside the services. Both names of this machine may open it, so both are
/// origins that S3 answers.
pub fn server_env(port: u16) -> Vec<(String, String)> {
    let site = site_root().display().to_string();
    [
        ("KINORA_LISTEN", format!("127.0.0.1:{port}")),
        ("KINORA_PUBLIC_URL", format!("http://localhost:{port}")),
        ("KINORA_S3_CORS_ORIGINS", format!("http://localhost:{port},http://127.0.0.1:{port}")),
        ("KINORA_SITE_ROOT", site.clone()),
        ("LEPTOS_OUTPUT_NAME", "kinora".to_owned()),
        ("LEPTOS_SITE_ROOT", site),
        ("LEPTOS_SITE_PKG_DIR", "pkg".to_owned()),
        ("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Where the built site is: `KINORA_SITE_ROOT`, else in the cache.
pub fn site_root() -> PathBuf {
    std::env::var_os("KINORA_SITE_ROOT").map_or_else(|| tools::cache_dir().join("site"), PathBuf::from)
}

/// `KINORA_BIN_DIR`, else beside the running program (a test's program lies in `deps/` below it).
pub fn bin_dir() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("KINORA_BIN_DIR").filter(|v| !v.is_empty()) {
        return Ok(std::path::absolute(dir)?);
    }
    let me = std::env::current_exe().context("this program's own path")?;
    let folder = me.parent().unwrap_or(Path::new("/"));
    Ok(if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_went_wrong_is_news() {
        assert!(!is_news("2026-11-21T17:19:26.10Z  INFO server: Kinora is ready\n"));
        assert!(is_news("2026-11-21T17:19:26.10Z  WARN platform: Kafka is away; waiting\n"));
        assert!(is_news("thread 'main' panicked at server/src/main.rs:1:\n"));
    }
}
