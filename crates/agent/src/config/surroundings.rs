//! What a configuration names outside itself: files, programs, ports. Whether they are there can change at any time, so it keeps
//! no file from being read, and only `abide config check` looks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use abide_wire::{Severity, Signal};
use url::Url;

use crate::config::vault::Source;
use crate::config::{AccountConfig, Config};
use crate::platform::file;

const PASSPHRASE_FILE: &str = "vault.passphrase_file";
/// The largest file with certificates, in bytes.
const LARGEST: u64 = 4 << 20;

/// Something that is not there, or not as it has to be.
#[derive(Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// The account that names it.
    pub(crate) account: Option<String>,
    pub(crate) message: String,
}

impl Finding {
    fn error(account: Option<&str>, message: String) -> Self {
        Self { severity: Severity::Error, account: account.map(str::to_owned), message }
    }
}

/// Looks at everything that the configuration names. `search` is where programs are looked for (`PATH`).
pub(crate) fn look_at(config: &Config, search: &[PathBuf]) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(Source::File(path)) = &config.vault.source {
        found.extend(unreadable(PASSPHRASE_FILE, path).map(|message| Finding::error(None, message)));
    }
    if let Some(program) = config.browser.as_ref().and_then(|words| words.first()) {
        let message = match file::program(program, search) {
            None => Some(format!("there is no program \u{201c}{program}\u{201d} that can be run.")),
            Some(path) if file::others_may_write(&path) => Some(not_trusted(&path)),
            Some(_) => None,
        };
        found.extend(message.map(|message| Finding::error(None, format!("`browser`: {message}"))));
    }
    for (name, account) in &config.accounts {
        found.extend(files(name, account));
    }
    found.extend(proxies(config));
    found.extend(ports(config));
    found
}

/// Accounts that proxies name, and their files.
fn proxies(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, proxy) in &config.proxies.0 {
        let account = &proxy.account;
        if !config.accounts.contains_key(account) {
            let message = format!("`proxies.{name}`: there is no account \u{201c}{account}\u{201d}.");
            found.push(Finding::error(None, message));
        }
        let Some(path) = &proxy.ca_file else { continue };
        let key = format!("proxies.{name}.ca_file");
        match unreadable(&key, path).or_else(|| untrusted(&key, path)) {
            Some(message) => found.push(Finding::error(None, message)),
            None => {
                let pem = file::read(path, LARGEST).unwrap_or_default();
                if let Err(error) = abide_oidc::unreadable_certificates(&pem) {
                    found.push(Finding::error(None, format!("`{key}`: {error}")));
                }
            }
        }
    }
    found
}

fn files(name: &str, account: &AccountConfig) -> Vec<Finding> {
    let named = [
        ("ca_file", &account.ca_file),
        ("client_secret_file", &account.client_secret_file),
        ("client_key_file", &account.client_key_file),
    ];
    let named = named.into_iter().filter_map(|(key, path)| Some((key, path.as_ref()?)));
    let mut found: Vec<Finding> = named
        .filter_map(|(key, path)| match unreadable(key, path).or_else(|| untrusted(key, path)) {
            Some(message) => Some(Finding::error(Some(name), message)),
            None => exposed(name, key, path),
        })
        .collect();
    let pem = account.ca_file.as_ref().and_then(|path| file::read(path, LARGEST).ok());
    match pem.map(|pem| abide_oidc::unreadable_certificates(&pem)) {
        None | Some(Ok(0)) => {}
        Some(Ok(unreadable)) => found.push(Finding {
            severity: Severity::Advice,
            account: Some(name.to_owned()),
            message: format!(
                "`ca_file`: {unreadable} of the certificates in it cannot be read and are not used."
            ),
        }),
        Some(Err(error)) => {
            found.push(Finding::error(Some(name), format!("`ca_file`: {error}")));
        }
    }
    found
}

/// Why a file is not used, although it can be read.
fn untrusted(key: &str, path: &Path) -> Option<String> {
    file::others_may_write(path).then(|| format!("`{key}`: {}", not_trusted(path)))
}

fn not_trusted(path: &Path) -> String {
    format!(
        "{} is not used: {}. Correct its owner and its permissions (`chmod go-w`).",
        path.display(),
        file::NOT_TRUSTED
    )
}

/// Advice about a secret or a key that others can read.
fn exposed(account: &str, key: &str, path: &Path) -> Option<Finding> {
    let is_secret = key != "ca_file" && file::others_may_read(path);
    is_secret.then(|| Finding {
        severity: Severity::Advice,
        account: Some(account.to_owned()),
        message: format!(
            "`{key}`: other users can read {}. Make it yours alone (`chmod 600`), and replace it at the provider if others may have \
             read it.",
            path.display()
        ),
    })
}

