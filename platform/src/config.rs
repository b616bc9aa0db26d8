//! Configuration, from `KINORA_*` variables alone. `.env.example` in the repository's root tells of every one.

mod mail;
pub mod oidc;
mod quotas;
mod vars;

pub use crate::secret::Secret;
pub use mail::{MailConfig, MailRoute, VerifyEmail};
pub use quotas::Quotas;

use crate::sealed::Keys;
use domain::actor::Role;
use domain::invitation::SignUp;
use domain::ladder::Effort;
use std::borrow::Cow;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use url::Url;
use vars::Vars;

/// An upload's default limit: 50 GB.
const UPLOAD_MAX: u64 = 50_000_000_000;
/// SigV4 allows 7 days.
const WINDOW_MAX: u64 = 7 * 24 * 3600;

#[derive(Debug, Clone)]
pub struct Config {
    /// Where people reach the site, without a path.
    pub public_url: Url,
    pub listen: SocketAddr,
    /// Where the worker answers /healthz, /readyz and /metrics.
    pub worker_listen: SocketAddr,
    /// The folder with the built site: wasm, CSS, pictures.
    pub site_root: PathBuf,
    pub database: DatabaseConfig,
    pub kafka: KafkaConfig,
    pub s3: S3Config,
    /// Which sites' pages may show films.
    pub embed: Embedding,
    /// Who may make an account.
    pub sign_up: SignUp,
    /// What somebody may do who made an account without an invitation.
    pub role: Role,
    /// Sites whose accounts open ours.
    pub oidc: Vec<oidc::ProviderConfig>,
    /// How long a session lasts that isn't used, and how long one lasts that is.
    pub session_idle: Duration,
    pub session_longest: Duration,
    /// How long the audit log is kept, days.
    pub audit_days: u32,
    /// How mails leave; none are sent without it.
    pub mail: Option<MailConfig>,
    pub verify_email: VerifyEmail,
    pub api: ApiConfig,
    /// What secrets are stored sealed with; none can be stored without.
    pub secret_keys: Keys,
    /// Bytes.
    pub upload_max_bytes: u64,
    /// How much films may take together.
    pub quotas: Quotas,
    /// How long a film's presigned URL opens, at most; the same one is handed out for half of that.
    pub url_window_seconds: u64,
    /// What stands in front of S3 for those who watch.
    pub cdn: Option<CdnConfig>,
    /// The tallest rung that is made, in lines.
    pub ladder_max: u32,
    /// What films that are planned from now on are encoded with.
    pub encode: Effort,
    /// How many tasks a worker works on at once; a few more if somebody waits for them.
    pub worker_concurrency: usize,
    /// How long a claim lasts without a heartbeat: a silent worker's task goes to another after this time.
    pub lease: Duration,
    /// A filter like `info,platform=debug`.
    pub log: String,
    pub log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Which sites' pages may show films.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Embedding {
    Everywhere,
    /// These, beside our own.
    Origins(Vec<String>),
    Nowhere,
}

/// How scripts may use the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiConfig {
    /// Calls that one person, or one address of people who aren't signed in, can make in a minute, of each server. None: any
    /// number.
    pub rate: Option<u32>,
    pub cors: Cors,
}

/// Which other sites' pages may call the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cors {
    Nowhere,
    Origins(Vec<String>),
    Everywhere,
}

#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    pub url: Secret<String>,
    pub max_connections: u32,
}

#[derive(Debug, Clone)]
pub struct KafkaConfig {
    /// `host:port`, several with commas between.
    pub brokers: String,
    pub security_protocol: String,
    pub sasl_mechanism: Option<String>,
    pub username: Option<String>,
    pub password: Option<Secret<String>>,
    /// Certificates that brokers' certificates are held against, PEM; the system's without it.
    pub ssl_ca_location: Option<PathBuf>,
    /// Stands before every topic's name, for a Kafka that others use, too.
    pub topic_prefix: String,
}

impl KafkaConfig {
    /// What a topic of `domain::event` is called in this Kafka.
    pub fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.topic_prefix)
    }
}

#[derive(Debug, Clone)]
pub struct CdnConfig {
    pub url: Url,
    /// Shared with the CDN, which checks tokens by it.
    pub secret: Secret<String>,
    /// How long a token opens, at most; the same one is handed out for half of that.
    pub seconds: u64,
}

