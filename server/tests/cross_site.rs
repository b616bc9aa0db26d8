//! What other sites' pages can have a browser do here: nothing. Whatever changes something is refused to them, wherever it
//! stands, and nobody is sent from here to anywhere else.

mod support;

use reqwest::{Method, StatusCode};
use serde_json::json;
use support::{PASSWORD, Person, Site, expect, problem, unique};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The calls of the REST API that change something, out of its document: a new one can't be forgotten.
async fn calls(site: &Site) -> Vec<(Method, String)> {
    let document = expect(site.anonymous().get("/api/openapi.json").await, StatusCode::OK).await;
    let mut calls = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "AAAAAAAAAAAA").replace("{link}", "1").replace("{language}", "en");
        assert!(!path.contains('{'), "{path}: what stands there?");
        let methods = item.as_object().unwrap().keys().filter_map(|name| name.to_uppercase().parse::<Method>().ok());
        let unsafe_ones = methods.filter(|method| !method.is_safe());
        calls.extend(unsafe_ones.map(|method| (method, format!("/api/v1{path}"))));
    }
    assert!(calls.len() >= 30, "{calls:?}");
    calls
}

fn server_functions() -> Vec<(Method, String)> {
    let all: Vec<_> =
        leptos::server_fn::axum::server_fn_paths().map(|(path, method)| (method, path.to_owned())).collect();
    assert!(all.len() >= 30, "{all:?}");
    assert!(all.iter().all(|(method, _)| *method == Method::POST), "nothing is done by a GET: {all:?}");
    all
}

fn sign_in() -> String {
    server_functions().into_iter().map(|(_, path)| path).find(|path| path.starts_with("/api/sign_in")).unwrap()
}

/// Somebody whose browser holds a session.
async fn signed_in(site: &Site) -> Person {
    let account =
        json!({ "username": unique("user"), "email": format!("{}@example.org", unique("user")), "password": PASSWORD });
    let person = site.visitor();
    assert_eq!(person.post("/api/v1/accounts", &account).await.status(), StatusCode::CREATED);
    let asked = person.request(Method::POST, &sign_in()).header("sec-fetch-site", "same-origin");
    let answer = asked.json(&json!({ "login": account["username"], "password": PASSWORD })).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
    assert!(answer.headers()["set-cookie"].to_str().unwrap().starts_with("kinora_session="));
    person
}

#[tokio::test]
async fn whatever_changes_something_is_refused_to_other_sites() {
    let site = Site::start().await;
    let person = signed_in(&site).await;
    let mut routes = calls(&site).await;
    routes.extend(server_functions());
    // Where nothing is to be changed, nothing gets that far either.
    for path in [
        "/",
        "/studio",
        "/nowhere",
        "/pkg/kinora.js",
        "/healthz",
        "/metrics",
        "/feed.xml",
        "/embed/AAAAAAAAAAAA",
        "/auth/school",
    ] {
        routes.push((Method::POST, path.to_owned()));
    }
    let from: &[&[(&str, &str)]] = &[
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        // What a page says of itself is not asked where the browser has said it.
        &[("sec-fetch-site", "cross-site"), ("origin", &site.url)],
        // Browsers that say no more than the origin.
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:1")],
        &[("origin", "not an origin")],
        &[("referer", "https://evil.example/")],
        &[],
    ];
    for (method, path) in &routes {
        for headers in from {
            // What a form can send without being asked, too.
            for kind in ["application/json", "application/x-www-form-urlencoded", "text/plain"] {
                let mut asked = person.request(method.clone(), path).header("content-type", kind).body("{}");
                for (name, value) in *headers {
                    asked = asked.header(*name, *value);
                }
                let answer = asked.send().await.unwrap();
                assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path} {headers:?} {kind}");
                problem(answer, 403, "cross_site").await;
            }
        }
    }
    // It is this that was refused, and not a route that isn't there.
    for (method, path) in &routes {
        let asked = person.request(method.clone(), path).header("sec-fetch-site", "same-origin");
        let answer = asked.header("content-type", "text/plain").body("{}").send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(!body.contains("cross_site"), "{method} {path}: {status} {body}");
        if path.starts_with("/api/") {
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path} is no route");
        }
    }
}

