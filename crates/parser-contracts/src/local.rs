//! The configuration, and requests of programs and browsers on this computer.

use std::cell::OnceCell;

use abide_agent::fuzzing::{self, CALLBACK_PORT, ConfigError, ENDPOINT_PORT, Grants};

use abide_wire::AccountLink;

use crate::Outcome;
use crate::secrets::{keeps_in_debug, parameters};

pub(crate) fn configuration(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else { return Outcome::Refused };
    let read = fuzzing::configuration(text);
    if let Err(error) = &read {
        if let ConfigError::Form { line, column, message, .. } = error {
            assert!(*line >= 1 && *line <= text.matches('\n').count() + 1, "line {line}");
            assert!(*column >= 1 && !message.is_empty(), "column {column}");
        }
        assert!(!error.to_string().is_empty());
    }
    (&read).into()
}

pub(crate) fn account_link(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else { return Outcome::Refused };
    let read = AccountLink::parse(text);
    match &read {
        Ok(link) => {
            let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
            assert!(plain(&link.issuer) && plain(&link.host), "{link:?}");
            let https = link.issuer.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
            let here = ["127.", "localhost", "[::1]"].iter().any(|name| link.host.starts_with(name));
            assert!(https || here, "{link:?}");
            assert!(!link.issuer.contains(['@', '?', '#']), "{link:?}");
            assert!(
                link.client_id.as_deref().is_none_or(|id| plain(id) && !id.trim().is_empty()),
                "{link:?}"
            );
            assert_eq!(AccountLink::parse(&link.link()).as_ref(), Ok(link), "written and read again");
        }
        Err(refused) => assert!(!refused.to_string().contains(char::is_control)),
    }
    (&read).into()
}

/// The placeholder in an input for a client's key.
const KEY: &str = "KEY";

thread_local! {
    static GRANTS: OnceCell<(Grants, String)> = const { OnceCell::new() };
}

pub(crate) fn local_request(data: &[u8]) -> Outcome {
    GRANTS.with(|cell| {
        let (grants, key) = cell.get_or_init(|| Grants::new().expect("a folder for grants"));
        let text = String::from_utf8_lossy(data);
        let sent = text.replace(KEY, key);
        let (received, seen) = grants.asked(sent.as_bytes()).expect("a runtime");
        assert!(seen.len() <= 1, "one connection, one request");
        let mut outcome = Outcome::Refused;
        for asked in seen {
            match asked {
                Ok((client, _, _)) => {
                    assert_eq!(client.as_deref(), Some("tool"), "over TCP only a client is let in");
                    assert!(text.contains(KEY), "a request without the key is refused");
                    assert!(
                        text.contains(&ENDPOINT_PORT.to_string()),
                        "a request to another name is refused"
                    );
                    outcome = Outcome::Accepted;
                }
                // A key in the URL is already public; a key in a header must stay secret.
                Err(refused) if in_header_only(&text) => keeps_in_debug(&refused, std::slice::from_ref(key)),
                Err(_) => {}
            }
        }
        answered(&received);
        outcome
    })
}

fn in_header_only(head: &str) -> bool {
    let mut lines = head.lines().filter(|line| line.contains(KEY));
    let first = lines.next().unwrap_or_default().to_ascii_lowercase();
    (first.starts_with("authorization:") || first.starts_with("x-abide-key:")) && lines.next().is_none()
}

/// The placeholder in an input for the answer to the sign-in.
const OURS: &str = "state=ours";

pub(crate) fn callback(data: &[u8]) -> Outcome {
    let (received, seen) = fuzzing::callback(data, |query| query.contains(OURS)).expect("a runtime");
    assert!(seen.len() <= 1, "one connection, one request");
    let text = answered(&received);
    let port = CALLBACK_PORT.to_string();
    let mut outcome = Outcome::Refused;
    for query in &seen {
        assert!(contains(data, port.as_bytes()), "a request to another name was answered");
        assert!(query.len() <= 24 * 1024, "an answer of {} bytes", query.len());
        for code in parameters(query, &["code"]) {
            assert!(!text.contains(&code), "the page shows the code");
        }
        if query.contains(OURS) {
            assert!(status(&text) == "303" && text.contains("location: /callback/done/"), "{text}");
            outcome = Outcome::Accepted;
        } else {
            assert_eq!(status(&text), "400", "{text}");
        }
    }
    outcome
}

/// A request in HTTP 1.0 gets an answer in HTTP 1.0.
fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

fn contains(data: &[u8], wanted: &[u8]) -> bool {
    data.windows(wanted.len()).any(|window| window == wanted)
}

/// No answer, or one answer that no other site may read.
fn answered(received: &[u8]) -> String {
    let text = String::from_utf8_lossy(received).into_owned();
    assert!(text.is_empty() || text.starts_with("HTTP/1."), "{text}");
    assert!(text.matches("\ncache-control: ").count() <= 1, "two answers: {text}");
    assert!(!text.to_ascii_lowercase().contains("access-control-"), "{text}");
    text
}
