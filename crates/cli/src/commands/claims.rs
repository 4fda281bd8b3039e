//! `abide claims`.

use abide_wire::ClaimsAnswer;
use abide_wire::terminal::plain;
use serde_json::Value;

use super::target::{Among, account};
use crate::clock::{Clock, date_and_time};
use crate::failure::Failure;
use crate::http::push_encoded;
use crate::io::Io;

pub(super) fn claims(io: &mut Io<'_>, named: Option<String>, json: bool) -> Result<(), Failure> {
    let endpoint = io.endpoint()?;
    let account = account(&endpoint, named, Among::SignedIn, "claims")?;
    let mut target = String::from("/v1/claims/");
    push_encoded(&mut target, &account);
    let answer = endpoint.call("GET", &target)?;
    if json {
        return io.pass_on(&answer);
    }
    let answer: ClaimsAnswer = answer.json()?;
    let names: Vec<String> = answer.claims.keys().map(|name| plain(name).into_owned()).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(WIDEST);
    let mut page = String::new();
    for (name, value) in names.iter().zip(answer.claims.values()) {
        page.push_str(&format!("{name:<width$}  {}\n", shown(name, value, io.clock)));
    }
    if page.is_empty() {
        page = if answer.mapped {
            "The provider returned none of the claims that the configuration names.\n".to_owned()
        } else {
            "The provider returned no claims.\n".to_owned()
        };
    }
    io.say(&page)
}

/// The widest name that moves the other column.
const WIDEST: usize = 28;

/// The claims that are times (OpenID Connect Core 1.0, sections 2 and 5.1).
const TIMES: &[&str] = &["auth_time", "exp", "iat", "nbf", "updated_at"];
/// The last time that is shown as a date: a day before the end of the year 9999, so that no time zone needs a year more.
const LAST: u64 = 253_402_214_399;

/// The claims that say how the user signed in: of these, as much is shown as in `abide status`.
const METHODS: &[&str] = &["acr", "amr"];
const MOST_METHODS: usize = 32;
const LONGEST_METHOD: usize = 256;

/// Text unchanged, a list of words with commas, times for people, anything else as JSON: on one line.
fn shown(name: &str, value: &Value, clock: Clock) -> String {
    if let Some(at) = value.as_u64().filter(|at| TIMES.contains(&name) && *at <= LAST) {
        return date_and_time(at, clock);
    }
    let words = |list: &[Value]| {
        let texts = list.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
        texts.iter().all(|text| !text.contains(',')).then(|| texts.join(", "))
    };
    if METHODS.contains(&name)
        && let Some(text) = methods(value)
    {
        return plain(&text).into_owned();
    }
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => words(list).unwrap_or_else(|| value.to_string()),
        _ => value.to_string(),
    };
    plain(&text).into_owned()
}

/// The first values, each shortened; `None` if they are not too many or too long.
fn methods(value: &Value) -> Option<String> {
    let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let is_long = |value: &Value| value.as_str().is_some_and(|text| text.chars().count() > LONGEST_METHOD);
    if values.len() <= MOST_METHODS && !values.iter().any(is_long) {
        return None;
    }
    let shown = values.iter().take(MOST_METHODS).map(|value| match value.as_str() {
        Some(text) if is_long(value) => text.chars().take(LONGEST_METHOD).chain(['\u{2026}']).collect(),
        Some(text) => text.to_owned(),
        None => value.to_string(),
    });
    let more = (values.len() > MOST_METHODS).then(|| "\u{2026}".to_owned());
    Some(shown.chain(more).collect::<Vec<String>>().join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_the_ways_to_sign_in_only_so_much_is_shown() {
        let clock = Clock { now: || 0, utc_offset: |_| 0 };
        let many: Vec<String> = (0..5000).map(|number| format!("m{number}")).collect();
        let said = shown("amr", &json!(many), clock);
        assert!(said.starts_with("m0, m1, ") && said.ends_with(", m31, \u{2026}"), "{said}");
        assert_eq!(shown("acr", &json!("x".repeat(10_000)), clock).chars().count(), 257);
        assert_eq!(shown("amr", &json!(["pwd", "otp"]), clock), "pwd, otp");
    }

    #[test]
    fn a_time_without_a_date_is_shown_as_the_number() {
        let ahead = Clock { now: || 0, utc_offset: |_| 14 * 3600 };
        let said = |value: u64| shown("updated_at", &json!(value), ahead);
        assert_eq!(said(LAST), "31 Dec 9999, 13:59");
        for far in [LAST + 1, 99_999_999_999_999, u64::MAX] {
            assert_eq!(said(far), far.to_string());
        }
    }
}