/// Why a file cannot be read; `None` if it can.
fn unreadable(key: &str, path: &Path) -> Option<String> {
    let shown = path.display();
    if path.starts_with("~") {
        return Some(format!("`{key}`: \u{201c}~\u{201d} is not replaced in {shown}. Write the whole path."));
    }
    let problem = file::open_at_once(path).and_then(|file| file.metadata());
    match problem {
        Ok(found) if found.is_dir() => Some(format!("`{key}`: {shown} is a folder.")),
        // A passphrase may come through a pipe.
        Ok(found) if !found.is_file() && key != PASSPHRASE_FILE => {
            Some(format!("`{key}`: {shown} is not a regular file."))
        }
        Ok(_) => None,
        Err(error) => Some(format!("`{key}`: {shown} cannot be read ({error}).")),
    }
}

/// Ports that two listeners of Abide would need at the same time.
fn ports(config: &Config) -> Vec<Finding> {
    let mut owners: BTreeMap<u16, String> = BTreeMap::new();
    let mut found = Vec::new();
    if config.endpoint.port != 0 {
        owners.insert(config.endpoint.port, "endpoint.port".to_owned());
    }
    for (name, proxy) in &config.proxies.0 {
        let (key, port) = (format!("proxies.{name}.listen"), proxy.listen.port());
        match owners.get(&port).filter(|_| port != 0) {
            Some(owner) => found.push(clash(None, port, &key, owner)),
            None => drop(owners.insert(port, key)),
        }
    }
    let listens = |account: &AccountConfig| {
        account.provider.watches(Signal::Frontchannel)
            || account.provider.watches(Signal::Backchannel)
            || account.provider.receives_events()
    };
    let listener = config.logout_listener.port;
    if config.accounts.values().any(listens) && listener != 0 {
        match owners.get(&listener) {
            Some(owner) => found.push(clash(None, listener, "logout_listener.port", owner)),
            None => drop(owners.insert(listener, "logout_listener.port".to_owned())),
        }
    }
    for (name, account) in &config.accounts {
        let sign_ins = account.redirect_uris.iter().map(|uri| ("redirect_uri", uri));
        let sign_outs = account.logout.redirect_uris.iter().map(|uri| ("logout.redirect_uri", uri));
        for (key, port) in sign_ins.chain(sign_outs).filter_map(|(key, uri)| Some((key, Url::port(uri)?))) {
            if let Some(owner) = owners.get(&port) {
                found.push(clash(Some(name), port, key, owner));
            }
        }
    }
    found
}

