//! Placeholders in a deviation for values that only the provider knows.

use serde_json::Value;

use crate::crypto::keys::Keys;

/// The largest answer of the provider.
pub(super) const LARGEST: usize = 1 << 20;

/// The values of the placeholders.
pub(crate) struct Known<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) port: u16,
    /// Seconds since 1970.
    pub(crate) now: u64,
    pub(crate) own: &'a Keys,
    /// A key that does not belong to the provider.
    pub(crate) stranger: &'a Keys,
}

impl Known<'_> {
    /// The text with every `{issuer}`, `{port}` and `{nul}` in it replaced.
    pub(super) fn text(&self, text: &str) -> String {
        text.replace("{issuer}", self.issuer).replace("{port}", &self.port.to_string()).replace("{nul}", "\0")
    }

    /// The value with its texts replaced; `{own key}` and `{stranger's key}` are replaced by a JSON Web Key,
    /// `{stranger's kid}` by its `kid`.
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
