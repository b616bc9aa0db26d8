//! nginx as a CDN, just as deploy/cdn/nginx.conf has it.

mod support;

use bytes::Bytes;
use domain::key::MediaKey;
use platform::config::{CdnConfig, Secret};
use reqwest::{Client, StatusCode, header};
use serde_json::json;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;
use support::film::Film;
use support::{Site, expect};
use tempfile::TempDir;

const EXAMPLE: &str = include_str!("../../deploy/cdn/nginx.conf");
const SECRET: &str = "known to two";

/// Killed with everything of it when it is dropped.
struct Nginx {
    process: Child,
    _folder: TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The example with what it says is to be changed, on loopback.
fn nginx(port: u16, site: &Site) -> Nginx {
    let folder = TempDir::new().unwrap();
    let [within] = dev::free_ports().unwrap();
    let kinora = site.url.strip_prefix("http://").unwrap();
    let mut config = EXAMPLE.to_owned();
    for (example, ours) in [
        ("/var/cache/nginx/kinora", folder.path().join("cache").display().to_string()),
        ("server 127.0.0.1:3000;", format!("server {kinora};")),
        ("listen 80;", format!("listen 127.0.0.1:{port};")),
        ("change-me", SECRET.to_owned()),
        ("127.0.0.1:8089", format!("127.0.0.1:{within}")),
    ] {
        assert!(config.contains(example), "{example} is in the example");
        config = config.replace(example, &ours);
    }
    let path = |name: &str| folder.path().join(name).display().to_string();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("    {name}_temp_path {};\n", path(name)))
        .collect();
    let whole = format!(
        "daemon off;\nmaster_process off;\nuser root;\npid {};\nerror_log {} warn;\nevents {{}}\nhttp {{\n    access_log off;\n{temporary}{config}}}\n",
        path("pid"),
        path("error.log"),
    );
    std::fs::write(path("nginx.conf"), whole).unwrap();
    let program = dev::nginx().unwrap();
    let process = Command::new(program)
        .args(["-p", &path(""), "-c", &path("nginx.conf"), "-e", &path("error.log")])
        .spawn()
        .unwrap();
    let nginx = Nginx { process, _folder: folder };
    for _ in 0..200 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return nginx;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let said = std::fs::read_to_string(Path::new(&nginx._folder.path().join("error.log"))).unwrap_or_default();
    panic!("nginx doesn't answer: {said}");
}

async fn site(port: u16, seconds: u64) -> Site {
    let url = format!("http://127.0.0.1:{port}").parse().unwrap();
    Site::start_with(|config| config.cdn = Some(CdnConfig { url, secret: Secret::new(SECRET.to_owned()), seconds }))
        .await
}

