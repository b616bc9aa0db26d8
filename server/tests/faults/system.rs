//! All of Kinora: services that may be killed, a server, workers. Each test has a database, a bucket and topics of its
//! own, and the services for itself alone.

use crate::proxy::{Fault, Proxy};
use crate::support::{Person, expect, text, unique};
use dev::{App, AppOptions, Services, Stack};
use domain::key::MediaKey;
use domain::poster::{Of, Stored};
use domain::storyboard::Storyboard;
use platform::{Config, Platform};
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};
use sqlx::types::Json;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::{JoinHandle, block_in_place};

/// Generous: the machine may be busy with other things.
pub const LONG: Duration = Duration::from_secs(120);

/// The services, for as long as a test runs or waits for its turn.
static STACK: Mutex<Weak<Stack>> = Mutex::const_new(Weak::new());
static TURN: Mutex<()> = Mutex::const_new(());

async fn stack() -> Arc<Stack> {
    let mut shared = STACK.lock().await;
    if let Some(stack) = shared.upgrade() {
        return stack;
    }
    let stack = Arc::new(block_in_place(|| Stack::temporary(Services::ALL)).unwrap());
    *shared = Arc::downgrade(&stack);
    stack
}

pub struct System {
    pub server: App,
    /// Looks into PostgreSQL and S3 directly.
    pub platform: Platform,
    name: String,
    env: Vec<(String, String)>,
    temporary: TempDir,
    pub stack: Arc<Stack>,
    _turn: MutexGuard<'static, ()>,
}

