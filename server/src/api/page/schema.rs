//! What fields there are, and of what kind, in words.

use super::{prose, text};
use domain::outside::xml::escape;
use serde_json::Value;
use std::fmt::Write;

/// All objects that the document names.
pub fn all(json: &Value) -> String {
    let mut html = String::new();
    for (name, schema) in json["components"]["schemas"].as_object().into_iter().flatten() {
        let (id, title, about) = (id(name), escape(&title(name)), prose(text(&schema["description"])));
        let _ = write!(html, "<article aria-labelledby=\"{id}\"><h3 id=\"{id}\">{title}</h3>{about}");
        let fields = fields(json, schema);
        if fields.is_empty() {
            let _ = write!(html, "<p class=\"kind\">{}</p>", kind(schema));
        } else {
            let _ = write!(html, "<dl>{fields}</dl>");
        }
        html.push_str("</article>");
    }
    html
}

/// A row a field, those that have to be there first.
pub fn fields(json: &Value, schema: &Value) -> String {
    let schema = resolve(json, schema);
    let mut html: String = schema["allOf"].as_array().into_iter().flatten().map(|part| fields(json, part)).collect();
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|list| list.iter().any(|known| known == name));
    for first in [true, false] {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if required(name) == first {
                html.push_str(&row(name, &kind(field), first, about(field)));
            }
        }
    }
    html
}

/// What is said of a field stands beside its reference, where it may be null.
fn about(field: &Value) -> &str {
    let nested = || field["oneOf"].as_array()?.iter().find_map(|either| either["description"].as_str());
    field["description"].as_str().or_else(nested).unwrap_or_default()
}

pub fn row(name: &str, kind: &str, required: bool, about: &str) -> String {
    let required = if required { " <em>required</em>" } else { "" };
    format!(
        "<div><dt><code>{}</code>{required} <span class=\"kind\">{kind}</span></dt><dd>{}</dd></div>",
        escape(name),
        prose(about)
    )
}

/// HTML.
pub fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return format!("<a href=\"#{}\">{}</a>", id(name), escape(&title(name)));
    }
    for either in ["oneOf", "anyOf"] {
        if let Some(of) = schema[either].as_array() {
            return either_of(of.iter().map(kind).collect());
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.first().map(kind).unwrap_or_default();
    }
    if let Some(words) = schema["enum"].as_array() {
        return either_of(words.iter().map(|word| format!("<code>{}</code>", escape(text(word)))).collect());
    }
    match &schema["type"] {
        Value::Array(kinds) => either_of(kinds.iter().map(|kind| plain(text(kind), schema)).collect()),
        Value::String(name) => plain(name, schema),
        _ => String::new(),
    }
}

fn either_of(kinds: Vec<String>) -> String {
    kinds.join(" or ")
}

fn plain(name: &str, schema: &Value) -> String {
    let mut said = match (name, schema["format"].as_str()) {
        ("array", _) => format!("list of {}", kind(&schema["items"])),
        ("object", _) if schema["additionalProperties"].is_object() => {
            format!("object of {}", kind(&schema["additionalProperties"]))
        }
        ("string", Some("date-time")) => "time".to_owned(),
        ("string", Some("email")) => "e-mail address".to_owned(),
        ("string", _) => "text".to_owned(),
        ("number", _) => "number".to_owned(),
        ("integer", _) => "whole number".to_owned(),
        ("boolean", _) => "true or false".to_owned(),
        (other, _) => other.to_owned(),
    };
    if name == "string" {
        match (schema["minLength"].as_u64(), schema["maxLength"].as_u64()) {
            (Some(least), Some(most)) => said = format!("{said} of {least} to {most} characters"),
            (None, Some(most)) => said = format!("{said} of {most} characters at most"),
            _ => {}
        }
    }
    said
}

pub fn resolve<'a>(json: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
    reference.and_then(|pointer| json.pointer(pointer)).unwrap_or(schema)
}

fn id(name: &str) -> String {
    format!("object-{name}")
}

/// `Items_Upload` is a list of uploads.
fn title(name: &str) -> String {
    match name.split_once('_') {
        Some(("Items", of)) => format!("List of {of}"),
        Some(("PageOf", of)) => format!("Page of {of}"),
        _ => name.to_owned(),
    }
}