#[derive(Debug, Clone)]
pub struct S3Config {
    /// Where server and worker reach S3; AWS's own without it.
    pub endpoint: Option<Url>,
    /// Where browsers reach it; `endpoint` without it.
    pub public_endpoint: Option<Url>,
    pub region: String,
    pub bucket: String,
    pub access_key: Secret<String>,
    pub secret_key: Secret<String>,
    /// `https://host/bucket/key` instead of `https://bucket.host/key`.
    pub path_style: bool,
    /// Origins whose pages may send parts and read segments.
    pub cors_origins: Vec<String>,
}

/// Everything that is wrong with the configuration, so that one attempt tells all of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The configuration can't be used:{}", .0.iter().map(|p| format!("\n  {p}")).collect::<String>())]
pub struct Error(pub Vec<Problem>);

/// What is wrong with one variable. Never holds its value: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {what}")]
pub struct Problem {
    pub variable: Cow<'static, str>,
    pub what: String,
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(64)
}

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

impl Config {
    pub fn from_env() -> Result<Self, Error> {
        // Not `vars()`: it panics at a foreign variable that isn't UTF-8.
        let vars =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect();
        Self::from_vars(&vars)
    }

    /// Whether people reach the site by https, and by nothing else.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// An empty variable counts as absent.
    pub fn from_vars(vars: &HashMap<String, String>) -> Result<Self, Error> {
        let mut v = Vars::new(vars);
        let public_url = v.required("KINORA_PUBLIC_URL", vars::http_url);
        let listen = v.or("KINORA_LISTEN", SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)), vars::address);
        let worker_listen = v.or("KINORA_WORKER_LISTEN", SocketAddr::from((Ipv4Addr::LOCALHOST, 3009)), vars::address);
        let site_root = v.or("KINORA_SITE_ROOT", PathBuf::from("target/site"), vars::path);
        let database_url = v.required("KINORA_DATABASE_URL", vars::postgres_url);
        let max_connections = v.or("KINORA_DATABASE_MAX_CONNECTIONS", 10, vars::number(2..=1000));
        let brokers = v.required("KINORA_KAFKA_BROKERS", vars::text);
        let security_protocol = v.or("KINORA_KAFKA_SECURITY_PROTOCOL", "plaintext".to_owned(), |text| {
            vars::one_of(&text.to_ascii_lowercase(), &["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"])
        });
        let sasl_mechanism = v.optional("KINORA_KAFKA_SASL_MECHANISM", |text| {
            vars::one_of(&text.to_ascii_uppercase(), &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
        });
        let username = v.optional("KINORA_KAFKA_USERNAME", vars::text);
        let password = v.optional("KINORA_KAFKA_PASSWORD", vars::secret);
        if security_protocol.as_deref().is_some_and(|p| p.starts_with("sasl")) {
            for (variable, missing) in [
                ("KINORA_KAFKA_SASL_MECHANISM", sasl_mechanism.is_none()),
                ("KINORA_KAFKA_USERNAME", username.is_none()),
                ("KINORA_KAFKA_PASSWORD", password.is_none()),
            ] {
                if missing {
                    v.wrong(variable, "is needed with a KINORA_KAFKA_SECURITY_PROTOCOL of sasl");
                }
            }
        }
        let ssl_ca_location = v.optional("KINORA_KAFKA_CA_FILE", vars::path);
        let topic_prefix = v.or("KINORA_KAFKA_TOPIC_PREFIX", String::new(), vars::text);
        let endpoint = v.optional("KINORA_S3_ENDPOINT", vars::http_url);
        let public_endpoint = v.optional("KINORA_S3_PUBLIC_ENDPOINT", vars::http_url);
        let region = v.or("KINORA_S3_REGION", "us-east-1".to_owned(), vars::text);
        let bucket = v.required("KINORA_S3_BUCKET", vars::text);
        let access_key = v.required("KINORA_S3_ACCESS_KEY", vars::secret);
        let secret_key = v.required("KINORA_S3_SECRET_KEY", vars::secret);
        let path_style = v.or("KINORA_S3_PATH_STYLE", false, vars::boolean);
        let cors_origins = v.or("KINORA_S3_CORS_ORIGINS", Vec::new(), vars::origins);
        let embed = v.or("KINORA_EMBED_ORIGINS", Embedding::Everywhere, |text| match text {
            "*" => Ok(Embedding::Everywhere),
            "none" => Ok(Embedding::Nowhere),
            origins => {
                let read = vars::origins(origins).map(Embedding::Origins);
                read.map_err(|_| {
                    "must be *, none, or origins like https://films.example with commas between".to_owned()
                })
            }
        });
        let sign_up = v.or("KINORA_SIGN_UP", SignUp::Invitation, |text| match text {
            "open" => Ok(SignUp::Open),
            "invitation" => Ok(SignUp::Invitation),
            "closed" => Ok(SignUp::Closed),
            _ => Err("must be open, invitation or closed".to_owned()),
        });
        let role = v.or("KINORA_ROLE", Role::Uploader, |text| match text.parse() {
            Ok(role @ (Role::Viewer | Role::Uploader)) => Ok(role),
            _ => Err("must be viewer or uploader: others are invited".to_owned()),
        });
        let oidc = oidc::read(&mut v);
        let session_idle = v.or("KINORA_SESSION_IDLE_HOURS", 720, vars::number(1..=8760));
        let session_longest = v.or("KINORA_SESSION_HOURS", 4320, vars::number(1..=87_600));
        let audit_days = v.or("KINORA_AUDIT_DAYS", 365, vars::number(1..=36_500));
        let (mail, verify_email) = mail::read(&mut v);
        let api_rate = v.or("KINORA_API_RATE", 3000, vars::number(0..=1_000_000));
        let api_cors = v.or("KINORA_API_CORS_ORIGINS", Cors::Nowhere, |text| match text {
            "*" => Ok(Cors::Everywhere),
            origins if !origins.contains('*') => vars::origins(origins).map(Cors::Origins),
            _ => Err("must be * or origins like https://films.example with commas between".to_owned()),
        });
        let secret_keys = v.or("KINORA_SECRET_KEY", Keys::default(), Keys::parse);
        let upload_max_bytes =
            v.or("KINORA_UPLOAD_MAX_BYTES", UPLOAD_MAX, vars::number(1..=domain::upload::MAX_OBJECT));
        let quotas = Quotas::read(&mut v);
        let url_window_seconds = v.or("KINORA_URL_WINDOW_SECONDS", 600, vars::number(2..=WINDOW_MAX));
        let cdn_url = v.optional("KINORA_CDN_URL", vars::http_url);
        let cdn_secret = v.optional("KINORA_CDN_SECRET", vars::secret);
        let cdn_seconds = v.or("KINORA_CDN_SECONDS", 43_200, vars::number(2..=WINDOW_MAX));
        if cdn_url.is_some() && cdn_secret.is_none() {
            v.wrong("KINORA_CDN_SECRET", "is needed with KINORA_CDN_URL");
        }
        let ladder_max = v.or("KINORA_LADDER_MAX", 2160, vars::number(144..=4320));
        let encode = v.or("KINORA_ENCODE", Effort::Usual, |text| match text {
            "usual" => Ok(Effort::Usual),
            "quick" => Ok(Effort::Quick),
            _ => Err("must be usual or quick".to_owned()),
        });
        // A chunk keeps two cores busy, except while it begins and ends.
        let worker_concurrency = v.or("KINORA_WORKER_CONCURRENCY", cores() / 2 + 1, vars::number(1..=64));
        let lease_seconds = v.or("KINORA_LEASE_SECONDS", 60, vars::number(4..=3600));
        let log = v.or("KINORA_LOG", "info,sqlx::postgres::notice=warn".to_owned(), vars::log_filter);
        let log_format = v.or("KINORA_LOG_FORMAT", LogFormat::Text, |text| match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("must be text or json".to_owned()),
        });

        let problems = v.problems();
        // Each is None only if it left a problem behind, so `Error` is never empty.
        let build = || {
            Some(Config {
                public_url: public_url?,
                listen: listen?,
                worker_listen: worker_listen?,
                site_root: site_root?,
                database: DatabaseConfig { url: Secret::new(database_url?), max_connections: max_connections? },
                kafka: KafkaConfig {
                    brokers: brokers?,
                    security_protocol: security_protocol?,
                    sasl_mechanism,
                    username,
                    password,
                    ssl_ca_location,
                    topic_prefix: topic_prefix?,
                },
                s3: S3Config {
                    endpoint,
                    public_endpoint,
                    region: region?,
                    bucket: bucket?,
                    access_key: access_key?,
                    secret_key: secret_key?,
                    path_style: path_style?,
                    cors_origins: cors_origins?,
                },
                embed: embed?,
                mail,
                verify_email: verify_email?,
                secret_keys: secret_keys?,
                sign_up: sign_up?,
                role: role?,
                oidc,
                session_idle: hours(session_idle?),
                session_longest: hours(session_longest?),
                audit_days: audit_days?,
                api: ApiConfig { rate: api_rate.filter(|rate| *rate > 0), cors: api_cors? },
                upload_max_bytes: upload_max_bytes?,
                quotas: quotas?,
                url_window_seconds: url_window_seconds?,
                cdn: match (cdn_url, cdn_secret) {
                    (Some(url), Some(secret)) => Some(CdnConfig { url, secret, seconds: cdn_seconds? }),
                    _ => None,
                },
                ladder_max: ladder_max?,
                encode: encode?,
                worker_concurrency: worker_concurrency?,
                lease: Duration::from_secs(lease_seconds?),
                log: log?,
                log_format: log_format?,
            })
        };
        if problems.is_empty() { build().ok_or(Error(problems)) } else { Err(Error(problems)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimal() -> HashMap<String, String> {
        [
            ("KINORA_PUBLIC_URL", "https://films.example"),
            ("KINORA_DATABASE_URL", "postgres://kinora:hush@db/kinora"),
            ("KINORA_KAFKA_BROKERS", "kafka:9092"),
            ("KINORA_S3_BUCKET", "kinora"),
            ("KINORA_S3_ACCESS_KEY", "hush-id"),
            ("KINORA_S3_SECRET_KEY", "hush-key"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into()
    }

    #[test]
    fn defaults_fill_what_is_absent() {
        let config = Config::from_vars(&minimal()).unwrap();
        assert_eq!(config.upload_max_bytes, 50_000_000_000);
        assert_eq!(config.url_window_seconds, 600);
        assert_eq!(config.kafka.topic("kinora.tasks"), "kinora.tasks");
    }

    #[test]
    fn films_are_shown_elsewhere_as_configured() {
        let embed = |text: &str| {
            let mut vars = minimal();
            vars.insert("KINORA_EMBED_ORIGINS".into(), text.into());
            Config::from_vars(&vars).map(|config| config.embed)
        };
        assert_eq!(embed(""), Ok(Embedding::Everywhere));
        assert_eq!(embed("*"), Ok(Embedding::Everywhere));
        assert_eq!(embed("none"), Ok(Embedding::Nowhere));
        let two = vec!["https://school.example".to_owned(), "https://*.uni.example:8443".to_owned()];
        assert_eq!(embed("https://school.example, https://*.uni.example:8443/"), Ok(Embedding::Origins(two)));
        for text in ["school.example", "https://school.example/films", "https://a.example; script-src *", "'self'"] {
            assert!(embed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn all_problems_are_told_at_once_by_variable() {
        let mut vars = minimal();
        vars.remove("KINORA_PUBLIC_URL");
        vars.insert("KINORA_LISTEN".into(), "everywhere".into());
        vars.insert("KINORA_S3_BUCKET".into(), " ".into());
        vars.insert("KINORA_KAFKA_SECURITY_PROTOCOL".into(), "sasl_ssl".into());
        let error = Config::from_vars(&vars).unwrap_err();
        let named: Vec<_> = error.0.iter().map(|p| &*p.variable).collect();
        for variable in ["KINORA_PUBLIC_URL", "KINORA_LISTEN", "KINORA_S3_BUCKET", "KINORA_KAFKA_PASSWORD"] {
            assert!(named.contains(&variable), "{error}");
            assert!(error.to_string().contains(variable));
        }
    }

    #[test]
    fn secrets_reach_neither_debug_nor_errors() {
        let mut vars = minimal();
        let printed = format!("{:?}", Config::from_vars(&vars).unwrap());
        assert!(!printed.contains("hush"), "{printed}");
        vars.insert("KINORA_DATABASE_URL".into(), "mysql://a:hush@db".into());
        assert!(!Config::from_vars(&vars).unwrap_err().to_string().contains("hush"));
    }
}
