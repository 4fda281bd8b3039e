//! What the tests saw of each signal of an end at the provider, for the table in docs/provider-session.md. `./x signals`
//! makes the table of it, and `./x test` compares. And what they saw of everything else that a provider may have.

use serde_json::json;

use crate::evidence;
use crate::providers::Provider;

/// Writes down what came of trying something that a provider may have, for the table in docs/providers.md, which
/// `./x providers` makes: `works`, `not offered`, `refused: `code``, or another few words.
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

/// Writes down what became of a session when the provider's ended, or what its signal said: `ended`, `goes_on`, `blocked`,
/// `failed`, `not_offered`. `browser` is there for a signal that depends on it.
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
