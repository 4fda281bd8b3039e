//! What a sign-in or a request would find wrong in what a configuration names: keys, secrets, accounts, hosts.

use std::path::Path;

use abide_oidc::ClientKey;
use abide_wire::{Severity, Signal};
use zeroize::Zeroizing;

use crate::config::surroundings::Finding;
use crate::config::{AccountConfig, Config};
use crate::platform::file;

/// The largest file with a key or a secret, in bytes.
const LARGEST: u64 = 4 << 20;

/// Looks at what can be read. A file that cannot be read is found elsewhere.
pub(crate) fn look_at(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, account) in &config.accounts {
        let problem = |message| Finding { severity: Severity::Error, account: Some(name.clone()), message };
        found.extend(key(account).map(problem));
        found.extend(secret(account).map(problem));
        if account.provider.events_push && !account.provider.watches(Signal::Events) {
            let message =
                "`provider.events_push` has no effect: `provider.watch` does not name \"events\".".to_owned();
            found.push(Finding { severity: Severity::Advice, account: Some(name.clone()), message });
        }
    }
    let general = |severity, message| Finding { severity, account: None, message };
    let unknown = |name: &str| !config.accounts.contains_key(name);
    for (format, account) in config.dialects.accounts().filter(|(_, account)| unknown(account)) {
        let message = format!("`dialects.{format}`: there is no account \u{201c}{account}\u{201d}.");
        found.push(general(Severity::Error, message));
    }
    for account in config.account_order.iter().filter(|account| unknown(account)) {
        let message = format!("`account_order`: there is no account \u{201c}{account}\u{201d}.");
        found.push(general(Severity::Advice, message));
    }
    for host in config.logout_listener.hosts.iter().filter(|host| !is_host(host)) {
        let message = format!(
            "`logout_listener.hosts`: \u{201c}{host}\u{201d} is not a host, so no request has it. Write only the name, and the \
             port if there is one."
        );
        found.push(general(Severity::Error, message));
    }
    found
}

/// Whether a request can name it in its `Host` header.
fn is_host(text: &str) -> bool {
    !text.is_empty() && !text.contains(|letter: char| "/?#@\\ ".contains(letter) || letter.is_control())
}

/// Why the client's key cannot sign.
fn key(account: &AccountConfig) -> Option<String> {
    let (path, pem) = content(account.client_key_file.as_deref())?;
    let key = match ClientKey::from_pem(&pem, None) {
        Ok(key) => key,
        Err(error) => return Some(format!("`client_key_file`: {} cannot be used. {error}", path.display())),
    };
    // A value that is not known was refused when the file was read.
    let algorithm =
        account.registered().ok()?.assertion_alg.filter(|algorithm| !key.can_sign_with(*algorithm))?;
    Some(format!(
        "`token_endpoint_auth_signing_alg`: the key in {} cannot sign with {}.",
        path.display(),
        algorithm.name()
    ))
}

/// Why the client's secret cannot be sent.
fn secret(account: &AccountConfig) -> Option<String> {
    let (path, bytes) = content(account.client_secret_file.as_deref())?;
    let why = match std::str::from_utf8(&bytes) {
        Err(_) => "not UTF-8",
        Ok(text) if text.trim_end_matches(['\r', '\n']).is_empty() => "empty",
        Ok(_) => return None,
    };
    Some(format!("`client_secret_file`: {} is {why}.", path.display()))
}

fn content(path: Option<&Path>) -> Option<(&Path, Zeroizing<Vec<u8>>)> {
    let path = path?;
    Some((path, Zeroizing::new(file::read(path, LARGEST).ok()?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ACCOUNT: &str = "[accounts.work]\nissuer = \"https://id.example.com\"\nclient_id = \"a\"\n";

    fn found(text: &str) -> Vec<String> {
        let config: Config = toml::from_str(text).unwrap();
        look_at(&config).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_key_or_secret_that_no_sign_in_can_use_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let with = |key: &str, content: &[u8], more: &str| {
            std::fs::write(&file, content).unwrap();
            found(&format!("{ACCOUNT}{key} = {file:?}\n{more}"))
        };
        for content in [&b""[..], b"\r\n", b"\xff"] {
            let messages = with("client_secret_file", content, "");
            assert!(messages.len() == 1 && messages[0].starts_with("`client_secret_file`"), "{messages:?}");
        }
        assert_eq!(with("client_secret_file", b"s\n", ""), Vec::<String>::new());
        let messages = with("client_key_file", b"-----BEGIN EC PRIVATE KEY-----\n", "");
        assert!(messages.len() == 1 && messages[0].starts_with("`client_key_file`"), "{messages:?}");
        let key = format!("-----BEGIN PRIVATE KEY-----\n{P256}\n-----END PRIVATE KEY-----\n");
        let set = |algorithm: &str| format!("token_endpoint_auth_signing_alg = \"{algorithm}\"\n");
        assert_eq!(with("client_key_file", key.as_bytes(), &set("ES256")), Vec::<String>::new());
        let messages = with("client_key_file", key.as_bytes(), &set("RS256"));
        assert!(messages.len() == 1 && messages[0].contains("cannot sign with RS256"), "{messages:?}");
    }

    /// Made for this test.
    const P256: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHN5cx9f8BOIRAtLLNXGs5glzd0SESdLAWGsh/haPuWShRANCAATl\
        Wcxrvu6YRMk9r1l4F2fc2ejreBfN6LVGBHGHLeztU2JNRaoIzb72yFZQZoZ273QrhY/ej0Zvbt2VjZz82jjF";

    #[test]
    fn a_name_that_leads_nowhere_is_named() {
        for (text, says) in [
            ("[[dialects.git]]\nhost = \"git.example.com\"\naccount = \"nobody\"\n", "dialects.git"),
            ("account_order = [\"work\", \"nobody\"]\n", "account_order"),
            ("logout_listener.hosts = [\"https://x/\"]\n", "logout_listener.hosts"),
        ] {
            let messages = found(&format!("{text}{ACCOUNT}"));
            assert!(messages.len() == 1 && messages[0].contains(says), "{messages:?}");
        }
        let push = found(&format!("{ACCOUNT}provider.events_push = true\n"));
        assert!(push.len() == 1 && push[0].contains("events_push"), "{push:?}");
        let good = "account_order = [\"work\"]\nlogout_listener.hosts = [\"id.example.com:8443\"]\n";
        assert_eq!(found(&format!("{good}{ACCOUNT}")), Vec::<String>::new());
    }
}
