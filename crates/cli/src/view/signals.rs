//! The signals by which the end of the provider's session is detected, in words.

use abide_wire::{SessionStatus, Signal, SignalState, SignalStatus};

use super::layers::list;

/// The signal's name in a list.
fn name(signal: Signal) -> &'static str {
    match signal {
        Signal::Iframe => "browser tab",
        Signal::Refresh => "renewals",
        Signal::Introspection => "token introspection",
        Signal::Userinfo => "UserInfo",
        Signal::Frontchannel => "front-channel logout",
        Signal::Backchannel => "back-channel logout",
        Signal::Events => "security events",
    }
}

const BLOCKED: &str = "the browser hides the provider\u{2019}s cookie from Abide\u{2019}s tab";
const UNCLEAR: &str = "the provider no longer says who is signed in there";
const CLOSED: &str = "Abide\u{2019}s browser tab is closed; reopen it: abide monitor";

/// The signals that are used, or nothing if there are only the refreshes, which every session has.
pub(crate) fn watched(status: &SessionStatus) -> Option<String> {
    let signals = &status.signals;
    let telling: Vec<Signal> =
        signals.iter().filter(|one| tells(one, status)).map(|one| one.signal).collect();
    let names: Vec<String> = telling.iter().map(|signal| name(*signal).to_owned()).collect();
    let still = if names.is_empty() { None } else { Some(format!("{} still work", list(&names))) };
    let mut parts =
        match (signals.iter().find(|one| one.signal == Signal::Iframe).map(|one| one.state), still) {
            (Some(SignalState::Blocked), Some(still)) => vec![format!("{BLOCKED}; {still}")],
            (Some(SignalState::Blocked), None) => {
                vec![format!("{BLOCKED}, so a logout there is not detected")]
            }
            (Some(SignalState::Unclear), Some(still)) => vec![UNCLEAR.to_owned(), still],
            (Some(SignalState::Unclear), None) => vec![UNCLEAR.to_owned()],
            (Some(SignalState::Closed), Some(still)) => vec![CLOSED.to_owned(), still],
            (Some(SignalState::Closed), None) => vec![CLOSED.to_owned()],
            _ if telling.iter().any(|signal| *signal != Signal::Refresh) => {
                let named = telling.iter().map(|signal| with_doubt(*signal, signals));
                vec![format!("logout detected by: {}", named.collect::<Vec<_>>().join(", "))]
            }
            _ => Vec::new(),
        };
    let failed: Vec<String> =
        signals.iter().filter(|one| one.state == SignalState::Failed).map(named).collect();
    if !failed.is_empty() {
        parts.push(format!("failed: {}", list(&failed)));
    }
    (!parts.is_empty()).then(|| parts.join(" · "))
}

fn named(one: &SignalStatus) -> String {
    match &one.code {
        Some(code) => format!("{} ({code})", name(one.signal)),
        None => name(one.signal).to_owned(),
    }
}

/// Whether this signal would report an end. Without a refresh token, refreshes cannot.
fn tells(one: &SignalStatus, status: &SessionStatus) -> bool {
    matches!(one.state, SignalState::Works | SignalState::Waiting)
        && (one.signal != Signal::Refresh || status.renewable)
}

/// A steady signal without an answer so far may turn out not to work. Signals that report only an end are not marked.
fn with_doubt(signal: Signal, signals: &[SignalStatus]) -> String {
    let steady = matches!(signal, Signal::Iframe | Signal::Introspection | Signal::Userinfo | Signal::Events);
    let waiting = signals.iter().any(|one| one.signal == signal && one.state == SignalState::Waiting);
    let doubt = if steady && waiting { " (no answer yet)" } else { "" };
    format!("{}{doubt}", name(signal))
}

