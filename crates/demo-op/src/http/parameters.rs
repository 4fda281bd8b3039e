//! The parameters of a request, from its query, its form or its JSON object.

use std::collections::BTreeMap;

use serde_json::Value;
use url::form_urlencoded;

/// Parameters by name. One without a value counts as omitted, and none may appear twice (RFC 6749 section 3.1), except
/// `resource` (RFC 8707 section 2).
#[derive(Clone, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

/// A parameter appears more than once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repeated;

impl Parameters {
    pub(crate) fn parse(encoded: &[u8]) -> Result<Parameters, Repeated> {
        let mut parameters = BTreeMap::<String, String>::new();
        for (name, value) in form_urlencoded::parse(encoded).filter(|(_, value)| !value.is_empty()) {
            match parameters.get_mut(name.as_ref()) {
                None => {
                    parameters.insert(name.into_owned(), value.into_owned());
                }
                Some(values) if name == "resource" => {
                    values.push(' ');
                    values.push_str(&value);
                }
                Some(_) => return Err(Repeated),
            }
        }
        Ok(Parameters(parameters))
    }

    /// The members of a JSON object, for the record: texts unchanged, lists of texts joined with spaces, the rest as JSON.
    pub(crate) fn of_json(object: &Value) -> Parameters {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Array(list) if list.iter().all(Value::is_string) => {
                list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
            }
            other => other.to_string(),
        };
        let members = object.as_object().into_iter().flatten();
        Parameters(members.map(|(name, value)| (name.clone(), text(value))).collect())
    }

    pub(crate) fn named(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Adds parameters to the query of a URI and leaves the rest unchanged.
pub(crate) fn with_parameters<'a>(
    uri: &str,
    parameters: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    match (query.is_empty(), uri.contains('?')) {
        (true, _) => uri.to_owned(),
        (false, true) => format!("{uri}&{query}"),
        (false, false) => format!("{uri}?{query}"),
    }
}
