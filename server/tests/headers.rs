//! What every kind of answer carries for browsers, beside a table of it.

mod support;

use reqwest::{Method, Response, StatusCode, Url, header};
use serde_json::json;
use support::film::Film;
use support::{Person, Site};

/// Of a page; the nonce is its own each time, the objects' origin the configured one.
const PAGE: &str = "default-src 'none'; script-src 'nonce-N' 'strict-dynamic' 'wasm-unsafe-eval'; worker-src 'self'; \
    style-src 'self'; img-src 'self' data: blob: OBJECTS; media-src 'self' blob: data: OBJECTS; connect-src 'self' OBJECTS; \
    manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const EMBED: &str = "default-src 'none'; script-src 'nonce-N' 'strict-dynamic'; worker-src 'self'; style-src 'self'; \
    img-src 'self' data: OBJECTS; media-src 'self' blob: data: OBJECTS; connect-src 'self' OBJECTS; base-uri 'none'; \
    form-action 'none'; frame-ancestors *";
const WORDS: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What pages may use of the browser; whatever else is named there is off.
const OF_PAGES: &[&str] = &[
    "autoplay",
    "clipboard-write",
    "fullscreen",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
];
const OF_EMBEDS: &[&str] = &["autoplay", "fullscreen", "picture-in-picture"];

/// Whose pages may load it without being let read it.
const OURS: &str = "same-origin";
const ALL: &str = "cross-origin";

const USUAL: &str = "strict-origin-when-cross-origin";