#[tokio::test]
async fn nothing_is_changed_by_what_browsers_send_unasked() {
    let site = Site::start().await;
    let person = signed_in(&site).await;
    // Links, pictures and frames of other sites, all of which may bring the session along on some browser.
    for (_, path) in calls(&site).await.into_iter().chain(server_functions()) {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            let asked = person.request(method.clone(), &path).header("sec-fetch-site", "cross-site");
            let answer = asked.send().await.unwrap();
            assert_ne!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}");
        }
    }
    let asked = person.request(Method::GET, "/api/v1/uploads").send().await.unwrap();
    assert_eq!(asked.status(), StatusCode::OK, "still signed in");
}

/// What the server answers to a request line and headers as they are written here: no client puts them in order first.
async fn raw(site: &Site, target: &str, headers: &str) -> String {
    let address = site.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The header's value, of an answer as it came.
fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next().unwrap();
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[tokio::test]
async fn nobody_is_sent_from_here_to_anywhere_else() {
    let site = Site::start().await;
    let evil = [
        "//evil.example",
        "/\\evil.example",
        "/%5cevil.example",
        "/%2f%2fevil.example",
        "/%09/evil.example",
        "/.//evil.example",
    ];
    let mut targets: Vec<String> = vec!["http://evil.example/".into(), "http://evil.example/studio".into()];
    for evil in evil {
        for tail in
            ["", "/", "/..", "/%2e%2e", "/%2e%2e/", "/pkg", "/pkg/..", "/studio", "/watch/AAAAAAAAAAAA?share=kis_x"]
        {
            targets.push(format!("{evil}{tail}"));
        }
        for page in ["/signin?next=", "/signup?next=", "/studio?next=", "/watch/AAAAAAAAAAAA?share=x&next=", "/upload?"]
        {
            targets.push(format!("{page}{evil}"));
        }
    }
    targets.extend(
        ["//studio", "//upload", "//search?q=x", "//signin", "/studio//", "//watch/AAAAAAAAAAAA?share=kis_x"]
            .map(str::to_owned),
    );
    for target in &targets {
        for headers in ["", "Accept: text/html\r\nX-Forwarded-Host: evil.example\r\nReferer: https://evil.example/\r\n"]
        {
            let answer = raw(&site, target, headers).await;
            assert!(answer.starts_with("HTTP/1.1 "), "{target}: {answer}");
            if let Some(location) = header(&answer, "location") {
                assert!(leads_nowhere_else(location), "{target} leads to {location}");
            }
            // Nor does a page point elsewhere whose address was made up.
            let linked: Vec<&str> =
                answer.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
            let own = site.platform.config.public_url.as_str();
            for link in linked {
                assert!(
                    link.is_empty() || leads_nowhere_else(link) || link.starts_with(own),
                    "{target} has a link to {link}"
                );
            }
        }
    }
}

/// What a browser reads as an address of this site.
fn leads_nowhere_else(location: &str) -> bool {
    let base = reqwest::Url::parse("https://films.example/some/page").unwrap();
    base.join(location).is_ok_and(|url| url.origin() == base.origin())
}

#[tokio::test]
async fn a_form_that_was_sent_leads_back_to_no_other_site() {
    let site = Site::start().await;
    let person = site.visitor();
    for (_, path) in server_functions() {
        let asked = person.request(Method::POST, &path).header("sec-fetch-site", "same-origin");
        let asked = asked.header("accept", "text/html").header("referer", "https://evil.example/page").json(&json!({}));
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.headers().get("location"), None, "{path}");
        // What can't be read is no fault of ours.
        assert_ne!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
}

#[tokio::test]
async fn nobody_is_sent_by_a_name_that_the_request_brings() {
    let site = Site::start().await;
    let address = site.url.strip_prefix("http://").unwrap().to_owned();
    for path in ["/", "/studio", "/feed.xml", "/sitemap.xml", "/robots.txt", "/nowhere"] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert!(!String::from_utf8_lossy(&answer).contains("evil.example"), "{path}");
    }
}