impl System {
    /// With a server, and no worker yet.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        Self::launch(settings, None).await
    }

    /// One that takes a while to store a film, so that it can be met half-way.
    pub async fn with_slow_storage(settings: &[(&str, &str)]) -> (Self, Proxy) {
        let (system, proxy) = Self::behind_a_proxy(settings).await;
        proxy.fault(Fault::Late, usize::MAX, |asked| asked.stores("/media/"));
        (system, proxy)
    }

    /// One whose server, workers and browsers all reach S3 through a proxy.
    pub async fn behind_a_proxy(settings: &[(&str, &str)]) -> (Self, Proxy) {
        let stack = stack().await;
        let proxy = Proxy::start(stack.s3_endpoint()).await;
        (Self::launch(settings, Some(&proxy)).await, proxy)
    }

    async fn launch(settings: &[(&str, &str)], proxy: Option<&Proxy>) -> Self {
        let stack = stack().await;
        let turn = TURN.lock().await;
        // A test that failed may have left them down.
        block_in_place(|| {
            stack.postgres().start().unwrap();
            stack.s3().start().unwrap();
            stack.kafka().start().unwrap();
        });
        let name = unique("f");
        block_in_place(|| stack.postgres().psql(&format!("CREATE DATABASE {name}"))).unwrap();
        let database = stack.database_url();
        let (server_of_databases, _) = database.rsplit_once('/').unwrap();
        let temporary = TempDir::new().unwrap();
        let mut env = vec![
            ("KINORA_DATABASE_URL", format!("{server_of_databases}/{name}")),
            ("KINORA_S3_BUCKET", format!("kinora-{name}")),
            ("KINORA_KAFKA_TOPIC_PREFIX", format!("{name}.")),
            ("TMPDIR", temporary.path().display().to_string()),
        ];
        env.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let mut env: Vec<_> = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();

        let mut direct = stack.env();
        direct.extend(env.clone());
        let config = Config::from_vars(&direct.into_iter().collect()).unwrap();
        let platform = Platform::connect(config).await.unwrap();
        if let Some(proxy) = proxy {
            for variable in ["KINORA_S3_ENDPOINT", "KINORA_S3_PUBLIC_ENDPOINT"] {
                env.push((variable.to_owned(), proxy.url.clone()));
            }
        }
        let [port] = dev::free_ports().unwrap();
        let options = AppOptions { env: env.clone(), ..AppOptions::new(&format!("server-{name}"), port) };
        let server = block_in_place(|| {
            let server = App::server(&stack, options).unwrap();
            server.start().unwrap();
            server.wait_ready(LONG).unwrap();
            server
        });
        Self { server, platform, name, env, temporary, stack, _turn: turn }
    }

    /// A worker that is ready for work.
    pub fn worker(&self, name: &str) -> App {
        self.worker_with(name, &[])
    }

    pub fn worker_with(&self, name: &str, settings: &[(&str, &str)]) -> App {
        let [port] = dev::free_ports().unwrap();
        let mut env = self.env.clone();
        env.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let options = AppOptions { env, ..AppOptions::new(&format!("{name}-{}", self.name), port) };
        block_in_place(|| {
            let worker = App::worker(&self.stack, options).unwrap();
            worker.start().unwrap();
            worker.wait_ready(LONG).unwrap();
            worker
        })
    }

    /// A worker that can't write a byte: neither to its log nor to a temporary file.
    pub fn worker_without_a_disk(&self, name: &str) -> App {
        let log = self.stack.data_dir().join("logs").join(format!("{name}-{}.log", self.name));
        std::os::unix::fs::symlink("/dev/full", log).unwrap();
        self.worker_with(name, &[("TMPDIR", "/proc")])
    }

    /// What a command of the worker's program says, and whether it is content.
    pub fn command(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(dev::bin_dir().unwrap().join("kinora-worker"));
        let output = block_in_place(|| command.args(arguments).envs(self.stack.env()).envs(self.env.clone()).output());
        let output = output.unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    }

    pub fn database_url(&self) -> Url {
        self.platform.config.database.url.reveal().parse().unwrap()
    }

    pub async fn person(&self) -> Person {
        Person::sign_up(&self.server.url()).await
    }

    pub fn anonymous(&self) -> Person {
        Person::anonymous(&self.server.url())
    }

    pub async fn sql(&self, statement: &str, id: &str) {
        sqlx::query(sqlx::AssertSqlSafe(statement)).bind(id).execute(&self.platform.db).await.unwrap();
    }

    /// One number that a query finds.
    pub async fn number(&self, query: &str, id: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(id).fetch_one(&self.platform.db).await.unwrap()
    }

    /// What is or was to be done for a film, in the order it was queued; tidying up aside.
    pub async fn tasks(&self, video: &str) -> Vec<Task> {
        type Row = (i64, String, String, i64, i32, i32, Option<String>);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, kind, state, fence, failures, lapses, worker FROM tasks
             WHERE video_id = $1 AND kind <> 'tidy' ORDER BY id",
        )
        .bind(video)
        .fetch_all(&self.platform.db)
        .await
        .unwrap();
        rows.into_iter()
            .map(|(id, kind, state, fence, failures, lapses, worker)| {
                let pid = worker.and_then(|worker| worker.rsplit_once(':')?.1.parse().ok());
                Task { id, kind, state, fence, failures, lapses, pid }
            })
            .collect()
    }

    /// Every task of a film was claimed once, and nothing went wrong. What nobody waits for may be still to come.
    pub async fn assert_undisturbed(&self, video: &str) {
        for task in self.tasks(video).await {
            let is_to_come = task.state == "open" && matches!(task.kind.as_str(), "pictures" | "storyboard");
            let claims = if is_to_come { 0 } else { 1 };
            assert_eq!((task.fence, task.failures, task.lapses), (claims, 0, 0), "{task:?}");
        }
    }

    /// The objects of all films.
    pub async fn media(&self) -> BTreeSet<String> {
        self.platform.storage.keys("media/").await.unwrap().into_iter().collect()
    }

    /// A film was made once; and once it is tidied up nothing lies about that isn't of the build that is watched.
    pub async fn assert_made_once(&self, videos: &[&str]) {
        for video in videos {
            eventually("its pictures are made, too", async || {
                let unfinished = "SELECT count(*) FROM tasks t JOIN videos v ON v.build_id = t.build_id
                                  WHERE v.id = $1 AND t.kind <> 'tidy' AND t.state <> 'done'";
                self.number(unfinished, video).await == 0
            })
            .await;
        }
        self.assert_published(videos).await;
    }

    /// Of the build that is watched there is each chunk once; and once it is tidied up nothing else lies about.
    pub async fn assert_published(&self, videos: &[&str]) {
        let mut expected = BTreeSet::new();
        for video in videos {
            type Pictures = (String, Option<Json<Stored>>, Option<Json<Storyboard>>, Option<i64>);
            let (build, poster, storyboard, waveform): Pictures = sqlx::query_as(
                "SELECT b.id, b.poster, b.storyboard, b.waveform_fence FROM builds b JOIN videos v ON v.build_id = b.id
                 WHERE v.id = $1",
            )
            .bind(*video)
            .fetch_one(&self.platform.db)
            .await
            .unwrap();
            let segments: Vec<(String, i32, i64)> =
                sqlx::query_as("SELECT rung, chunk, fence FROM segments WHERE build_id = $1 ORDER BY rung, chunk")
                    .bind(&build)
                    .fetch_all(&self.platform.db)
                    .await
                    .unwrap();
            assert!(!segments.is_empty());
            let build_id = || build.parse().unwrap();
            let mut last: Option<(String, i32)> = None;
            for (rung, chunk, fence) in segments {
                let follows = last.as_ref().filter(|(of, _)| *of == rung).map_or(0, |(_, before)| before + 1);
                assert_eq!(chunk, follows, "a chunk of {rung} is missing");
                last = Some((rung.clone(), chunk));
                let key = MediaKey::Chunk { build: build_id(), chunk: chunk as u32, fence, rung };
                expected.insert(key.to_string());
            }
            let inits: Vec<(String, String)> =
                sqlx::query_as("SELECT name, init_hash FROM renditions WHERE build_id = $1 AND init_hash IS NOT NULL")
                    .bind(&build)
                    .fetch_all(&self.platform.db)
                    .await
                    .unwrap();
            for (rung, hash) in inits {
                expected.insert(MediaKey::Init { build: build_id(), hash, rung }.to_string());
            }
            let texts: Vec<(String, i64)> = sqlx::query_as("SELECT name, fence FROM texts WHERE build_id = $1")
                .bind(&build)
                .fetch_all(&self.platform.db)
                .await
                .unwrap();
            for (name, fence) in texts {
                expected.insert(MediaKey::Text { build: build_id(), name, fence }.to_string());
            }
            if let Some(Json(storyboard)) = storyboard {
                expected.extend(storyboard.keys(&build_id()).map(|key| key.to_string()));
            }
            if let Some(fence) = waveform {
                expected.insert(MediaKey::Waveform { build: build_id(), fence }.to_string());
            }
            if let Some(Json(poster)) = poster {
                expected.extend(poster.keys(&Of::Build(build_id())).map(|key| key.to_string()));
            }
        }
        eventually("nothing is left behind", async || {
            // Not ten minutes later.
            let now =
                "UPDATE tasks SET state = 'open', run_after = now() WHERE kind = 'tidy' AND state IN ('open', 'done')";
            sqlx::query(now).execute(&self.platform.db).await.unwrap();
            self.media().await == expected
        })
        .await;
        eventually("no film has another build", async || {
            let others = "SELECT count(*) FROM builds b JOIN videos v ON v.id = b.video_id AND v.build_id <> b.id
                          WHERE v.id = ANY(string_to_array($1, ' '))";
            self.number(others, &videos.join(" ")).await == 0
        })
        .await;
        assert_eq!(std::fs::read_dir(self.temporary.path()).unwrap().count(), 0, "temporary files");
    }

    /// What the counters of a process add up to that have this name and a label like this.
    pub async fn counter(&self, process: &App, name: &str, label: &str) -> u64 {
        let metrics = Person::anonymous(&process.url()).get("/metrics").await.text().await.unwrap();
        let value = |line: &str| line.strip_prefix(name)?.split_once(label)?.1.rsplit(' ').next()?.parse::<f64>().ok();
        metrics.lines().filter_map(value).sum::<f64>() as u64
    }
}