fn clash(account: Option<&str>, port: u16, key: &str, owner: &str) -> Finding {
    Finding::error(account, format!("`{key}`: port {port} is that of `{owner}`. Choose another one."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ACCOUNT: &str = "[accounts.work]\nissuer = \"https://id.example.com\"\nclient_id = \"a\"\n";

    fn found(text: &str, search: &[PathBuf]) -> Vec<String> {
        let config: Config = toml::from_str(text).unwrap();
        look_at(&config, search).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn files_that_are_missing_or_not_what_they_should_be_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        // A pipe would be waited for, until somebody writes into it.
        #[cfg(unix)]
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        for key in ["ca_file", "client_secret_file", "client_key_file"] {
            let mut paths = vec![at("missing"), "~/file".to_owned(), folder.path().display().to_string()];
            paths.extend(cfg!(unix).then(|| at("pipe")));
            for path in paths {
                let messages = found(&format!("{ACCOUNT}{key} = {path:?}\n"), &[]);
                assert_eq!(messages.len(), 1, "{messages:?}");
                assert!(messages[0].starts_with(&format!("`{key}`: ")), "{messages:?}");
            }
        }
        let passphrase = format!("[vault]\nmode = \"passphrase\"\npassphrase_file = {:?}\n", at("missing"));
        assert!(found(&passphrase, &[])[0].starts_with("`vault.passphrase_file`"));
        std::fs::write(at("ca.pem"), "no certificate").unwrap();
        let messages = found(&format!("{ACCOUNT}ca_file = {:?}\n", at("ca.pem")), &[]);
        assert!(messages[0].starts_with("`ca_file`: "), "{messages:?}");
        std::fs::write(at("secret"), "s").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(at("secret"), std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let all_there = format!("{ACCOUNT}client_secret_file = {:?}\n", at("secret"));
        assert_eq!(found(&all_there, &[]), Vec::<String>::new());
    }

    #[test]
    fn a_browser_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let search = [folder.path().to_owned()];
        assert_eq!(found("browser = [\"firefox\", \"-P\", \"work\"]\n", &search).len(), 1);
        std::fs::write(folder.path().join("firefox"), "").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(found("browser = [\"firefox\"]\n", &search).len(), 1);
            let runs = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(folder.path().join("firefox"), runs).unwrap();
        }
        assert_eq!(found("browser = [\"firefox\", \"-P\", \"work\"]\n", &search), Vec::<String>::new());
        let whole = folder.path().join("firefox");
        assert_eq!(found(&format!("browser = [{whole:?}]\n"), &[]), Vec::<String>::new());
    }

    /// With these files, another user would decide whom Abide trusts, who it is, and which program it runs.
    #[cfg(unix)]
    #[test]
    fn what_others_can_change_is_named_and_what_they_can_read_is_advice() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let mode = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let is_named = |text: &str, key: &str| {
            let messages = found(text, &[]);
            messages.iter().any(|message| message.starts_with(key) && message.contains(file::NOT_TRUSTED))
        };
        let named = [
            ("`ca_file`", format!("{ACCOUNT}ca_file = {file:?}\n")),
            ("`client_secret_file`", format!("{ACCOUNT}client_secret_file = {file:?}\n")),
            ("`client_key_file`", format!("{ACCOUNT}client_key_file = {file:?}\n")),
            ("`browser`", format!("browser = [{file:?}]\n{ACCOUNT}")),
            (
                "`proxies.api.ca_file`",
                format!(
                    "{ACCOUNT}[proxies.api]\nlisten = \"127.0.0.1:47700\"\nupstream = \"https://api.example.com\"\n\
                     account = \"work\"\nca_file = {file:?}\n"
                ),
            ),
        ];
        for (file_mode, folder_mode, expected) in
            [(0o777, 0o755, true), (0o755, 0o777, true), (0o755, 0o755, false)]
        {
            mode(&file, file_mode);
            mode(folder.path(), folder_mode);
            for (key, text) in &named {
                assert_eq!(is_named(text, key), expected, "{key} {file_mode:o} {folder_mode:o}");
            }
        }
        let reachable = file::others_may_read(&file);
        for (key, text) in &named[1..3] {
            let config: Config = toml::from_str(text).unwrap();
            let advice = look_at(&config, &[]).into_iter().find(|found| found.severity == Severity::Advice);
            assert_eq!(advice.is_some_and(|found| found.message.starts_with(key)), reachable, "{key}");
        }
        mode(&file, 0o600);
        assert_eq!(found(&named[1].1, &[]), Vec::<String>::new());
    }

    #[test]
    fn what_a_proxy_names_and_is_not_there_is_named() {
        let proxy = |name: &str, more: &str| {
            format!(
                "[proxies.{name}]\nlisten = \"127.0.0.1:47700\"\nupstream = \"https://api.example.com\"\n{more}\n"
            )
        };
        let good = format!("{ACCOUNT}{}", proxy("api", "account = \"work\""));
        assert_eq!(found(&good, &[]), Vec::<String>::new());
        let stranger = found(&format!("{ACCOUNT}{}", proxy("api", "account = \"home\"")), &[]);
        assert!(stranger.len() == 1 && stranger[0].contains("`proxies.api`"), "{stranger:?}");
        let file =
            found(&format!("{ACCOUNT}{}", proxy("api", "account = \"work\"\nca_file = \"/missing\"")), &[]);
        assert!(file.len() == 1 && file[0].starts_with("`proxies.api.ca_file`"), "{file:?}");
        let twice = found(&format!("{good}{}", proxy("other", "account = \"work\"")), &[]);
        assert!(twice.len() == 1 && twice[0].contains("47700"), "{twice:?}");
        let endpoint = found(&format!("endpoint.port = 47700\n{good}"), &[]);
        assert!(endpoint.len() == 1 && endpoint[0].contains("`proxies.api.listen`"), "{endpoint:?}");
    }

    #[test]
    fn two_equal_ports_are_named() {
        let listening = format!("{ACCOUNT}provider.watch = [\"backchannel\"]\n");
        let both = format!("endpoint.port = 47601\n{listening}");
        assert_eq!(found(&both, &[]).len(), 1);
        assert_eq!(found(&listening, &[]), Vec::<String>::new());
        assert_eq!(found(&format!("endpoint.port = 47601\n{ACCOUNT}"), &[]), Vec::<String>::new());
        for key in ["redirect_uri", "logout.redirect_uri"] {
            let clashing = format!("{ACCOUNT}{key} = \"http://127.0.0.1:47600/here\"\n");
            let messages = found(&clashing, &[]);
            assert!(messages.len() == 1 && messages[0].contains("`endpoint.port`"), "{messages:?}");
        }
    }
}
