//! Notes of the tests about each signal of an end at the provider, for the table in docs/provider-session.md: `./x signals`
//! writes it, and `./x test` compares it. Also notes about other features of providers.

use std::path::Path;

use serde_json::json;

use crate::evidence;
use crate::providers::Provider;
use crate::tool::sdk;

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

/// When a client is tried, as the table in docs/dialects.md names it.
pub const SIGNED_IN: &str = "signed in";
/// The user is signed out when it starts.
pub const SIGNED_OUT: &str = "not signed in";
/// The user has not allowed it, or has taken that back.
pub const NOT_ALLOWED: &str = "not allowed";
/// The session ends while it runs.
pub const SESSION_ENDED: &str = "session ended";

/// A SDK or a tool, and its version.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its name in its registry.
    pub name: String,
    from: &'static str,
    version: String,
}

impl Client {
    /// A package of PyPI that `tests/sdks/requirements.txt` pins.
    ///
    /// # Panics
    ///
    /// When it does not.
    #[must_use]
    pub fn python(name: &str) -> Self {
        let pinned = std::fs::read_to_string(sdk("requirements.txt")).expect("the list of packages");
        let version = pinned.lines().find_map(|line| line.strip_prefix(&format!("{name}==")));
        Self { name: name.to_owned(), from: "PyPI", version: version.expect("a version").to_owned() }
    }

    /// A package of npm that `tests/sdks/package.json` pins.
    ///
    /// # Panics
    ///
    /// When it does not.
    #[must_use]
    pub fn npm(name: &str) -> Self {
        let pinned = std::fs::read_to_string(sdk("package.json")).expect("the list of packages");
        let pinned: serde_json::Value = serde_json::from_str(&pinned).expect("JSON");
        let version = pinned["dependencies"][name].as_str().expect("a version").to_owned();
        Self { name: name.to_owned(), from: "npm", version }
    }

    /// A module that `tests/sdks/go/go.mod` pins. Its name is the last part of its path, without the number of its major version.
    ///
    /// # Panics
    ///
    /// When it does not.
    #[must_use]
    pub fn go(path: &str) -> Self {
        let pinned = std::fs::read_to_string(sdk("go/go.mod")).expect("the list of modules");
        let version = pinned.lines().find_map(|line| line.trim().strip_prefix(&format!("{path} v")));
        let version = version.and_then(|rest| rest.split(' ').next()).expect("a version").to_owned();
        let is_number = |part: &&str| part.strip_prefix('v').is_some_and(|rest| rest.parse::<u32>().is_ok());
        let name = path.rsplit('/').find(|part| !is_number(part)).unwrap_or(path).to_owned();
        Self { name, from: "Go", version }
    }

    /// A program of the system.
    ///
    /// # Panics
    ///
    /// When it cannot be run.
    #[must_use]
    pub fn system(program: &Path, version: &[&str]) -> Self {
        let output = std::process::Command::new(program).args(version).output().expect("run the program");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let mut words = text.split(|c: char| !is_part(c)).filter(|word| word.contains('.'));
        let version = words.next().unwrap_or_default().trim_matches('.').to_owned();
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { name, from: "system", version }
    }
}

/// Notes what was seen of a client in a dialect, for the table in docs/dialects.md, which `./x dialects` writes.
///
/// # Panics
///
/// When it cannot be written.
pub fn dialect(dialect: &str, client: &Client, when: &str, saw: &str) {
    let Client { name, from, version } = client;
    let line = json!({ "dialect": dialect, "client": name, "from": from, "version": version, "when": when, "saw": saw });
    let file = format!("{dialect} {name} {from} {when}").to_lowercase();
    let file: String = file.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let file = evidence("dialects").join(file).with_extension("json");
    std::fs::write(file, format!("{line}\n")).expect("write down what was seen");
}