/// What a browser asks for, the status it gets, and what that carries: policy, whose pages may load it, what it may use of
/// the browser (of a page), and what it tells of its address.
struct Row(&'static str, String, u16, &'static str, &'static str, Option<&'static [&'static str]>, &'static str);

fn table(film: &Film) -> Vec<Row> {
    let (id, page) = (&film.id, film.page());
    let row =
        |what, path: &str, status, policy, whose, uses| Row(what, path.to_owned(), status, policy, whose, uses, USUAL);
    let text = |name: &str| format!("/v/{id}/{}/{name}", film.build);
    vec![
        row("the first page", "/", 200, PAGE, OURS, Some(OF_PAGES)),
        row("a film's page", page, 200, PAGE, OURS, Some(OF_PAGES)),
        row("a page for who signed in", "/studio", 302, PAGE, OURS, Some(OF_PAGES)),
        row("a page to sign in", "/signin?next=/studio", 200, PAGE, OURS, Some(OF_PAGES)),
        row("a search", "/search?q=film", 200, PAGE, OURS, Some(OF_PAGES)),
        row("no page", "/nowhere", 404, PAGE, OURS, Some(OF_PAGES)),
        row("no film's page", "/watch/AAAAAAAAAAAA", 404, PAGE, OURS, Some(OF_PAGES)),
        Row("a share link", format!("{page}?share=kis_x"), 303, NOTHING, OURS, None, "no-referrer"),
        row("a film on other sites", &format!("/embed/{id}"), 200, EMBED, ALL, Some(OF_EMBEDS)),
        row("no film on other sites", "/embed/AAAAAAAAAAAA", 404, EMBED, ALL, Some(OF_EMBEDS)),
        row("a picture of ours", "/favicon.svg", 200, NOTHING, OURS, None),
        row("a script of ours", "/embed.js", 200, NOTHING, OURS, None),
        row("styles", "/pkg/kinora.css", 200, NOTHING, OURS, None),
        row("no file", "/pkg/nothing.js", 404, NOTHING, OURS, None),
        row("an answer of the API", "/api/v1/videos", 200, NOTHING, OURS, None),
        row("the API's page", "/api", 200, WORDS, OURS, Some(OF_PAGES)),
        row("the API's document", "/api/openapi.json", 200, NOTHING, OURS, None),
        row("a stream", film.shown[2].as_str(), 200, NOTHING, OURS, None),
        row("a problem of the API", "/api/v1/uploads", 401, NOTHING, OURS, None),
        row("no call of the API", "/api/v1/nothing", 404, NOTHING, OURS, None),
        row("a playlist", &text("master.m3u8"), 200, NOTHING, ALL, None),
        row("a manifest", &text("manifest.mpd"), 200, NOTHING, ALL, None),
        row("chapters", &text("chapters.vtt"), 200, NOTHING, ALL, None),
        row("no playlist", &text("nothing.m3u8"), 404, NOTHING, OURS, None),
        row("a segment", film.segment(), 302, NOTHING, ALL, None),
        row("a poster", &format!("/m/{}/poster.1.640.jpg", film.build), 302, NOTHING, ALL, None),
        row("no object", "/m/AAAAAAAAAAAA/poster.1.640.jpg", 404, NOTHING, OURS, None),
        row("a feed", "/feed.xml", 200, NOTHING, ALL, None),
        row("a sitemap", "/sitemap.xml", 200, NOTHING, ALL, None),
        row("robots.txt", "/robots.txt", 200, NOTHING, ALL, None),
        row("oEmbed's refusal", "/oembed?url=x", 404, NOTHING, ALL, None),
        row("health", "/healthz", 200, NOTHING, OURS, None),
        row("metrics", "/metrics", 200, NOTHING, OURS, None),
    ]
}

fn told<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// The policy without what is another one each time.
fn policy(answer: &Response, site: &Site) -> String {
    let mut policy = told(answer, "content-security-policy").to_owned();
    if let Some((before, rest)) = policy.split_once("'nonce-") {
        let (nonce, after) = rest.split_once('\'').unwrap();
        assert!(nonce.len() >= 22, "128 bits: {nonce}");
        policy = format!("{before}'nonce-N'{after}");
    }
    let s3 = &site.platform.config.s3;
    let objects = s3.public_endpoint.as_ref().or(s3.endpoint.as_ref()).unwrap().origin().ascii_serialization();
    policy.replace(&objects, "OBJECTS")
}

/// The features that may be used, of a header in which all others are off.
fn uses(answer: &Response) -> Option<Vec<&str>> {
    let header = answer.headers().get("permissions-policy")?.to_str().unwrap();
    let mut used: Vec<&str> = Vec::new();
    for feature in header.split(", ") {
        let (name, who) = feature.split_once('=').unwrap();
        assert!(matches!(who, "()" | "(self)"), "{feature}");
        if who == "(self)" {
            used.push(name);
        }
    }
    used.sort_unstable();
    Some(used)
}

/// That an answer carries what it should; on a site of https, too.
fn carries(answer: &Response, row: &Row, site: &Site) {
    let Row(what, path, status, expected, whose, may_use, referrer) = row;
    let https = site.platform.config.is_https();
    let what = format!("{what}, {path}");
    assert_eq!(answer.status().as_u16(), *status, "{what}");
    let upgrade = if https && expected.contains("nonce") { "; upgrade-insecure-requests" } else { "" };
    let expected = match expected.strip_suffix("; frame-ancestors *") {
        Some(rest) => format!("{rest}{upgrade}; frame-ancestors *"),
        None => format!("{expected}{upgrade}"),
    };
    assert_eq!(policy(answer, site), expected, "{what}");
    assert!(!expected.contains("unsafe-inline"), "{what}");
    assert_eq!(told(answer, "cross-origin-resource-policy"), *whose, "{what}");
    assert_eq!(uses(answer).as_deref(), *may_use, "{what}");
    assert_eq!(told(answer, "referrer-policy"), *referrer, "{what}");
    assert_eq!(told(answer, "cross-origin-opener-policy"), "same-origin", "{what}");
    assert_eq!(told(answer, "x-content-type-options"), "nosniff", "{what}");
    let transport = if https { "max-age=31536000; includeSubDomains" } else { "" };
    assert_eq!(told(answer, "strict-transport-security"), transport, "{what}");
    for name in ["server", "x-powered-by"] {
        assert!(answer.headers().get(name).is_none(), "{what} tells {name}");
    }
    for name in [header::CONTENT_SECURITY_POLICY, header::CACHE_CONTROL, header::X_CONTENT_TYPE_OPTIONS] {
        assert_eq!(answer.headers().get_all(&name).iter().count(), 1, "{what}: {name}");
    }
}

async fn every_kind_of_answer(site: &Site) {
    let owner = site.person().await;
    let film = Film::ready(site, &owner, "public").await;
    let visitor = site.visitor();
    let as_browser = |method: Method, path: &str| visitor.request(method, path).header("accept", "text/html,*/*;q=0.8");
    for row in table(&film) {
        let answer = as_browser(Method::GET, &row.1).send().await.unwrap();
        carries(&answer, &row, site);
        // The same is told of it without it.
        if !row.1.contains("share=") && !row.1.ends_with("/events") {
            let head = as_browser(Method::HEAD, &row.1).send().await.unwrap();
            carries(&head, &row, site);
        }
    }
    let refused = as_browser(Method::POST, "/api/v1/tokens").header("sec-fetch-site", "cross-site");
    let row = Row("a refusal", String::new(), 403, NOTHING, OURS, None, USUAL);
    carries(&refused.send().await.unwrap(), &row, site);
    let row = Row("no such method", String::new(), 405, NOTHING, OURS, None, USUAL);
    let asked = as_browser(Method::DELETE, "/api/v1/videos").header("sec-fetch-site", "same-origin");
    carries(&asked.send().await.unwrap(), &row, site);
    let wrong = json!({ "login": "nobody", "password": "not the password" });
    let row = Row("a server function", String::new(), 401, NOTHING, OURS, None, USUAL);
    let asked = visitor.request(Method::POST, sign_in()).json(&wrong).header("sec-fetch-site", "same-origin");
    carries(&asked.send().await.unwrap(), &row, site);
}

/// Where pages sign in.
fn sign_in() -> &'static str {
    let paths = leptos::server_fn::axum::server_fn_paths();
    let mut named = paths.map(|(path, _)| path).filter(|path| path.starts_with("/api/sign_in"));
    named.next().expect("pages sign in")
}

