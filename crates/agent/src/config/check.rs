//! `abide config check`: what is wrong with the file, and what would serve better.

use std::path::Path;

use abide_wire::{ConfigCheck, ConfigProblem, SessionStatus, Severity, text};

use crate::config::edit::{ConfigFile, aside};
use crate::config::named;
use crate::config::surroundings::{self, Finding};
use crate::config::text::{place_of, read_or_empty};
use crate::config::vault::VaultConfig;
use crate::config::{Config, ConfigError};
use crate::options::Options;

/// What a start would find wrong with how sessions are kept.
pub(crate) type LookAtVault = fn(&VaultConfig, &Options) -> Option<Finding>;

/// Reads the file as it is now. `statuses` is what is known of the accounts while an agent runs: only then the provider
/// may have said how long its session lasts.
pub(crate) fn check(options: &Options, statuses: &[SessionStatus], vault: LookAtVault) -> ConfigCheck {
    let path = &options.places.config_file();
    let read = ConfigFile::read(options);
    let problems = match read {
        Ok(ConfigFile { config, text, .. }) => {
            let search: Vec<_> = std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect();
            let mut problems: Vec<ConfigProblem> = surroundings::look_at(&config, &search)
                .into_iter()
                .chain(named::look_at(&config))
                .chain(vault(&config.vault, options))
                .map(|finding| found_outside(path, finding))
                .collect();
            problems.sort_by_key(|problem| problem.severity == Severity::Advice);
            let known = statuses.iter().filter(|status| config.accounts.contains_key(&status.account));
            problems.extend(known.flat_map(|status| {
                [advice(path, &config, status), no_sign_out_page(path, &config, status)].into_iter().flatten()
            }));
            problems.extend(without_effect(&config, &text));
            problems
        }
        Err(error) => vec![problem(path, &error)],
    };
    let ok = problems.iter().all(|problem| problem.severity != Severity::Error);
    ConfigCheck { file: path.display().to_string(), ok, problems }
}

/// The same away from the event loop: what the file names may be on a disk that does not answer.
pub(crate) async fn check_aside(
    options: &Options,
    statuses: Vec<SessionStatus>,
    vault: LookAtVault,
) -> ConfigCheck {
    let path = options.places.config_file();
    aside(options, move |options| check(options, &statuses, vault)).await.unwrap_or_else(|error| {
        ConfigCheck { file: path.display().to_string(), ok: false, problems: vec![problem(&path, &error)] }
    })
}

/// Something that the file names and that is not there, with the line of the account that names it.
fn found_outside(path: &Path, finding: Finding) -> ConfigProblem {
    let Finding { severity, account, message } = finding;
    let text = read_or_empty(path).unwrap_or_default();
    let place = account.as_ref().and_then(|account| place_of(&text, account));
    let message = match &account {
        Some(account) => format!("account \u{201c}{account}\u{201d}: {message}"),
        None => message,
    };
    ConfigProblem {
        severity,
        account,
        line: place.and_then(|(line, _)| u32::try_from(line).ok()),
        column: place.and_then(|(_, column)| u32::try_from(column).ok()),
        message,
        suggestion: None,
    }
}

fn problem(path: &Path, error: &ConfigError) -> ConfigProblem {
    let place = |number: usize| u32::try_from(number).ok();
    let plain = |message: String| ConfigProblem {
        severity: Severity::Error,
        account: None,
        line: None,
        column: None,
        message,
        suggestion: None,
    };
    match error {
        ConfigError::Form { line, column, message, .. } => {
            ConfigProblem { line: place(*line), column: place(*column), ..plain(message.trim().to_owned()) }
        }
        ConfigError::Account { account, message, .. } => {
            let found = read_or_empty(path).ok().and_then(|text| place_of(&text, account));
            ConfigProblem {
                account: Some(account.clone()),
                line: found.and_then(|(line, _)| place(line)),
                column: found.and_then(|(_, column)| place(column)),
                ..plain(format!("account \u{201c}{account}\u{201d}: {message}"))
            }
        }
        other => plain(other.to_string()),
    }
}

/// Settings of the user that the administrator's policy overrides.
fn without_effect(config: &Config, text: &str) -> Vec<ConfigProblem> {
    let path = config.policy.path.as_deref().unwrap_or(Path::new(""));
    let found = toml::from_str(text).map(|user| config.policy.without_effect(&user)).unwrap_or_default();
    let advice = |setting: String| ConfigProblem {
        severity: Severity::Advice,
        account: None,
        line: None,
        column: None,
        message: format!(
            "`{setting}` is set by your administrator ({}). The value in this file has no effect.",
            path.display()
        ),
        suggestion: None,
    };
    found.into_iter().map(advice).collect()
}

/// A sign-out at a provider that has no page for it ends nothing there (RP-Initiated Logout 1.0, section 2.1).
fn no_sign_out_page(path: &Path, config: &Config, status: &SessionStatus) -> Option<ConfigProblem> {
    let wanted = config.accounts.get(&status.account)?.logout.provider;
    if !wanted || status.provider_logout != Some(false) {
        return None;
    }
    let message = format!(
        "`logout.provider` has no effect. {} names no sign-out page that can be used (`end_session_endpoint`), so its own \
         session continues after a sign-out.",
        status.provider,
    );
    Some(about(path, status, &message, None))
}