#[derive(Debug)]
pub struct Task {
    pub id: i64,
    pub kind: String,
    pub state: String,
    pub fence: i64,
    pub failures: i32,
    pub lapses: i32,
    /// Of the worker that has it, or ended it.
    pub pid: Option<u32>,
}

/// False if there is no such process any more.
pub fn signal(name: &str, pid: u32) -> bool {
    let kill = Command::new("kill").args([format!("-{name}"), pid.to_string()]).stderr(Stdio::null()).status();
    kill.unwrap().success()
}

/// Waits for `what`.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < LONG, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

impl Person {
    /// Sends all parts of a film: the ids of its upload and of itself.
    pub async fn send_film(&self, film: &[u8], visibility: &str) -> (String, String) {
        let (upload, video) = self.begin(film.len(), visibility).await;
        let status = expect(self.get(&format!("/api/v1/uploads/{upload}")).await, StatusCode::OK).await;
        let part_size = status["part_size"].as_u64().unwrap() as usize;
        for (number, part) in (1..).zip(film.chunks(part_size)) {
            self.send(&upload, number, part.to_vec()).await;
        }
        (upload, video)
    }

    pub async fn complete(&self, upload: &str) {
        let path = format!("/api/v1/uploads/{upload}/complete");
        expect(self.post(&path, &json!({})).await, StatusCode::ACCEPTED).await;
    }

    /// Uploads a film; its id.
    pub async fn upload(&self, film: &[u8], visibility: &str) -> String {
        let (upload, video) = self.send_film(film, visibility).await;
        self.complete(&upload).await;
        video
    }

    pub async fn film(&self, video: &str) -> Value {
        expect(self.get(&format!("/api/v1/videos/{video}")).await, StatusCode::OK).await
    }

    /// The film, once it will change no more.
    pub async fn ended(&self, video: &str) -> Value {
        eventually("the film is ready or has failed", async || {
            matches!(text(&self.film(video).await["state"]).as_str(), "ready" | "failed")
        })
        .await;
        self.film(video).await
    }

    pub async fn ready(&self, video: &str) -> Value {
        let film = self.ended(video).await;
        assert_eq!(film["state"], "ready", "{film}");
        film
    }

    /// All events of a film until the server ends their stream: names and data.
    pub async fn follow(&self, video: &str) -> JoinHandle<Vec<(String, Value)>> {
        let answer = self.get(&format!("/api/v1/videos/{video}/events")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        tokio::spawn(async move {
            let stream = answer.text().await.unwrap();
            let read = |event: &str| {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                Some((field("event:")?.to_owned(), serde_json::from_str(field("data:")?).unwrap()))
            };
            stream.split("\n\n").filter_map(read).collect()
        })
    }
}