#[tokio::test]
async fn every_kind_of_answer_carries_what_the_table_says() {
    every_kind_of_answer(&Site::start().await).await;
}

#[tokio::test]
async fn a_site_of_https_is_never_asked_without_it() {
    let https = Url::parse("https://films.example").unwrap();
    every_kind_of_answer(&Site::start_with(|config| config.public_url = https).await).await;
}

#[tokio::test]
async fn what_a_browser_has_keeps_the_policy_that_it_came_with() {
    let site = Site::start().await;
    let guest = Person::anonymous(&site.url);
    let tag = guest.get("/api/openapi.json").await.headers()["etag"].to_str().unwrap().to_owned();
    let asked = guest.request(Method::GET, "/api/openapi.json").header("if-none-match", tag);
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(told(&answer, "content-security-policy"), "");
}

#[tokio::test]
async fn a_page_for_when_nothing_goes_has_words_and_our_styles() {
    let site = Site::start().await;
    let guest = Person::anonymous(&site.url);
    // Nobody can be asked who this is.
    site.platform.db.close().await;
    let asked = guest.request(Method::GET, "/").header("accept", "text/html").header("cookie", session_cookie());
    let answer = asked.send().await.unwrap();
    let row = Row("an error's page", String::new(), 503, WORDS, OURS, Some(OF_PAGES), USUAL);
    carries(&answer, &row, &site);
    let page = answer.text().await.unwrap();
    assert!(page.contains("href=\"/pkg/kinora.css\"") && !page.contains("style="), "{page}");
    assert_eq!(guest.get("/pkg/kinora.css").await.status(), StatusCode::OK, "which needs nobody");
}

/// One that could be somebody's.
fn session_cookie() -> String {
    format!("kinora_session={}", "A".repeat(22))
}
