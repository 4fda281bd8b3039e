//! `abide claims`.

use abide_wire::ClaimsAnswer;
use serde_json::Value;

use super::{Among, account};
use crate::Io;
use crate::failure::Failure;
use crate::http::push_encoded;
use abide_wire::terminal::plain;

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
        page.push_str(&format!("{name:<width$}  {}\n", shown(value)));
    }
    if page.is_empty() {
        let why = if answer.mapped { "none of the claims that its names stand for" } else { "nothing" };
        page = format!("The provider says {why} about you.\n");
    }
    io.say(&page)
}

/// Names beyond this do not push everything else to the right.
const WIDEST: usize = 28;

/// Text as it is, a list of words with commas, anything else as JSON: on one line.
fn shown(value: &Value) -> String {
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
