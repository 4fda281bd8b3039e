//! What only the provider knows, and what stands for it in a deviation.

use serde_json::Value;

use crate::crypto::keys::Keys;

/// An answer of the provider's own is never larger.
pub(super) const LARGEST: usize = 1 << 20;

/// What stands for something that only the provider knows.
pub(crate) struct Known<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) port: u16,
    /// Seconds since 1970.
    pub(crate) now: u64,
    pub(crate) own: &'a Keys,
    /// A key that the provider has no right to sign with.
    pub(crate) stranger: &'a Keys,
}

impl Known<'_> {
    /// The text with every `{issuer}`, `{port}` and `{nul}` in it replaced.
    pub(super) fn text(&self, text: &str) -> String {
        text.replace("{issuer}", self.issuer).replace("{port}", &self.port.to_string()).replace("{nul}", "\0")
    }

    /// The value with its texts replaced; `{own key}` and `{stranger's key}` stand for a
    /// JSON Web Key, `{stranger's kid}` for the name of one.
    pub(super) fn value(&self, value: &Value) -> Value {
        let key = |keys: &Keys| keys.jwks()["keys"][0].clone();
        match value {
            Value::String(text) if text == "{own key}" => key(self.own),
            Value::String(text) if text == "{stranger's key}" => key(self.stranger),
            Value::String(text) if text == "{stranger's kid}" => key(self.stranger)["kid"].clone(),
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(list) => list.iter().map(|value| self.value(value)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.value(value))).collect()
            }
            other => other.clone(),
        }
    }
}