/// What a chunk of two and a half megabytes is made of.
fn content() -> Bytes {
    (0..2_500_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<u8>>().into()
}

async fn store(site: &Site, film: &Film) {
    let build = film.build.parse().unwrap();
    let chunk = MediaKey::Chunk { build, chunk: 0, fence: 1, rung: "180p".to_owned() };
    site.platform.storage.put(&chunk, content()).await.unwrap();
}

/// The first segment's line of a playlist.
fn segment(playlist: &str) -> String {
    playlist.lines().find(|line| !line.is_empty() && !line.starts_with('#')).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_gives_out_what_playlists_lead_to_and_nothing_else() {
    let [port] = dev::free_ports().unwrap();
    let site = site(port, 600).await;
    let _nginx = nginx(port, &site);
    let (owner, other) = (site.person().await, site.person().await);
    let (film, another) = (Film::ready(&site, &owner, "private").await, Film::ready(&site, &owner, "private").await);
    store(&site, &film).await;
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let status = async |url: &str| client.get(url).send().await.unwrap().status().as_u16();

    let playlist = owner.get(&film.shown[4]).await.text().await.unwrap();
    assert_eq!(other.get(&film.shown[4]).await.status(), StatusCode::NOT_FOUND);
    let url = segment(&playlist);
    assert!(url.starts_with(&format!("http://127.0.0.1:{port}/")), "{url}");
    // By no cookie and no signature of S3: the token is in the address.
    for _ in ["first from S3", "then out of the cache"] {
        let range = client.get(&url).header(header::RANGE, "bytes=1048000-1049999").send().await.unwrap();
        assert_eq!(range.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(range.headers()["access-control-allow-origin"], "https://films.example");
        assert_eq!(range.headers()["cache-control"], "private, max-age=31536000, immutable");
        assert_eq!(range.headers()["content-type"], "video/mp4");
        assert_eq!(range.bytes().await.unwrap(), content().slice(1_048_000..1_050_000));
        let whole = client.get(&url).send().await.unwrap();
        assert_eq!(whole.status(), StatusCode::OK);
        assert_eq!(whole.bytes().await.unwrap(), content());
    }
    // The manifest of DASH and the redirects lead there as well.
    let token = url.split('/').nth(3).unwrap();
    let manifest = owner.get(&film.shown[5]).await.text().await.unwrap();
    assert!(manifest.contains(&format!("http://127.0.0.1:{port}/{token}/")), "{manifest}");
    let redirected = owner.get(film.segment()).await;
    assert_eq!(redirected.status(), StatusCode::FOUND);
    assert_eq!(redirected.headers()["location"], url.as_str());

    let at = |path: &str| format!("http://127.0.0.1:{port}/{path}");
    let of_another = segment(&owner.get(&another.shown[4]).await.text().await.unwrap());
    let others_token = of_another.split('/').nth(3).unwrap();
    let (build, tail) = (&film.build, "0.1/180p.m4s");
    assert_eq!(status(&at(&format!("{others_token}/{build}/{tail}"))).await, 403, "another build's token");
    let (expires, mark) = token.split_once('-').unwrap();
    let later = expires.parse::<u64>().unwrap() + 600;
    assert_eq!(status(&at(&format!("{later}-{mark}/{build}/{tail}"))).await, 403, "a token made to last longer");
    assert_eq!(status(&at(&format!("{token}/{build}/{tail}x"))).await, 404, "nothing is there");
    assert_eq!(status(&at(&format!("{token}/{build}/../{}/{tail}", another.build))).await, 403, "out of the build");
    assert_eq!(status(&at(&format!("{build}/{tail}"))).await, 404, "no token at all");
    // Kinora itself takes the token for what it is, too: nginx asks by it.
    let path = url.strip_prefix(&at("")).unwrap();
    assert_eq!(other.get(&format!("/m/{path}")).await.status(), StatusCode::FOUND);
    assert_eq!(other.get(&format!("/m/{}", path.replacen('-', "-x", 1))).await.status(), StatusCode::NOT_FOUND);

    // Nothing of a film that is deleted comes into the cache any more.
    let fresh = MediaKey::Init { build: build.parse().unwrap(), hash: "0123456789abcdef".into(), rung: "180p".into() };
    site.platform.storage.put(&fresh, Bytes::from_static(b"ftyp")).await.unwrap();
    assert_eq!(owner.delete(film.api()).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(status(&at(&format!("{token}/{}", fresh.path().unwrap()))).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_no_more_once_it_has_expired() {
    let [port] = dev::free_ports().unwrap();
    let site = site(port, 4).await;
    let _nginx = nginx(port, &site);
    let owner = site.person().await;
    let film = Film::ready(&site, &owner, "unlisted").await;
    store(&site, &film).await;
    let anyone = site.anonymous();
    let url = segment(&anyone.get(&film.shown[4]).await.text().await.unwrap());
    assert_eq!(reqwest::get(&url).await.unwrap().status(), StatusCode::OK);
    expect(owner.patch(film.api(), &json!({ "visibility": "private" })).await, StatusCode::OK).await;
    assert_eq!(anyone.get(&film.shown[4]).await.status(), StatusCode::NOT_FOUND);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(reqwest::get(&url).await.unwrap().status(), StatusCode::GONE);
    // Whoever may see it gets another one.
    let renewed = segment(&owner.get(&film.shown[4]).await.text().await.unwrap());
    assert_eq!(reqwest::get(&renewed).await.unwrap().status(), StatusCode::OK);
}

/// What the function at CloudFront's edge makes of a path: the path of the object, or a status.
fn at_the_edge(path: &str) -> String {
    let function = include_str!("../../deploy/cdn/cloudfront.js").replace("change-me", SECRET);
    let ask = "const answer = handler({ request: { uri: process.argv[1], querystring: { a: {} } } });
        process.stdout.write(String(answer.statusCode ?? answer.uri));";
    let said = Command::new("node").args(["-e", &format!("{function}\n{ask}"), path]).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap()
}

#[tokio::test]
async fn the_function_for_cloudfront_knows_the_same_tokens() {
    let site = site(1, 600).await;
    let owner = site.person().await;
    let (film, another) = (Film::ready(&site, &owner, "private").await, Film::ready(&site, &owner, "private").await);
    let url = segment(&owner.get(&film.shown[4]).await.text().await.unwrap());
    let path = url.strip_prefix("http://127.0.0.1:1").unwrap();
    assert_eq!(at_the_edge(path), format!("/media/{}/0.1/180p.m4s", film.build));
    assert_eq!(at_the_edge(&path.replace(&film.build, &another.build)), "403");
    assert_eq!(at_the_edge(&format!("/{}/0.1/180p.m4s", film.build)), "404");
    let poster = owner.get(&film.shown[10]).await.headers()["location"].to_str().unwrap().to_owned();
    let path = poster.strip_prefix("http://127.0.0.1:1").unwrap();
    assert_eq!(at_the_edge(path), format!("/posters/{}/1.1.640.jpg", film.id));

    let old = platform::cdn::base_at(site.platform.config.cdn.as_ref().unwrap(), &film.build, 1_000);
    let path =
        format!("{}0.1/180p.m4s", old.strip_prefix("http://127.0.0.1:1").unwrap().to_owned() + &film.build + "/");
    assert_eq!(at_the_edge(&path), "410");
}
