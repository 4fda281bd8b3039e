//! What we have sent must not come back as words for people: some providers write the token that they refuse into
//! `error_description`.

use http::header::HeaderValue;
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::http::{Body, Call};

/// The parameters whose values are secret (RFC 6749, 7009, 7521, 7523, 7636, 8628, 8693).
const SECRET: [&str; 10] = [
    "refresh_token",
    "code",
    "code_verifier",
    "client_secret",
    "client_assertion",
    "token",
    "subject_token",
    "actor_token",
    "device_code",
    "id_token_hint",
];
/// As much of a secret says nothing yet.
const HARMLESS: usize = 7;

/// The secrets of one request. They are wiped when dropped.
#[derive(Default)]
pub(crate) struct Sent(Vec<Zeroizing<String>>);

impl Sent {
    pub(crate) fn of(call: &Call<'_>) -> Self {
        let mut secrets = Vec::new();
        if let Some(Body::Form(form)) = &call.body {
            let pairs = form_urlencoded::parse(form.as_bytes());
            let secret = pairs.filter(|(name, _)| SECRET.contains(&name.as_ref()));
            secrets.extend(secret.map(|(_, value)| Zeroizing::new(value.into_owned())));
        }
        // What follows the scheme: a token, or name and secret in base64.
        let header = call.authorization.as_ref().and_then(|value: &HeaderValue| value.to_str().ok());
        secrets.extend(
            header.and_then(|header| header.split_once(' ')).map(|(_, rest)| Zeroizing::new(rest.to_owned())),
        );
        Self(secrets)
    }

    /// `text` without anything that is part of a secret and longer than seven bytes.
    pub(crate) fn left_out_of(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let found = self.0.iter().map(|secret| common(rest, secret)).max().unwrap_or_default();
            if found > HARMLESS {
                shown.push('\u{2026}');
                rest = &rest[found..];
            } else {
                shown.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        shown
    }
}

/// How many bytes at the beginning of `text` stand somewhere in `secret`.
fn common(text: &str, secret: &str) -> usize {
    let starts = secret.char_indices().map(|(index, _)| index);
    let at = |start: usize| -> usize {
        let pairs = text.chars().zip(secret[start..].chars());
        pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
    };
    starts.map(at).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sent(form: &str) -> Sent {
        let url = url::Url::parse("https://id.example.com/token").unwrap();
        Sent::of(&Call { body: Some(Body::Form(Zeroizing::new(form.to_owned()))), ..Call::get(&url) })
    }

    #[test]
    fn a_token_that_comes_back_is_not_shown_whole_or_in_part() {
        let sent =
            sent("grant_type=refresh_token&refresh_token=a40efe1d-8cc0-4b%2Bx&client_id=abide-desktop");
        for (said, shown) in [
            ("Invalid refresh token: a40efe1d-8cc0-4b+x", "Invalid refresh token: \u{2026}"),
            ("Invalid refresh token: a40efe1d-8cc0", "Invalid refresh token: \u{2026}"),
            ("token (c0-4b+x) of abide-desktop", "token (c0-4b+x) of abide-desktop"),
            ("token (-8cc0-4b+x) of abide-desktop", "token (\u{2026}) of abide-desktop"),
            ("Der Schl\u{fc}ssel ist ung\u{fc}ltig", "Der Schl\u{fc}ssel ist ung\u{fc}ltig"),
            ("", ""),
        ] {
            assert_eq!(sent.left_out_of(said), shown, "{said}");
        }
    }

    #[test]
    fn a_header_that_comes_back_is_not_shown_either() {
        let url = url::Url::parse("https://id.example.com/userinfo").unwrap();
        let authorization = Some(HeaderValue::from_static("Bearer 2YotnFZFEjr1zCsicMWpAA"));
        let sent = Sent::of(&Call { authorization, ..Call::get(&url) });
        assert_eq!(sent.left_out_of("no such token 2YotnFZFEjr1zCsicMWpAA"), "no such token \u{2026}");
    }
}
