//! docs/api.md: the description of the local API as a page, for people.

use std::fmt::Write as _;

use serde_json::{Map, Value};

const TOP: &str = "# API reference

Every call of the local endpoint, and the types of its answers. This page is generated from the table of routes and the types of
`crates/wire` (`./x types`); `GET /openapi.json` returns the same as OpenAPI 3.1. [The local endpoint](local-endpoint.md) explains how
to connect, who may call what, and what the errors mean.

An answer that is not listed is an error: a status from 400 on and an [`ErrorAnswer`](#erroranswer).

The examples are recorded from the agent by a test (`tests/tests/api.rs`), which makes each call in every run. Tokens, keys, times and
addresses in them are replaced by fixed words. They came over the socket; over HTTP, a request also carries the signature of a client key
([signed requests](signed-requests.md)), or a plain key.
";

/// The page.
pub(crate) fn page(document: &Value, examples: &Map<String, Value>) -> String {
    let mut page = TOP.to_owned();
    for (path, methods) in members(&document["paths"]) {
        for (method, call) in members(methods) {
            let method = method.to_uppercase();
            write_call(&mut page, &method, path, call);
            if let Some(example) = examples.get(&format!("{method} {path}")) {
                write_example(&mut page, &method, example);
            }
        }
    }
    page.push_str("\n## Types\n");
    for (name, schema) in members(&document["components"]["schemas"]) {
        let _ = write!(page, "\n### {name}\n\n{}\n", about(schema));
        write_type(&mut page, schema);
    }
    page
}

fn write_call(page: &mut String, method: &str, path: &str, call: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let _ =
        write!(page, "\n## {method} {path}\n\n{}. {}\n", text(&call["summary"]), text(&call["description"]));
    let queries: Vec<&Value> =
        items(&call["parameters"]).filter(|parameter| parameter["in"] == "query").collect();
    if !queries.is_empty() {
        page.push_str("\nQuery:\n\n");
        for query in queries {
            let _ = writeln!(page, "- `{}`: {}", text(&query["name"]), text(&query["description"]));
        }
    }
    let body = &call["requestBody"]["content"]["application/json"]["schema"];
    if !body.is_null() {
        let _ = writeln!(page, "\nBody: {}", inline(body));
    }
    let answers: Vec<String> = members(&call["responses"])
        .filter(|(status, _)| *status != "default")
        .map(|(status, answer)| {
            let json = &answer["content"]["application/json"]["schema"];
            if !json.is_null() {
                format!("{status}, {}", inline(json))
            } else if answer["content"]["text/event-stream"].is_null() {
                format!("{status}, without a body")
            } else {
                format!("{status}, a stream of events (`text/event-stream`)")
            }
        })
        .collect();
    let _ = writeln!(page, "\nAnswer: {}", answers.join("; "));
}

/// A request and its answer, as they are sent.
fn write_example(page: &mut String, method: &str, example: &Value) {
    let target = example["target"].as_str().unwrap_or_default();
    let _ = write!(page, "\nExample:\n\n```http\n{method} {target} HTTP/1.1\nHost: localhost\n");
    if let Some(body) = pretty(&example["body"]) {
        let _ = write!(page, "Content-Type: application/json\n\n{body}\n");
    }
    let _ = write!(page, "```\n\n```http\nHTTP/1.1 {}\n", example["status"]);
    match (&example["answer"], pretty(&example["answer"])) {
        (Value::String(stream), _) => {
            let _ = write!(page, "Content-Type: text/event-stream\n\n{}\n", stream.trim_end());
        }
        (_, Some(body)) => {
            let _ = write!(page, "Content-Type: application/json\n\n{body}\n");
        }
        (_, None) => {}
    }
    page.push_str("```\n");
}

fn pretty(body: &Value) -> Option<String> {
    if body.is_null() { None } else { serde_json::to_string_pretty(body).ok() }
}

/// The members of a type, or its values.
fn write_type(page: &mut String, schema: &Value) {
    let required = |name: &str| items(&schema["required"]).any(|known| known == name);
    let mut lines = Vec::new();
    for (name, member) in members(&schema["properties"]) {
        let optional = if required(name) { "" } else { ", optional" };
        lines.push(format!("- `{name}` ({}{optional}): {}", inline(member), about(member)));
    }
    for choice in items(&schema["oneOf"]).filter(|choice| choice["const"].is_string()) {
        lines.push(format!("- `{}`: {}", choice["const"].as_str().unwrap_or_default(), about(choice)));
    }
    for value in items(&schema["enum"]).filter_map(Value::as_str) {
        lines.push(format!("- `{value}`"));
    }
    if !lines.is_empty() {
        let _ = write!(page, "\n{}\n", lines.join("\n"));
    }
}

/// A type in one line: a link to its section, or its members.
fn inline(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("[`{name}`](#{})", name.to_lowercase());
    }
    let one_of: Vec<String> = items(&schema["anyOf"]).chain(items(&schema["oneOf"])).map(inline).collect();
    if !one_of.is_empty() {
        return one_of.join(" or ");
    }
    if schema["type"] == "array" {
        return format!("list of {}", inline(&schema["items"]));
    }
    let listed: Vec<String> = members(&schema["properties"])
        .map(|(name, member)| {
            let needed = items(&schema["required"]).any(|known| known == name);
            format!("`{name}` ({}{})", inline(member), if needed { "" } else { ", optional" })
        })
        .collect();
    if !listed.is_empty() {
        return format!("object with {}", listed.join(", "));
    }
    let kinds: Vec<&str> =
        schema["type"].as_str().into_iter().chain(items(&schema["type"]).filter_map(Value::as_str)).collect();
    if kinds.is_empty() { "any value".to_owned() } else { kinds.join(" or ") }
}

/// The description in one line, with the links of Rust's documentation as plain names.
fn about(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (link, plain) in [("[`", "`"), ("`]", "`")] {
        line = line.replace(link, plain);
    }
    line
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, member)| (name.as_str(), member))
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
