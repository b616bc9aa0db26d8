//! `/api`: the document as a page, for people. Written once, out of the same document that programs get; there is nothing
//! on it that runs.

mod example;
mod schema;

use super::document::Document;
use crate::router::AppState;
use axum::Router;
use axum::http::HeaderMap;
use axum::response::Html;
use axum::routing::get;
use domain::outside::xml::escape;
use platform::Config;
use serde_json::Value;
use std::fmt::Write;
use std::sync::Arc;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Where the choice of light or dark is written in.
const ROOT: &str = "<html lang=\"en\">";

pub fn routes(document: &Document, config: &Config) -> Router<AppState> {
    let html: Arc<str> = write(&document.json, config.public_url.as_str().trim_end_matches('/')).into();
    let page = move |headers: HeaderMap| async move { Html(in_theme(&html, &headers)) };
    Router::new().route("/api", get(page))
}

fn in_theme(html: &str, headers: &HeaderMap) -> String {
    match app::server::theme_of(headers) {
        Some(theme) => html.replacen(ROOT, &format!("<html lang=\"en\" data-theme=\"{theme}\">"), 1),
        None => html.to_owned(),
    }
}

/// A call as the document has it.
struct Call<'a> {
    method: &'a str,
    path: &'a str,
    json: &'a Value,
}

impl Call<'_> {
    fn id(&self) -> &str {
        self.json["operationId"].as_str().unwrap_or_default()
    }

    fn is_of(&self, tag: &str) -> bool {
        self.json["tags"][0] == tag
    }
}

fn calls(json: &Value) -> Vec<Call<'_>> {
    let paths = json["paths"].as_object().into_iter().flatten();
    let calls = paths.flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| item.get(*method).map(|json| Call { method, path, json }))
    });
    calls.collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn write(json: &Value, site: &str) -> String {
    let (mut contents, mut sections) = (String::new(), String::new());
    let calls = calls(json);
    for tag in json["tags"].as_array().into_iter().flatten() {
        let name = text(&tag["name"]);
        let anchor = anchor(name);
        let _ = write!(contents, "<li><a href=\"#{anchor}\">{}</a><ul>", escape(name));
        let about = prose(text(&tag["description"]));
        let _ =
            write!(sections, "<section aria-labelledby=\"{anchor}\"><h2 id=\"{anchor}\">{}</h2>{about}", escape(name));
        for call in calls.iter().filter(|call| call.is_of(name)) {
            let _ = write!(contents, "<li><a href=\"#{}\">{}</a></li>", call.id(), escape(text(&call.json["summary"])));
            sections.push_str(&article(json, call, site));
        }
        contents.push_str("</ul></li>");
        sections.push_str("</section>");
    }
    let about = prose(text(&json["info"]["description"]));
    let objects = schema::all(json);
    format!(
        "<!DOCTYPE html>{ROOT}<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>API · Kinora</title>\
         <link rel=\"stylesheet\" href=\"/pkg/api.css\"><link rel=\"icon\" type=\"image/svg+xml\" href=\"/favicon.svg\"></head>\
         <body><a class=\"skip\" href=\"#main\">Skip to the calls</a>\
         <header><a href=\"/\"><img src=\"/favicon.svg\" alt=\"\" width=\"24\" height=\"24\">Kinora</a></header>\
         <div class=\"desk\"><nav aria-label=\"Contents\"><ul>{contents}\
         <li><a href=\"#objects\">Objects</a></li></ul></nav><main id=\"main\"><h1>API</h1>{about}\
         <p><a href=\"/api/openapi.json\">The same for programs: OpenAPI 3.1</a></p>{sections}\
         <section aria-labelledby=\"objects\"><h2 id=\"objects\">Objects</h2>{objects}</section></main></div></body></html>"
    )
}