/// The changes of the signals, one line each: those that no longer work, and those that work now. For a signal that is seen
/// for the first time, only that it does not work.
pub(crate) fn changes(before: &[SignalStatus], after: &[SignalStatus]) -> Vec<String> {
    let line = |one: &SignalStatus| {
        let was = before.iter().find(|old| old.signal == one.signal).map(|old| old.state);
        if was == Some(one.state) {
            return None;
        }
        match (one.signal, one.state) {
            (Signal::Iframe, SignalState::Blocked) => Some(BLOCKED.to_owned()),
            (Signal::Iframe, SignalState::Closed) => Some(CLOSED.to_owned()),
            (Signal::Iframe, SignalState::Unclear) => Some(UNCLEAR.to_owned()),
            (signal, SignalState::Blocked | SignalState::Closed) => {
                Some(format!("logout no longer detected by: {}", name(signal)))
            }
            // The first refresh after a sign-in is not news: it is in the line about the provider.
            (Signal::Refresh, SignalState::Works) if was == Some(SignalState::Waiting) => None,
            (signal, SignalState::Works) if was.is_some() => {
                Some(format!("logout detected by: {}", name(signal)))
            }
            _ => None,
        }
    };
    after.iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn status(signals: &[(&str, &str)], renewable: bool) -> SessionStatus {
        let signals: Vec<_> = signals
            .iter()
            .map(|(signal, state)| serde_json::json!({"signal": signal, "state": state, "heard_at": null}))
            .collect();
        serde_json::from_value(serde_json::json!({
            "account": "work", "issuer": "https://id.example.com", "provider": "id.example.com", "state": "active",
            "renewable": renewable, "frozen": false, "layers": [], "signals": signals,
        }))
        .unwrap()
    }

    fn said(signals: &[(&str, &str)]) -> Option<String> {
        watched(&status(signals, true))
    }

    #[test]
    fn what_tells_of_an_end_is_listed_and_what_says_nothing_yet_is_marked() {
        let both = [("iframe", "works"), ("refresh", "waiting")];
        assert_eq!(said(&both).unwrap(), "logout detected by: browser tab, renewals");
        let waiting = [("iframe", "waiting"), ("refresh", "works"), ("backchannel", "waiting")];
        assert_eq!(
            said(&waiting).unwrap(),
            "logout detected by: browser tab (no answer yet), renewals, back-channel logout"
        );
    }

    #[test]
    fn refreshes_alone_are_not_worth_a_line() {
        assert_eq!(said(&[("iframe", "not_offered"), ("refresh", "works")]), None);
        assert_eq!(said(&[]), None);
    }

    #[test]
    fn a_cookie_that_is_hidden_is_said_with_what_still_tells() {
        let cookie = "the browser hides the provider\u{2019}s cookie from Abide\u{2019}s tab";
        assert_eq!(
            said(&[("iframe", "blocked"), ("refresh", "works")]).unwrap(),
            format!("{cookie}; renewals still work")
        );
        let blocked = [("iframe", "blocked"), ("refresh", "waiting"), ("events", "works")];
        assert_eq!(said(&blocked).unwrap(), format!("{cookie}; renewals and security events still work"));
        // Without a refresh token there are no renewals.
        let alone = watched(&status(&[("iframe", "blocked"), ("refresh", "waiting")], false));
        assert_eq!(alone.unwrap(), format!("{cookie}, so a logout there is not detected"));
    }

    #[test]
    fn a_tab_that_is_closed_is_said_with_how_to_open_it() {
        assert_eq!(
            said(&[("iframe", "closed"), ("refresh", "works")]).unwrap(),
            "Abide\u{2019}s browser tab is closed; reopen it: abide monitor · renewals still work"
        );
    }

    #[test]
    fn a_provider_that_no_longer_says_who_is_signed_in_is_named_as_that() {
        let unclear = "the provider no longer says who is signed in there";
        assert_eq!(
            said(&[("iframe", "unclear"), ("refresh", "works")]).unwrap(),
            format!("{unclear} · renewals still work")
        );
        let alone = watched(&status(&[("iframe", "unclear"), ("refresh", "waiting")], false));
        assert_eq!(alone.unwrap(), unclear);
    }

    #[test]
    fn what_was_tried_in_vain_is_said() {
        assert_eq!(
            said(&[("refresh", "works"), ("introspection", "failed"), ("userinfo", "failed")]).unwrap(),
            "failed: token introspection and UserInfo"
        );
    }

    #[test]
    fn why_it_was_in_vain_is_said_by_its_code() {
        let mut status = status(&[("refresh", "works"), ("backchannel", "failed")], true);
        status.signals[1].code = Some("logout_token_id_missing".to_owned());
        assert_eq!(watched(&status).unwrap(), "failed: back-channel logout (logout_token_id_missing)");
    }

    #[test]
    fn a_change_is_told_once_and_what_works_from_the_start_is_none() {
        let at = |state: &str| status(&[("iframe", state), ("refresh", "works")], true).signals;
        assert_eq!(changes(&[], &at("works")), Vec::<String>::new());
        assert_eq!(changes(&[], &at("closed")), [CLOSED]);
        assert_eq!(changes(&at("works"), &at("blocked")), [BLOCKED]);
        assert_eq!(changes(&at("blocked"), &at("blocked")), Vec::<String>::new());
        assert_eq!(changes(&at("works"), &at("unclear")), [UNCLEAR]);
        assert_eq!(changes(&at("closed"), &at("works")), ["logout detected by: browser tab"]);
        let first = status(&[("iframe", "works"), ("refresh", "waiting")], true).signals;
        assert_eq!(changes(&first, &at("works")), Vec::<String>::new());
    }
}
