//! What other sites, search engines, chats and feed readers get to see.

mod support;

use platform::config::Embedding;
use reqwest::{Client, Response, StatusCode};
use roxmltree::Document;
use serde_json::{Value, json};
use support::{PASSWORD, Person, Site, expect, mp4, problem, text, watchable};

const ODD: &str = "A <b>\"film\"</b> & ]]> 'it' 🎬 שלום </script><script>alert(1)</script>";

async fn body(answer: Response, status: u16) -> String {
    let (got, body) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(got.as_u16(), status, "{body}");
    body
}

async fn edit(owner: &Person, video: &str, changes: Value) {
    expect(owner.patch(&format!("/api/v1/videos/{video}"), &changes).await, StatusCode::OK).await;
}

fn policy(answer: &Response) -> String {
    answer.headers()["content-security-policy"].to_str().unwrap().to_owned()
}

fn site_url(site: &Site) -> String {
    site.platform.config.public_url.as_str().trim_end_matches('/').to_owned()
}

/// The texts of all elements of that name.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let document = Document::parse(xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let named = document.descendants().filter(|node| node.has_tag_name(name) || node.tag_name().name() == name);
    named.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_film_is_shown_on_pages_of_other_sites() {
    let site = Site::start().await;
    let owner = site.person().await;
    let video = watchable(&site, &owner, ODD, 60_000).await;
    let answer = site.anonymous().get(&format!("/embed/{video}?t=1m30s&loop=1")).await;
    let policy = policy(&answer);
    assert!(policy.ends_with("frame-ancestors *"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(answer.headers().get("x-frame-options").is_none());
    assert!(answer.headers().get("set-cookie").is_none());
    let page = body(answer, 200).await;
    let nonce = policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).expect("a nonce").0;
    let scripts: Vec<&str> = page.split("<script").skip(1).collect();
    assert_eq!(scripts.len(), 1, "{page}");
    assert!(scripts[0].contains(&format!("nonce=\"{nonce}\"")), "{page}");
    assert!(page.contains("A &lt;b&gt;&quot;film&quot;&lt;/b&gt; &amp;"), "{page}");
    assert!(page.contains(&format!("data-source=\"/v/{video}/")) && page.contains("data-start=\"90\""), "{page}");
    assert!(page.contains(" loop") && !page.contains(" muted") && !page.contains("data-autoplay"), "{page}");
    assert!(page.contains(&format!("href=\"{}/watch/{video}\"", site_url(&site))), "{page}");
    assert!(page.len() < 4_000, "{} bytes", page.len());
}

#[tokio::test]
async fn a_moment_of_nonsense_is_the_beginning() {
    let site = Site::start().await;
    let owner = site.person().await;
    let video = watchable(&site, &owner, "A film", 60_000).await;
    for query in ["t=nonsense", "t=-5", "t=%00%FF", "t=1e99", "start=NaN", "t=", "t", "%", "&&=", "t=\"><script>"] {
        let page = body(site.anonymous().get(&format!("/embed/{video}?{query}")).await, 200).await;
        assert!(page.contains("data-start=\"0\""), "{query}: {page}");
    }
}

#[tokio::test]
async fn an_embed_of_a_private_film_says_so_and_nothing_of_it() {
    let site = Site::start().await;
    let owner = site.person().await;
    let private = watchable(&site, &owner, "Nobody's business", 60_000).await;
    edit(&owner, &private, json!({ "visibility": "private" })).await;
    let deleted = watchable(&site, &owner, "Nobody's business", 60_000).await;
    owner.delete(&format!("/api/v1/videos/{deleted}")).await;
    for id in [private.as_str(), &deleted, "AAAAAAAAAAAA", "no-id", "%3Cscript%3E"] {
        let answer = site.anonymous().get(&format!("/embed/{id}")).await;
        assert!(policy(&answer).ends_with("frame-ancestors *"), "its words are to be read there");
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        let page = body(answer, 404).await;
        assert!(page.contains("This film can&#39;t be shown here."), "{page}");
        assert!(!page.contains("business") && !page.contains(&owner.username) && !page.contains("<script"), "{page}");
    }
}

#[tokio::test]
async fn a_film_behind_a_password_is_shown_on_its_own_page_alone() {
    let site = Site::start().await;
    let owner = site.person().await;
    let video = watchable(&site, &owner, "Nobody's business", 60_000).await;
    edit(&owner, &video, json!({ "visibility": "password", "password": PASSWORD })).await;
    let page = body(site.anonymous().get(&format!("/embed/{video}")).await, 401).await;
    assert!(page.contains("behind a password") && page.contains(&format!("/watch/{video}")), "{page}");
    assert!(!page.contains("business") && !page.contains("<script"), "{page}");
    body(site.anonymous().get(&format!("/oembed?url={}/watch/{video}", site_url(&site))).await, 401).await;
    problem(site.anonymous().get(&format!("/api/v1/videos/{video}/original")).await, 401, "password_required").await;
    let feed = body(site.anonymous().get(&format!("/@{}/feed.xml", owner.username)).await, 200).await;
    assert!(!feed.contains("business"), "{feed}");
    let page = body(owner.get(&format!("/watch/{video}")).await, 200).await;
    assert!(page.contains("noindex") && !page.contains("og:title") && !page.contains("oembed"), "{page}");
}

#[tokio::test]
async fn a_film_that_cannot_be_watched_yet_says_so_in_its_place() {
    let site = Site::start().await;
    let owner = site.person().await;
    let video = watchable(&site, &owner, "Soon", 60_000).await;
    for (state, words) in [("processing", "isn&#39;t ready yet"), ("failed", "couldn&#39;t be processed")] {
        let change = "UPDATE videos SET state = $2, build_id = NULL WHERE id = $1";
        sqlx::query(change).bind(&video).bind(state).execute(&site.platform.db).await.unwrap();
        let page = body(site.anonymous().get(&format!("/embed/{video}")).await, 200).await;
        assert!(page.contains(words) && page.contains("Soon") && !page.contains("<video"), "{page}");
    }
}

#[tokio::test]
async fn operators_say_where_films_are_shown() {
    let school = vec!["https://school.example".to_owned(), "https://*.uni.example".to_owned()];
    let some = Site::start_with(|config| config.embed = Embedding::Origins(school)).await;
    let owner = some.person().await;
    let video = watchable(&some, &owner, "A film", 60_000).await;
    let answer = some.anonymous().get(&format!("/embed/{video}")).await;
    assert!(policy(&answer).ends_with("frame-ancestors 'self' https://school.example https://*.uni.example"));
    body(answer, 200).await;
    let nowhere = Site::start_with(|config| config.embed = Embedding::Nowhere).await;
    let answer = nowhere.anonymous().get(&format!("/embed/{video}")).await;
    assert!(policy(&answer).ends_with("frame-ancestors 'none'"));
    body(answer, 404).await;
    let page = body(nowhere.anonymous().get(&format!("/watch/{video}")).await, 200).await;
    assert!(!page.contains("/embed/") && !page.contains("+oembed"), "{page}");
    let asked = format!("/oembed?url={}/watch/{video}", site_url(&nowhere));
    body(nowhere.anonymous().get(&asked).await, 404).await;
}

#[tokio::test]
async fn the_head_of_a_film_tells_of_it() {
    let site = Site::start().await;
    let owner = site.person().await;
    let video = watchable(&site, &owner, ODD, 62_000).await;
    let url = site_url(&site);
    let page = body(site.anonymous().get(&format!("/watch/{video}")).await, 200).await;
    let head = page.split_once("</head>").expect("a head").0;
    for told in [
        format!("<link href=\"{url}/watch/{video}\" rel=\"canonical\""),
        format!("property=\"og:video\" content=\"{url}/embed/{video}\""),
        format!("name=\"twitter:player\" content=\"{url}/embed/{video}\""),
        "name=\"twitter:card\" content=\"player\"".to_owned(),
        "property=\"video:duration\" content=\"62\"".to_owned(),
        "type=\"application/json+oembed\"".to_owned(),
        "type=\"text/xml+oembed\"".to_owned(),
        format!("{url}/@{}/feed.xml", owner.username),
    ] {
        assert!(head.contains(&told), "{told} in {head}");
    }
    assert!(!head.contains("noindex"));
    let data = page.split_once("application/ld+json").and_then(|(_, rest)| rest.split_once('>')).expect("data").1;
    let data: Value = serde_json::from_str(data.split_once("</script>").expect("its end").0).expect("JSON");
    assert_eq!(
        (&data["@type"], &data["name"], &data["duration"]),
        (&json!("VideoObject"), &json!(ODD), &json!("PT1M2S"))
    );
    assert_eq!(data["interactionStatistic"]["userInteractionCount"], 0);
    assert!(data.get("contentUrl").is_none());
    assert!(!page.contains("<script>alert") && !page.contains("</script><script>"), "{page}");
}

#[tokio::test]
async fn of_films_that_are_not_public_others_are_told_less() {
    let site = Site::start().await;
    let owner = site.person().await;
    let video = watchable(&site, &owner, "By its link", 60_000).await;
    edit(&owner, &video, json!({ "visibility": "unlisted" })).await;
    let page = body(site.anonymous().get(&format!("/watch/{video}")).await, 200).await;
    assert!(page.contains("noindex") && page.contains("og:title") && !page.contains("ld+json"), "{page}");
    edit(&owner, &video, json!({ "visibility": "private" })).await;
    let page = body(owner.get(&format!("/watch/{video}")).await, 200).await;
    assert!(page.contains("noindex") && !page.contains("og:title") && !page.contains("oembed"), "{page}");
    body(site.anonymous().get(&format!("/watch/{video}")).await, 404).await;
}

#[tokio::test]
async fn a_page_asks_how_to_show_a_film() {
    let site = Site::start().await;
    let owner = site.person().await;
    let video = watchable(&site, &owner, ODD, 60_000).await;
    let url = format!("{}/watch/{video}", site_url(&site));
    let ask = async |query: &str| site.anonymous().get(&format!("/oembed?url={url}{query}")).await;
    let answer = expect(ask("").await, StatusCode::OK).await;
    assert_eq!((&answer["type"], &answer["version"], &answer["title"]), (&json!("video"), &json!("1.0"), &json!(ODD)));
    assert_eq!((&answer["width"], &answer["height"]), (&json!(640), &json!(360)));
    assert!(text(&answer["html"]).starts_with(&format!("<iframe src=\"{}/embed/{video}\"", site_url(&site))));
    let small = expect(ask("&maxwidth=320&maxheight=9999&format=json").await, StatusCode::OK).await;
    assert_eq!((&small["width"], &small["height"]), (&json!(320), &json!(180)));
    let odd = expect(ask("&maxwidth=-1&maxheight=x").await, StatusCode::OK).await;
    assert_eq!(odd["width"], 640);
    let xml = ask("&format=xml").await;
    assert_eq!(xml.headers()["content-type"], "text/xml; charset=utf-8");
    let xml = body(xml, 200).await;
    assert_eq!(texts(&xml, "title"), [ODD]);
    assert_eq!(texts(&xml, "html"), [text(&answer["html"])]);
    body(ask("&format=yaml").await, 501).await;
    for query in ["", "url=", "url=https://elsewhere.example/watch/AAAAAAAAAAAA", "url=nonsense&format=json"] {
        body(site.anonymous().get(&format!("/oembed?{query}")).await, 404).await;
    }
    let missing =
        body(site.anonymous().get(&format!("/oembed?url={}/watch/AAAAAAAAAAAA", site_url(&site))).await, 401).await;
    edit(&owner, &video, json!({ "visibility": "private" })).await;
    assert_eq!(body(ask("").await, 401).await, missing, "whether it exists is nobody's business");
    assert_eq!(texts(&body(ask("&format=xml").await, 401).await, "error"), ["This film can't be shown here."]);
}

#[tokio::test]
async fn films_can_be_followed() {
    let site = Site::start().await;
    let (owner, other) = (site.person().await, site.person().await);
    let video = watchable(&site, &owner, ODD, 60_000).await;
    let hidden = watchable(&site, &owner, "Hidden", 60_000).await;
    edit(&owner, &hidden, json!({ "visibility": "unlisted" })).await;
    watchable(&site, &other, "Another's", 60_000).await;
    edit(&owner, &video, json!({ "description": "1 < 2 & 2 > 1\n\t“ok” \u{FFFF}" })).await;
    let answer = site.anonymous().get(&format!("/@{}/feed.xml", owner.username.to_uppercase())).await;
    assert_eq!(answer.headers()["content-type"], "application/rss+xml; charset=utf-8");
    let feed = body(answer, 200).await;
    assert_eq!(texts(&feed, "item").len(), 1, "{feed}");
    assert!(texts(&feed, "title").contains(&ODD.to_owned()));
    assert_eq!(texts(&feed, "guid"), [format!("{}/watch/{video}", site_url(&site))]);
    assert!(texts(&feed, "description").contains(&"1 &lt; 2 &amp; 2 &gt; 1 “ok” ".to_owned()), "{feed}");
    let all = body(site.anonymous().get("/feed.xml").await, 200).await;
    assert!(!texts(&all, "item").is_empty());
    assert!(!all.contains(&hidden));
    for nobody in ["/@nobody-of-this-name/feed.xml", "/@%3Cscript%3E/feed.xml", "/@a/feed.xml"] {
        problem(site.anonymous().get(nobody).await, 404, "not_found").await;
    }
}

#[tokio::test]
async fn search_engines_find_public_films() {
    let site = Site::start().await;
    let owner = site.person().await;
    let video = watchable(&site, &owner, ODD, 60_000).await;
    let hidden = watchable(&site, &owner, "Hidden", 60_000).await;
    edit(&owner, &hidden, json!({ "visibility": "private" })).await;
    let robots = body(site.anonymous().get("/robots.txt").await, 200).await;
    let sitemap = robots.lines().find_map(|line| line.strip_prefix("Sitemap: ")).expect("a sitemap");
    assert_eq!(sitemap, format!("{}/sitemap.xml", site_url(&site)));
    let index = body(site.anonymous().get("/sitemap.xml").await, 200).await;
    let mut found = Vec::new();
    for page in texts(&index, "loc") {
        let path = page.strip_prefix(&site_url(&site)).expect("a page of ours").to_owned();
        found.extend(texts(&body(site.anonymous().get(&path).await, 200).await, "loc"));
    }
    let address = |id: &str| format!("{}/watch/{id}", site_url(&site));
    assert!(found.contains(&address(&video)));
    assert!(!found.contains(&address(&hidden)));
    for page in ["/sitemap/0.xml", "/sitemap/99999.xml", "/sitemap/x.xml", "/sitemap/1"] {
        problem(site.anonymous().get(page).await, 404, "not_found").await;
    }
}

#[tokio::test]
async fn an_original_is_had_if_its_owner_allows_it() {
    let site = Site::start().await;
    let (owner, other) = (site.person().await, site.person().await);
    let film = mp4(300);
    let (upload, video) = owner.begin(film.len(), "public").await;
    let path = format!("/api/v1/videos/{video}/original");
    problem(owner.get(&path).await, 404, "not_found").await;
    owner.send(&upload, 1, film.clone()).await;
    expect(owner.post(&format!("/api/v1/uploads/{upload}/complete"), &json!({})).await, StatusCode::ACCEPTED).await;
    edit(&owner, &video, json!({ "title": "Été \"one\"/two" })).await;
    for person in [&other, &site.anonymous()] {
        problem(person.get(&path).await, 404, "not_found").await;
    }
    assert_eq!(owner.get(&path).await.status(), StatusCode::FOUND);
    edit(&owner, &video, json!({ "downloadable": true })).await;
    let answer = site.anonymous().get(&path).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(answer.headers()["cache-control"], "private, no-store");
    let saved = Client::new().get(answer.headers()["location"].to_str().unwrap()).send().await.unwrap();
    let disposition = saved.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert_eq!(disposition, "attachment; filename=\"_t_ one two.mp4\"; filename*=UTF-8''%C3%89t%C3%A9%20one%20two.mp4");
    assert_eq!(saved.bytes().await.unwrap(), film);
    edit(&owner, &video, json!({ "visibility": "private" })).await;
    problem(other.get(&path).await, 404, "not_found").await;
    let refused = owner.patch(&format!("/api/v1/videos/{video}"), &json!({ "downloadable": "yes" })).await;
    let refused = expect(refused, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(refused["field"], "downloadable");
}
