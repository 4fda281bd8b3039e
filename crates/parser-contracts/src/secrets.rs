//! Whether a refusal repeats a secret of its input.

use std::fmt;

use serde_json::Value;
use url::form_urlencoded;

/// A shorter text, or one without a digit, may be in our own words by chance.
fn is_recognisable(secret: &str) -> bool {
    secret.len() >= 8 && secret.bytes().any(|b| b.is_ascii_digit())
}

/// The texts of these members of an object.
pub(crate) fn members(document: &[u8], names: &[&str]) -> Vec<String> {
    let Ok(Value::Object(members)) = serde_json::from_slice(document) else { return Vec::new() };
    let texts = names.iter().filter_map(|name| members.get(*name)?.as_str());
    texts.filter(|text| is_recognisable(text)).map(str::to_owned).collect()
}

/// The values of these parameters of a query.
pub(crate) fn parameters(query: &str, names: &[&str]) -> Vec<String> {
    form_urlencoded::parse(query.as_bytes())
        .filter(|(name, value)| names.contains(&&**name) && is_recognisable(value))
        .map(|(_, value)| value.into_owned())
        .collect()
}

/// Panics if `shown`, in its display or debug form, contains one of the secrets.
pub(crate) fn keeps(shown: &(impl fmt::Display + fmt::Debug), secrets: &[String]) {
    keeps_in_debug(shown, secrets);
    let text = shown.to_string();
    assert!(
        !secrets.iter().any(|secret| text.contains(secret.as_str())),
        "a refusal repeats a secret: {text}"
    );
    assert!(text.len() <= 4096, "a refusal of {} bytes", text.len());
}

pub(crate) fn keeps_in_debug(shown: &impl fmt::Debug, secrets: &[String]) {
    let text = format!("{shown:?}");
    assert!(!secrets.iter().any(|secret| text.contains(secret.as_str())), "a secret is printed: {text}");
}
