//! The messages of a client and of a server (JSON-RPC 2.0), and the headers that go with them over HTTP.

use serde_json::{Value, json};

/// Where a request names its version, from 2026-07-28 on.
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// The code of an error of Abide's own. MCP wants such codes to be outside of the range that JSON-RPC reserves.
pub const BRIDGE_ERROR: i64 = 47_600;
/// The headers do not fit the message (Streamable HTTP, Server Validation).
pub const HEADER_MISMATCH: i64 = -32020;

/// What a message is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Wants an answer with the same ID.
    Request(Value),
    /// Wants none.
    Notification,
    /// The answer to the request with this ID.
    Response(Value),
}

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    /// What it is.
    pub kind: Kind,
    value: Value,
    bytes: Vec<u8>,
}

/// What was read is not JSON-RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMessage;

impl Message {
    /// Reads what one line, body or event has: one message, or several in a list (2025-03-26).
    ///
    /// # Errors
    ///
    /// [`NotAMessage`].
    pub fn read(bytes: &[u8]) -> Result<Vec<Self>, NotAMessage> {
        match serde_json::from_slice(bytes).map_err(|_| NotAMessage)? {
            Value::Array(values) => values
                .into_iter()
                .map(|value| {
                    let bytes = value.to_string().into_bytes();
                    Self::of(value, bytes)
                })
                .collect(),
            value => Ok(vec![Self::of(value, bytes.trim_ascii().to_vec())?]),
        }
    }

    fn of(value: Value, bytes: Vec<u8>) -> Result<Self, NotAMessage> {
        let members = value.as_object().ok_or(NotAMessage)?;
        let method = members.get("method").is_some_and(Value::is_string);
        let answers = members.contains_key("result") || members.contains_key("error");
        let id = members.get("id").filter(|id| id.is_string() || id.is_number()).cloned();
        let kind = match (method, id) {
            (true, Some(id)) => Kind::Request(id),
            (true, None) if !members.contains_key("id") => Kind::Notification,
            (false, Some(id)) if answers => Kind::Response(id),
            // An error about a message whose ID could not be read.
            (false, None) if members.contains_key("error") => Kind::Response(Value::Null),
            _ => return Err(NotAMessage),
        };
        Ok(Self { kind, value, bytes })
    }

    /// As it is sent over HTTP.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// As one line of the stdio transport. A line break is never inside of a text in JSON.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let mut line = self.bytes.clone();
        for byte in &mut line {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        line.push(b'\n');
        line
    }

    /// The method of a request or notification; empty for an answer.
    #[must_use]
    pub fn method(&self) -> &str {
        self.value["method"].as_str().unwrap_or_default()
    }

    /// The version that a request names for itself (2026-07-28 and later).
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.value["params"]["_meta"][VERSION].as_str()
    }

    /// The request that this notification cancels.
    #[must_use]
    pub fn cancels(&self) -> Option<&Value> {
        let id = &self.value["params"]["requestId"];
        (self.method() == "notifications/cancelled" && !id.is_null()).then_some(id)
    }

    /// The result of an answer.
    #[must_use]
    pub fn result(&self) -> Option<&Value> {
        self.value.get("result")
    }

    /// The code of an error.
    #[must_use]
    pub fn error_code(&self) -> Option<i64> {
        self.value.get("error")?["code"].as_i64()
    }

    /// The parameters.
    #[must_use]
    pub fn params(&self) -> &Value {
        &self.value["params"]
    }

    /// The same with another ID.
    #[must_use]
    pub fn with_id(&self, id: &Value) -> Self {
        let mut value = self.value.clone();
        value["id"] = id.clone();
        let kind = match &self.kind {
            Kind::Response(_) => Kind::Response(id.clone()),
            _ => Kind::Request(id.clone()),
        };
        Self { kind, bytes: value.to_string().into_bytes(), value }
    }

    /// The same with another result.
    #[must_use]
    pub fn with_result(&self, result: Value) -> Self {
        let mut value = self.value.clone();
        value["result"] = result;
        Self { kind: self.kind.clone(), bytes: value.to_string().into_bytes(), value }
    }

    /// An error of Abide's own, as the answer to a request. `code` is a stable word for programs.
    #[must_use]
    pub fn error(id: &Value, code: &str, text: &str) -> Self {
        let value = json!({
            "jsonrpc": "2.0",
            "id": id,
            "error": { "code": BRIDGE_ERROR, "message": text, "data": { "abide": code } },
        });
        Self { kind: Kind::Response(id.clone()), bytes: value.to_string().into_bytes(), value }
    }

    /// A request of Abide's own, with the metadata of another.
    #[must_use]
    pub fn request(id: &str, method: &str, meta: &Value) -> Self {
        let value = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": { "_meta": meta } });
        Self { kind: Kind::Request(json!(id)), bytes: value.to_string().into_bytes(), value }
    }

    /// The headers of a request that names its version (Streamable HTTP, Request Metadata).
    #[must_use]
    pub fn headers(&self, version: &str) -> Vec<(String, String)> {
        let mut headers = vec![
            ("Mcp-Protocol-Version".to_owned(), encoded(version)),
            ("Mcp-Method".to_owned(), encoded(self.method())),
        ];
        let name = match self.method() {
            "tools/call" | "prompts/get" => self.params()["name"].as_str(),
            "resources/read" => self.params()["uri"].as_str(),
            _ => None,
        };
        headers.extend(name.map(|name| ("Mcp-Name".to_owned(), encoded(name))));
        headers
    }
}

