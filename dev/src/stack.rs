//! The three services together.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::data_dir::{self, Lock};
use crate::ports::{self, Ports, StackPorts};
use crate::process::Process;
use crate::secrets::Secrets;
use crate::{Kafka, Postgres, S3, s3};

/// Which of the services are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Services {
    pub postgres: bool,
    pub kafka: bool,
    pub s3: bool,
}

impl Services {
    pub const ALL: Self = Self { postgres: true, kafka: true, s3: true };
    pub const NONE: Self = Self { postgres: false, kafka: false, s3: false };
    pub const POSTGRES: Self = Self { postgres: true, ..Self::NONE };
    pub const KAFKA: Self = Self { kafka: true, ..Self::NONE };
    pub const S3: Self = Self { s3: true, ..Self::NONE };
}

#[derive(Debug, Clone)]
pub struct StackOptions {
    /// `None` is a temporary folder that is deleted with the stack.
    pub data_dir: Option<PathBuf>,
    pub ports: Ports,
    pub services: Services,
    /// Whether PostgreSQL syncs to the disk. Tests don't need it.
    pub durable: bool,
}

impl Default for StackOptions {
    /// What a test wants.
    fn default() -> Self {
        Self { data_dir: None, ports: Ports::Free, services: Services::ALL, durable: false }
    }
}

/// Running services. Dropping it ends them in order: Kafka, S3, PostgreSQL.
#[derive(Debug)]
pub struct Stack {
    kafka: Option<Kafka>,
    s3: Option<S3>,
    postgres: Option<Postgres>,
    ports: StackPorts,
    data_dir: PathBuf,
    secrets: Secrets,
    started: Vec<(&'static str, Duration)>,
    // The last to be dropped: what lies in the folder ends before it.
    _lock: Lock,
    _temporary: Option<TempDir>,
}

impl Stack {
    /// A stack of its own for a test: free ports, a temporary folder.
    pub fn temporary(services: Services) -> Result<Self> {
        Self::start(StackOptions { services, ..StackOptions::default() })
    }

    pub fn start(options: StackOptions) -> Result<Self> {
        let mut attempts = if options.ports == Ports::Free { 3 } else { 1 };
        loop {
            attempts -= 1;
            match Self::attempt(&options) {
                // Somebody may have taken a free port before we did.
                Err(_) if attempts > 0 => {}
                done => return done,
            }
        }
    }

