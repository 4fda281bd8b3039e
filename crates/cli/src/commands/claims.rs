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

/// Text unchanged, a list of words with commas, times for people, anything else as JSON: on one line.
fn shown(name: &str, value: &Value, clock: Clock) -> String {
    if let Some(at) = value.as_u64().filter(|_| TIMES.contains(&name)) {
        return date_and_time(at, clock);
    }
    let words = |list: &[Value]| {
        let texts = list.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
        texts.iter().all(|text| !text.contains(',')).then(|| texts.join(", "))
    };
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => words(list).unwrap_or_else(|| value.to_string()),
        _ => value.to_string(),
    };
    plain(&text).into_owned()
}