/// A value of a header (Streamable HTTP, Value Encoding).
#[must_use]
pub fn encoded(value: &str) -> String {
    let plain = value.bytes().all(|byte| matches!(byte, 0x20..=0x7e | b'\t'))
        && value.trim_matches([' ', '\t']) == value
        && !(value.starts_with("=?base64?") && value.ends_with("?="));
    if plain && !value.is_empty() {
        value.to_owned()
    } else {
        format!("=?base64?{}?=", base64(value.as_bytes()))
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let number = group.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte))
            << (8 * (3 - group.len()));
        for place in 0..4 {
            if place > group.len() {
                text.push('=');
            } else {
                text.push(char::from(ALPHABET[((number >> (18 - 6 * place)) & 63) as usize]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn one(text: &str) -> Message {
        Message::read(text.as_bytes()).unwrap().remove(0)
    }

    #[test]
    fn messages_are_told_apart() {
        assert_eq!(one(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).kind, Kind::Request(json!(1)));
        assert_eq!(one(r#"{"jsonrpc":"2.0","method":"x"}"#).kind, Kind::Notification);
        assert_eq!(one(r#"{"jsonrpc":"2.0","id":"a","result":{}}"#).kind, Kind::Response(json!("a")));
        assert_eq!(one(r#"{"jsonrpc":"2.0","error":{"code":1}}"#).kind, Kind::Response(Value::Null));
        let batch = Message::read(br#"[{"id":1,"method":"a"},{"method":"b"}]"#).unwrap();
        assert_eq!(batch.len(), 2);
        for bad in
            ["", "1", "{}", r#"{"id":1}"#, r#"{"id":{},"method":"x"}"#, r#"{"id":null,"method":"x"}"#, "{"]
        {
            assert_eq!(Message::read(bad.as_bytes()).map(|found| found.len()), Err(NotAMessage), "{bad}");
        }
    }

    #[test]
    fn a_message_is_one_line_and_otherwise_unchanged() {
        let message = one(
            "{\"id\":1,\r\n \"method\":\"x\", \"params\":{\"n\":12345678901234567890123,\"t\":\"a\\nb\"}}\n",
        );
        let line = String::from_utf8(message.line()).unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        assert!(line.contains("12345678901234567890123") && line.contains("a\\nb"), "{line}");
    }

    #[test]
    fn headers_repeat_what_the_message_says() {
        let message = one(
            r#"{"id":1,"method":"tools/call","params":{"name":"wetter in Köln","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#,
        );
        let version = message.version().unwrap();
        let headers = message.headers(version);
        assert_eq!(headers[0], ("Mcp-Protocol-Version".to_owned(), "2026-07-28".to_owned()));
        assert_eq!(headers[2], ("Mcp-Name".to_owned(), "=?base64?d2V0dGVyIGluIEvDtmxu?=".to_owned()));
    }

    #[test]
    fn values_that_a_header_cannot_carry_are_encoded() {
        // The examples of the specification.
        for (value, header) in [
            ("us-west1", "us-west1"),
            ("Hello, \u{4e16}\u{754c}", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ] {
            assert_eq!(encoded(value), header);
        }
    }
}
