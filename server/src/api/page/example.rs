//! How a call is made by hand.

use super::{Call, schema, text};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// A command for a shell.
pub fn curl(json: &Value, call: &Call<'_>, site: &str) -> String {
    let mut lines = vec![String::from("curl")];
    if call.method != "get" {
        let _ = write!(lines[0], " -X {}", call.method.to_uppercase());
    }
    let mut address = format!("{site}{}{}", crate::api::PREFIX, call.path);
    let mut separator = '?';
    for parameter in call.json["parameters"].as_array().into_iter().flatten() {
        let (name, value) = (text(&parameter["name"]), of_parameter(json, parameter));
        if parameter["in"] == "path" {
            address = address.replace(&format!("{{{name}}}"), &value);
        } else if parameter["in"] == "query" && parameter["required"] == true {
            let _ = write!(address, "{separator}{name}={value}");
            separator = '&';
        }
    }
    let _ = write!(lines[0], " '{address}'");
    // What everybody may ask is asked without saying who one is.
    if call.json.get("security").is_none() {
        lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    if let Some((kind, content)) = call.json["requestBody"]["content"].as_object().and_then(|kinds| kinds.iter().next())
    {
        if kind == "application/json" {
            lines.push("-H 'Content-Type: application/json'".to_owned());
            lines.push(format!("-d '{}'", of_body(json, &content["schema"])));
        } else {
            lines.push("--data-binary @captions.srt".to_owned());
        }
    }
    lines.join(" \\\n  ")
}

fn of_parameter(json: &Value, parameter: &Value) -> String {
    let example = &parameter["example"];
    let value = if example.is_null() { value(json, &parameter["schema"]) } else { example.clone() };
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

/// The fields that have to be there, or the first if none has.
fn of_body(json: &Value, body: &Value) -> Value {
    let body = schema::resolve(json, body);
    let Some(properties) = body["properties"].as_object() else { return json!({}) };
    let required: Vec<&str> = body["required"].as_array().into_iter().flatten().map(text).collect();
    let shown: Vec<&str> = match &*required {
        [] => properties.keys().rev().take(1).map(String::as_str).collect(),
        _ => required,
    };
    let fields = shown.into_iter().filter_map(|name| Some((name.to_owned(), value(json, properties.get(name)?))));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn value(json: &Value, field: &Value) -> Value {
    let field = schema::resolve(json, field);
    if let Some(example) = field["examples"].as_array().and_then(|examples| examples.first()) {
        return example.clone();
    }
    if let Some(word) = field["enum"].as_array().and_then(|words| words.first()) {
        return word.clone();
    }
    let kind = match &field["type"] {
        Value::Array(kinds) => kinds.iter().map(text).find(|kind| *kind != "null").unwrap_or_default(),
        kind => text(kind),
    };
    match kind {
        "integer" => field["minimum"].as_i64().unwrap_or(1).max(1).into(),
        "number" => json!(1.5),
        "boolean" => true.into(),
        "array" => json!([of_body(json, &field["items"])]),
        _ => "…".into(),
    }
}