    fn attempt(options: &StackOptions) -> Result<Self> {
        let temporary = match options.data_dir {
            Some(_) => None,
            None => {
                data_dir::sweep_abandoned();
                let open = std::fs::Permissions::from_mode(0o711);
                Some(tempfile::Builder::new().prefix(data_dir::TEMPORARY).permissions(open).tempdir()?)
            }
        };
        let folder = match (&options.data_dir, &temporary) {
            (Some(folder), _) => std::path::absolute(folder)?,
            (None, Some(folder)) => folder.path().to_owned(),
            (None, None) => std::env::temp_dir(),
        };
        let lock = data_dir::lock(&folder)?;
        let secrets = Secrets::load_or_make(&folder)?;
        let ports = options.ports.resolve()?;
        let Services { postgres, kafka, s3 } = options.services;

        let mut stack = Self {
            kafka: kafka.then(|| Kafka::new(&folder, ports.kafka, ports.kafka_controller)).transpose()?,
            s3: s3.then(|| S3::new(&folder, ports.s3, &secrets)).transpose()?,
            postgres: postgres
                .then(|| Postgres::new(&folder, ports.postgres, &secrets, options.durable))
                .transpose()?,
            ports,
            data_dir: folder,
            secrets,
            started: Vec::new(),
            _lock: lock,
            _temporary: temporary,
        };
        stack.end_leftovers()?;
        stack.require_free_ports()?;
        stack.started = stack.start_all()?;
        Ok(stack)
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub fn ports(&self) -> StackPorts {
        self.ports
    }

    /// How long each service took to start.
    pub fn start_times(&self) -> &[(&'static str, Duration)] {
        &self.started
    }

    /// # Panics
    /// When the stack was started without it, as do [`Self::kafka`] and [`Self::s3`].
    pub fn postgres(&self) -> &Postgres {
        self.postgres.as_ref().expect("the stack was started with PostgreSQL")
    }

    pub fn kafka(&self) -> &Kafka {
        self.kafka.as_ref().expect("the stack was started with Kafka")
    }

    pub fn s3(&self) -> &S3 {
        self.s3.as_ref().expect("the stack was started with S3")
    }

    pub fn database_url(&self) -> String {
        self.postgres().url()
    }

    pub fn kafka_brokers(&self) -> String {
        self.kafka().brokers()
    }

    pub fn s3_endpoint(&self) -> String {
        self.s3().endpoint()
    }

    pub fn s3_access_key(&self) -> &str {
        self.s3().access_key()
    }

    pub fn s3_secret_key(&self) -> &str {
        self.s3().secret_key()
    }

    /// The `KINORA_*` variables that lead to the services that were started.
    pub fn env(&self) -> Vec<(String, String)> {
        // A started server sets the address that it really has.
        let mut env: Vec<(&str, String)> = vec![
            ("KINORA_PUBLIC_URL", "http://localhost:3000".to_owned()),
            ("KINORA_SIGN_UP", "open".to_owned()),
            ("KINORA_SECRET_KEY", self.secrets.secret_key.clone()),
            // Mails lie there instead of being sent; the server shows them on /dev/mail.
            ("KINORA_MAIL_FOLDER", self.data_dir.join("mail").display().to_string()),
        ];
        if let Some(postgres) = &self.postgres {
            env.push(("KINORA_DATABASE_URL", postgres.url()));
        }
        if let Some(kafka) = &self.kafka {
            env.push(("KINORA_KAFKA_BROKERS", kafka.brokers()));
        }
        if let Some(s3) = &self.s3 {
            env.push(("KINORA_S3_ENDPOINT", s3.endpoint()));
            env.push(("KINORA_S3_PUBLIC_ENDPOINT", s3.endpoint()));
            env.push(("KINORA_S3_ACCESS_KEY", s3.access_key().to_owned()));
            env.push(("KINORA_S3_SECRET_KEY", s3.secret_key().to_owned()));
            env.push(("KINORA_S3_BUCKET", s3::BUCKET.to_owned()));
            env.push(("KINORA_S3_REGION", s3::REGION.to_owned()));
            env.push(("KINORA_S3_PATH_STYLE", "true".to_owned()));
        }
        env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Starts again what ended by itself, and returns its name.
    pub fn revive(&self) -> Result<Vec<String>> {
        let mut revived = Vec::new();
        for process in self.processes() {
            if process.ended().is_some() {
                revived.push(process.name().to_owned());
            }
        }
        if !revived.is_empty() {
            self.start_all()?;
        }
        Ok(revived)
    }

    /// Ends all services in order. What fails to end is reported after the others were tried.
    pub fn stop(&self) -> Result<()> {
        let mut outcome = Ok(());
        for process in self.processes() {
            let stopped = process.stop().with_context(|| format!("{} can't be ended", process.name()));
            outcome = outcome.and(stopped);
        }
        outcome
    }

    /// In the order they are ended in.
    fn processes(&self) -> impl Iterator<Item = &Process> {
        let kafka = self.kafka.iter().map(Kafka::process);
        kafka.chain(self.s3.iter().map(S3::process)).chain(self.postgres.iter().map(Postgres::process))
    }

    fn end_leftovers(&self) -> Result<()> {
        if let Some(postgres) = &self.postgres {
            postgres.end_leftover()?;
        }
        self.processes().try_for_each(Process::end_leftover)
    }

    fn require_free_ports(&self) -> Result<()> {
        let ports = self.ports;
        if self.postgres.is_some() {
            ports::require_free(ports.postgres, "PostgreSQL", "KINORA_POSTGRES_PORT")?;
        }
        if self.kafka.is_some() {
            ports::require_free(ports.kafka, "Kafka", "KINORA_KAFKA_PORT")?;
            ports::require_free(ports.kafka_controller, "Kafka's controller", "KINORA_KAFKA_CONTROLLER_PORT")?;
        }
        if self.s3.is_some() {
            ports::require_free(ports.s3, "S3", "KINORA_S3_PORT")?;
        }
        Ok(())
    }

    /// All at once: Kafka takes seconds, and the others are there when it is.
    fn start_all(&self) -> Result<Vec<(&'static str, Duration)>> {
        let timed = |name, start: &dyn Fn() -> Result<()>| {
            let begun = Instant::now();
            start().map(|()| (name, begun.elapsed()))
        };
        std::thread::scope(|scope| {
            let timed = &timed;
            let kafka = self.kafka.as_ref().map(|k| scope.spawn(move || timed("Kafka", &|| k.start())));
            let s3 = self.s3.as_ref().map(|s| scope.spawn(move || timed("S3", &|| s.start())));
            let postgres = self.postgres.as_ref().map(|p| scope.spawn(move || timed("PostgreSQL", &|| p.start())));
            [postgres, s3, kafka]
                .into_iter()
                .flatten()
                .map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a starting thread panicked"))))
                .collect()
        })
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}