fn article(json: &Value, call: &Call<'_>, site: &str) -> String {
    let Call { method, path, json: said } = call;
    let mut html = format!(
        "<article aria-labelledby=\"{id}\"><h3 id=\"{id}\">{}</h3><p class=\"address\"><span class=\"method\">{}</span> \
         <code>{}</code></p>{}{}",
        escape(text(&said["summary"])),
        method.to_uppercase(),
        with_breaks(&format!("{}{path}", super::PREFIX)),
        prose(text(&said["description"])),
        prose(asks(said)),
        id = call.id(),
    );
    let parameters = said["parameters"].as_array().into_iter().flatten();
    let rows: String = parameters
        .map(|parameter| {
            let place = match text(&parameter["in"]) {
                "path" => "in the path",
                "query" => "behind <code>?</code>",
                _ => "header",
            };
            let needed = parameter["required"] == true && parameter["in"] != "path";
            let kind = schema::kind(&parameter["schema"]);
            schema::row(text(&parameter["name"]), &format!("{kind}, {place}"), needed, text(&parameter["description"]))
        })
        .collect();
    part(&mut html, "Parameters", &rows, "dl");
    for (kind, content) in said["requestBody"]["content"].as_object().into_iter().flatten() {
        let about = said["requestBody"]["description"].as_str().map(prose).unwrap_or_default();
        let body = if kind == "application/json" { schema::fields(json, &content["schema"]) } else { String::new() };
        let _ = write!(html, "<h4>Body</h4>{about}");
        if !body.is_empty() {
            let _ = write!(html, "<dl>{body}</dl>");
        }
    }
    let (mut answers, mut problems) = (String::new(), String::new());
    for (status, answer) in said["responses"].as_object().into_iter().flatten() {
        let content = answer["content"].as_object().and_then(|content| content.iter().next());
        let kind = content.map(|(_, content)| schema::kind(&content["schema"])).unwrap_or_default();
        let about = prose(text(&answer["description"]));
        if status.as_str() < "400" {
            let kind = if kind.is_empty() { kind } else { format!("<span class=\"kind\">{kind}</span>") };
            let _ = write!(answers, "<div><dt><code>{status}</code> {kind}</dt><dd>{about}</dd></div>");
        } else {
            let _ = write!(problems, "<div><dt><code>{status}</code></dt><dd>{about}</dd></div>");
        }
    }
    part(&mut html, "Answers", &answers, "dl");
    let _ = write!(html, "<details><summary>What can go wrong</summary><dl>{problems}</dl></details>");
    let example = escape(&example::curl(json, call, site));
    let _ = write!(
        html,
        "<h4>Example</h4><pre tabindex=\"0\" role=\"group\" aria-label=\"Example\"><code>{example}</code></pre></article>"
    );
    html
}

fn part(html: &mut String, title: &str, content: &str, element: &str) {
    if !content.is_empty() {
        let _ = write!(html, "<h4>{title}</h4><{element}>{content}</{element}>");
    }
}

/// Who may make the call.
fn asks(call: &Value) -> &'static str {
    match call["security"].as_array().map(Vec::as_slice) {
        None => "For people with an account.",
        Some([_]) => "For everybody.",
        Some(_) => "For everybody; what there is depends on who asks.",
    }
}

fn anchor(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// A long path may break where it has a slash.
fn with_breaks(path: &str) -> String {
    escape(path).replace('/', "<wbr>/")
}

/// Paragraphs, lists, `code` and **what is strong**: as much of Markdown as the document has.
pub(super) fn prose(markdown: &str) -> String {
    let mut html = String::new();
    for block in markdown.split("\n\n").filter(|block| !block.trim().is_empty()) {
        if block.starts_with("- ") {
            let items = block.split("\n").map(|line| format!("<li>{}</li>", inline(line.trim_start_matches("- "))));
            let _ = write!(html, "<ul>{}</ul>", items.collect::<String>());
        } else {
            let _ = write!(html, "<p>{}</p>", inline(block));
        }
    }
    html
}

fn inline(text: &str) -> String {
    let marked = |text: String, mark: &str, element: &str| {
        let pieces = text.split(mark).enumerate();
        let wrapped = pieces.map(|(at, piece)| match at % 2 {
            0 => piece.to_owned(),
            _ => format!("<{element}>{piece}</{element}>"),
        });
        wrapped.collect::<String>()
    };
    marked(marked(escape(text), "**", "strong"), "`", "code")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_document_says_is_text() {
        assert_eq!(
            prose("**a** `b`\nc\n\n- d\n- <e>"),
            "<p><strong>a</strong> <code>b</code>\nc</p><ul><li>d</li><li>&lt;e&gt;</li></ul>"
        );
    }
}