/// An idle time that the provider's session does not outlast cannot be held.
fn advice(path: &Path, config: &Config, status: &SessionStatus) -> Option<ConfigProblem> {
    let session = &config.accounts.get(&status.account)?.session;
    let advised = status.advised_end_after.filter(|advised| *advised < session.end_after.as_secs())?;
    let written = |seconds| humantime::format_duration(std::time::Duration::from_secs(seconds)).to_string();
    let mut suggestion =
        format!("[accounts.{}.session]\nend_after = \"{}\"", status.account, written(advised));
    if session.warn_after.as_secs() >= advised {
        suggestion.push_str(&format!("\nwarn_after = \"{}\"", written(advised - advised.div_ceil(5))));
    }
    let message = format!(
        "{} ends its session before `end_after` ({}) is over. A shorter time can be held:",
        status.provider,
        text::duration(session.end_after.as_secs()),
    );
    Some(about(path, status, &message, Some(suggestion)))
}

/// Advice about an account, at the place where the account begins.
fn about(path: &Path, status: &SessionStatus, message: &str, suggestion: Option<String>) -> ConfigProblem {
    let account = &status.account;
    let found = read_or_empty(path).ok().and_then(|text| place_of(&text, account));
    ConfigProblem {
        severity: Severity::Advice,
        account: Some(account.clone()),
        line: found.and_then(|(line, _)| u32::try_from(line).ok()),
        column: found.and_then(|(_, column)| u32::try_from(column).ok()),
        message: format!("account \u{201c}{account}\u{201d}: {message}"),
        suggestion,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn checked(content: &str, statuses: &[SessionStatus]) -> ConfigCheck {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, content).unwrap();
        check(&Options::within(folder.path()), statuses, |_, _| None)
    }

    const GOOD: &str = "[accounts.work]\nissuer = \"https://id.example.com\"\nclient_id = \"abide\"\n";

    #[test]
    fn a_sign_out_at_the_provider_that_cannot_be_is_advice() {
        let wanted = format!("{GOOD}logout.provider = true\n");
        let with_page = |page: Option<bool>| SessionStatus { provider_logout: page, ..status(None) };
        let found = checked(&wanted, &[with_page(Some(false))]);
        assert!(found.ok, "{found:?}");
        let [problem] = &found.problems[..] else { panic!("{found:?}") };
        assert_eq!((problem.severity, problem.line), (Severity::Advice, Some(1)));
        assert!(problem.message.contains("end_session_endpoint"), "{}", problem.message);
        for (content, page) in [(wanted.as_str(), Some(true)), (wanted.as_str(), None), (GOOD, Some(false))] {
            assert!(checked(content, &[with_page(page)]).problems.is_empty(), "{page:?}");
        }
    }

    fn status(advised: Option<u64>) -> SessionStatus {
        let nothing = serde_json::json!({
            "account": "work", "issuer": "https://id.example.com", "provider": "id.example.com", "user": null,
            "state": "active", "ended": null, "ended_at": null, "expires_in": 1, "limit": "idle", "lifetime": 1,
            "since": 1, "at_most_until": 1, "access_token_expires_in": 1, "renewable": true, "frozen": false,
            "layers": [], "clock_skew": null, "advised_end_after": advised, "last_error": null, "last_error_code": null,
            "last_error_kind": null,
        });
        serde_json::from_value(nothing).unwrap()
    }

    #[test]
    fn a_mistake_has_its_place() {
        let check = checked(&GOOD.replace("client_id", "client"), &[]);
        assert!(!check.ok);
        assert_eq!((check.problems[0].line, check.problems[0].severity), (Some(3), Severity::Error));
    }

    #[test]
    fn a_contradiction_is_shown_where_the_account_begins() {
        let text = format!("browser = [\"firefox\"]\n\n{GOOD}session.end_after = \"5m\"\n");
        let check = checked(&text, &[]);
        assert_eq!((check.problems[0].line, check.problems[0].account.as_deref()), (Some(3), Some("work")));
        assert!(check.problems[0].message.contains("warn_after"), "{:?}", check.problems);
    }

    #[test]
    fn an_idle_time_that_the_provider_cuts_short_gets_one_that_holds() {
        let check = checked(GOOD, &[status(Some(540))]);
        assert!(check.ok);
        let problem = &check.problems[0];
        assert_eq!(problem.severity, Severity::Advice);
        assert_eq!(
            problem.suggestion.as_deref(),
            Some("[accounts.work.session]\nend_after = \"9m\"\nwarn_after = \"7m 12s\"")
        );
        assert_eq!(checked(GOOD, &[status(None)]).problems, []);
        // Changed in the file already, but not in the agent that runs.
        let shorter = format!("{GOOD}session = {{ end_after = \"9m\", warn_after = \"7m\" }}\n");
        assert_eq!(checked(&shorter, &[status(Some(540))]).problems, []);
    }
}
