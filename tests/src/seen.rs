//! Notes of the tests about each signal of an end at the provider, for the table in docs/provider-session.md: `./x signals`
//! writes it, and `./x test` compares it. Also notes about other features of providers.

use serde_json::json;

use crate::evidence;
use crate::providers::Provider;

/// Notes the result of trying a feature of a provider, for the table in docs/providers.md, which `./x providers` writes:
/// `works`, `not offered`, `refused: `code``, or a few other words.
///
/// # Panics
///
/// When it cannot be written.
pub fn tried(feature: &str, provider: &Provider, outcome: &str) {
    let line = json!({ "feature": feature, "provider": provider.name(), "saw": outcome });
    let name = format!("{feature} {}", provider.name()).to_lowercase();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let file = evidence("provider-features").join(name).with_extension("json");
    std::fs::write(file, format!("{line}\n")).expect("write down what was seen");
}

/// Notes what a signal did after the end of the provider's session: `ended`, `goes_on`, `blocked`, `failed`, `not_offered`.
/// `browser` is set if the signal depends on it.
///
/// # Panics
///
/// When it cannot be written.
pub fn saw(signal: &str, browser: Option<&str>, provider: &Provider, outcome: &str) {
    let provider = provider.name();
    let line = json!({ "signal": signal, "browser": browser, "provider": provider, "saw": outcome });
    let name = format!("{signal} {} {provider}", browser.unwrap_or_default()).to_lowercase();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let file = evidence("provider-session").join(name).with_extension("json");
    std::fs::write(file, format!("{line}\n")).expect("write down what was seen");
}
