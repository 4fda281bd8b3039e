//! The parameters of tools that a server wants in headers as well (Streamable HTTP, Custom Headers from Tool Parameters).

use std::collections::HashMap;

use serde_json::Value;

use super::message::encoded;

/// The most tools and headers that are remembered.
const MOST: usize = 4096;
/// How deep a parameter may be.
const DEEPEST: usize = 16;

/// A parameter: the name of its header, and where it is in the arguments.
type Parameter = (String, Vec<String>);

/// The parameters of each tool.
#[derive(Debug, Default)]
pub struct Tools(HashMap<String, Vec<Parameter>>);

impl Tools {
    /// Learns from the result of `tools/list`. Returns the result without the tools that a client has to leave out because their
    /// annotations are wrong, and the names of these; `None` if nothing has to be left out.
    pub fn learn(&mut self, result: &Value) -> Option<(Value, Vec<String>)> {
        let listed = result["tools"].as_array()?;
        let mut wrong = Vec::new();
        for tool in listed {
            let Some(name) = tool["name"].as_str() else { continue };
            match parameters(&tool["inputSchema"]) {
                Some(found) if self.0.len() < MOST || self.0.contains_key(name) => {
                    self.0.insert(name.to_owned(), found);
                }
                Some(_) => {}
                None => wrong.push(name.to_owned()),
            }
        }
        if wrong.is_empty() {
            return None;
        }
        let mut kept = result.clone();
        if let Some(tools) = kept["tools"].as_array_mut() {
            tools
                .retain(|tool| tool["name"].as_str().is_none_or(|name| !wrong.iter().any(|bad| bad == name)));
        }
        Some((kept, wrong))
    }

    /// The headers for a call of a tool.
    #[must_use]
    pub fn headers(&self, params: &Value) -> Vec<(String, String)> {
        let known = params["name"].as_str().and_then(|name| self.0.get(name));
        let header = |(name, place): &Parameter| {
            let value = place.iter().try_fold(&params["arguments"], |value, key| value.get(key))?;
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Bool(truth) => truth.to_string(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            Some((format!("Mcp-Param-{name}"), encoded(&text)))
        };
        known.into_iter().flatten().filter_map(header).collect()
    }
}

/// The annotated parameters of a schema; `None` if an annotation is wrong.
fn parameters(schema: &Value) -> Option<Vec<Parameter>> {
    let mut found = Vec::new();
    walk(schema, &mut Vec::new(), &mut found)?;
    // An annotation anywhere else is wrong.
    if count(schema, 0)? != found.len() || found.len() > MOST {
        return None;
    }
    let mut names: Vec<String> = found.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    names.dedup();
    (names.len() == found.len()).then_some(found)
}

fn walk(schema: &Value, place: &mut Vec<String>, found: &mut Vec<Parameter>) -> Option<()> {
    if place.len() > DEEPEST {
        return None;
    }
    let Some(properties) = schema["properties"].as_object() else { return Some(()) };
    for (key, property) in properties {
        place.push(key.clone());
        if let Some(name) = property.get("x-mcp-header") {
            let name = name.as_str().filter(|name| is_token(name))?;
            if !matches!(property["type"].as_str(), Some("string" | "integer" | "boolean")) {
                return None;
            }
            found.push((name.to_owned(), place.clone()));
        }
        walk(property, place, found)?;
        place.pop();
    }
    Some(())
}

/// The annotations anywhere in a schema. A property may have this name itself.
fn count(schema: &Value, depth: usize) -> Option<usize> {
    if depth > 64 {
        return None;
    }
    match schema {
        Value::Object(members) => members.iter().try_fold(0, |sum, (key, member)| {
            let inside = if key == "properties" {
                let properties = member.as_object().into_iter().flat_map(|properties| properties.values());
                properties.into_iter().try_fold(0, |sum, one| Some(sum + count(one, depth + 1)?))?
            } else {
                count(member, depth + 1)? + usize::from(key == "x-mcp-header")
            };
            Some(sum + inside)
        }),
        Value::Array(members) => {
            members.iter().try_fold(0, |sum, member| Some(sum + count(member, depth + 1)?))
        }
        _ => Some(0),
    }
}

/// RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn listed(name: &str, schema: Value) -> Value {
        json!({ "tools": [{ "name": name, "inputSchema": schema }, { "name": "plain", "inputSchema": {} }] })
    }

    #[test]
    fn annotated_parameters_become_headers() {
        let schema = json!({ "properties": {
            "region": { "type": "string", "x-mcp-header": "Region" },
            "where": { "type": "object", "properties": { "page": { "type": "integer", "x-mcp-header": "Page" } } },
            "dry": { "type": "boolean", "x-mcp-header": "Dry" },
        } });
        let mut tools = Tools::default();
        assert_eq!(tools.learn(&listed("sql", schema)), None);
        let mut headers = tools.headers(
            &json!({ "name": "sql", "arguments": { "region": "K\u{f6}ln", "where": { "page": 7 } } }),
        );
        headers.sort();
        assert_eq!(
            headers,
            [("Mcp-Param-Page", "7"), ("Mcp-Param-Region", "=?base64?S8O2bG4=?=")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert!(tools.headers(&json!({ "name": "plain", "arguments": { "region": "x" } })).is_empty());
    }

    #[test]
    fn a_tool_with_a_wrong_annotation_is_left_out() {
        for wrong in [
            json!({ "properties": { "a": { "type": "string", "x-mcp-header": "" } } }),
            json!({ "properties": { "a": { "type": "string", "x-mcp-header": "A\r\nB" } } }),
            json!({ "properties": { "a": { "type": "number", "x-mcp-header": "A" } } }),
            json!({ "properties": { "a": { "type": "array", "items": { "type": "string", "x-mcp-header": "A" } } } }),
            json!({ "oneOf": [{ "properties": { "a": { "type": "string", "x-mcp-header": "A" } } }] }),
            json!({ "properties": {
                "a": { "type": "string", "x-mcp-header": "A" },
                "b": { "type": "string", "x-mcp-header": "a" },
            } }),
        ] {
            let (kept, left_out) = Tools::default().learn(&listed("bad", wrong.clone())).unwrap();
            assert_eq!(left_out, ["bad"], "{wrong}");
            assert_eq!(kept["tools"].as_array().unwrap().len(), 1);
        }
    }
}
