//! The sessions behind ours, in words: the provider's, and how the user authenticated.

use abide_wire::terminal::plain;
use abide_wire::text::rough_duration;
use abide_wire::{Evidence, Layer, LayerState, LayerStatus, SessionStatus};

use crate::clock::{Clock, moment};

/// A layer of a session, if it is known.
fn layer(status: &SessionStatus, which: Layer) -> Option<&LayerStatus> {
    status.layers.iter().find(|layer| layer.layer == which)
}

/// The provider's session: its state, how and when that was known, and its end.
pub(crate) fn provider(status: &SessionStatus, clock: Clock) -> Option<String> {
    let layer = layer(status, Layer::Provider)?;
    let mut parts = vec![state(layer, clock)];
    if layer.state == LayerState::Active {
        parts.extend(how(layer, clock));
        parts.push(end(status, layer, clock));
    }
    Some(parts.join(" · "))
}

/// The same without the age of the information, for a page whose lines have their own time.
pub(crate) fn provider_now(status: &SessionStatus, clock: Clock) -> Option<String> {
    let layer = layer(status, Layer::Provider)?;
    let mut line = state(layer, clock);
    if layer.state == LayerState::Active {
        line.push_str(" · ");
        line.push_str(&end(status, layer, clock));
    }
    Some(line)
}

fn state(layer: &LayerStatus, clock: Clock) -> String {
    match (layer.state, layer.ends_at) {
        (LayerState::Active, _) => "provider session active".to_owned(),
        (LayerState::Ended, Some(at)) => format!("provider session ended {}", moment(at, clock)),
        (LayerState::Ended, None) => "provider session ended".to_owned(),
        (LayerState::Unknown, _) => "provider session status unknown".to_owned(),
    }
}

fn how(layer: &LayerStatus, clock: Clock) -> Option<String> {
    let by = match layer.evidence {
        Evidence::IdToken => "by your sign-in",
        Evidence::Refresh => "by a renewal",
        Evidence::Browser => "in the browser",
        Evidence::Asked => "by asking the provider",
        Evidence::Told => "by a notification of the provider",
        Evidence::OwnLimits | Evidence::Nothing => return None,
    };
    Some(match layer.checked_at.map(|at| (clock.now)().saturating_sub(at)) {
        Some(0) => format!("confirmed just now {by}"),
        Some(ago) => format!("confirmed {} ago {by}", rough_duration(ago)),
        None => format!("confirmed {by}"),
    })
}

/// The end of the provider's session, with what the provider declared it in.
fn end(status: &SessionStatus, layer: &LayerStatus, clock: Clock) -> String {
    let Some(at) = layer.ends_at.map(|at| moment(at, clock)) else { return "end time unknown".to_owned() };
    match status.provider_limit {
        Some(source) if source.moves_with_renewal() => {
            format!("until {at} unless it is renewed, set by the provider ({})", source.parameter())
        }
        Some(source) => format!("until {at}, set by the provider ({})", source.parameter()),
        None => format!("until {at}"),
    }
}

/// How, where and when the user authenticated.
pub(crate) fn identity(status: &SessionStatus, clock: Clock) -> Option<String> {
    let layer = layer(status, Layer::IdentityProvider)?;
    let how = recognized(&layer.methods);
    if how.is_empty() && layer.since.is_none() && layer.name == status.provider {
        return Some("sign-in method unknown".to_owned());
    }
    let mut line = String::from("authenticated");
    if layer.name != status.provider {
        line.push_str(&format!(" by {}", plain(&layer.name)));
    }
    if let Some(at) = layer.since {
        line.push_str(&format!(" at {}", moment(at, clock)));
    }
    if how.is_empty() {
        line.push_str(" · method unknown");
    } else {
        line.push_str(&format!(" with {how}"));
    }
    Some(line)
}

/// The values of `amr` (RFC 8176 section 2) with their names for people.
const METHODS: [(&str, &str); 20] = [
    ("pwd", "password"),
    ("pin", "PIN"),
    ("otp", "one-time code"),
    ("sms", "text message"),
    ("tel", "phone call"),
    ("hwk", "security key"),
    ("swk", "key on your device"),
    ("pop", "key of yours"),
    ("sc", "smart card"),
    ("face", "face"),
    ("fpt", "fingerprint"),
    ("iris", "iris"),
    ("retina", "retina"),
    ("vbm", "voice"),
    ("geo", "location"),
    ("kba", "security questions"),
    ("mca", "second channel"),
    ("rba", "risk check"),
    ("user", "presence check"),
    ("wia", "Windows sign-in"),
];

/// The authentication methods in words: `password and one-time code (level 2)`. Unknown ones are shown unchanged; empty
/// without any.
pub(crate) fn recognized(methods: &[String]) -> String {
    let (mut said, mut others) = (Vec::<String>::new(), Vec::<String>::new());
    let mut several = false;
    for method in methods {
        let (list, words) = match METHODS.iter().find(|(value, _)| value == method) {
            Some((_, words)) => (&mut said, (*words).to_owned()),
            None if method == "mfa" => {
                several = true;
                continue;
            }
            // A class of authentication context (`acr`); the level of ISO/IEC 29115 is a number.
            None if !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_digit()) => {
                (&mut others, format!("level {method}"))
            }
            None if method == "phr" => (&mut others, "phishing-resistant".to_owned()),
            None if method == "phrh" => (&mut others, "phishing-resistant, in hardware".to_owned()),
            None => (&mut others, plain(method).into_owned()),
        };
        if !words.is_empty() && !list.contains(&words) {
            list.push(words);
        }
    }
    // “Several factors” is shown only if they are not named.
    match said.len() {
        0 if several => said.push("several factors".to_owned()),
        1 if several => said.push("another factor".to_owned()),
        _ => {}
    }
    match (said.is_empty(), others.is_empty()) {
        (_, true) => list(&said),
        (true, false) => others.join(", "),
        (false, false) => format!("{} ({})", list(&said), others.join(", ")),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(methods: &[&str]) -> String {
        recognized(&methods.iter().map(|&method| method.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn methods_are_said_as_people_say_them() {
        assert_eq!(said(&["pwd"]), "password");
        assert_eq!(said(&["pwd", "otp", "mfa"]), "password and one-time code");
        assert_eq!(said(&["pwd", "sms", "fpt"]), "password, text message and fingerprint");
        assert_eq!(said(&["hwk", "user"]), "security key and presence check");
        assert_eq!(said(&["pwd", "mfa"]), "password and another factor");
        assert_eq!(said(&["mfa"]), "several factors");
        assert_eq!(said(&[]), "");
    }

    #[test]
    fn a_class_of_authentication_stands_behind_the_methods_and_what_is_not_known_is_shown_as_it_is() {
        assert_eq!(said(&["pwd", "otp", "2"]), "password and one-time code (level 2)");
        assert_eq!(said(&["hwk", "phr"]), "security key (phishing-resistant)");
        assert_eq!(said(&["pwd", "pwd", "ngcmfa", "urn:x:silver"]), "password (ngcmfa, urn:x:silver)");
        assert_eq!(said(&["0"]), "level 0");
        assert_eq!(said(&["a\u{1b}[2J", ""]), "a\u{fffd}[2J");
    }
}
