//! Changes to JSON and to a query.

use serde_json::Value;
use url::form_urlencoded;

use crate::hostile::known::Known;
use crate::http::parameters::with_parameters;

/// A change to a JSON document. Places are JSON pointers (RFC 6901); `-` at the end is behind the last element.
#[derive(Clone, Debug)]
pub enum Edit {
    /// A member has this value.
    Set(&'static str, Value),
    /// A member is not there.
    Remove(&'static str),
    /// A member is so many seconds from now, in seconds since 1970.
    Now(&'static str, i64),
    /// A text has this after it.
    Append(&'static str, &'static str),
    /// A value is the first of a list, with this one behind it.
    Beside(&'static str, Value),
    /// A text is in capitals.
    Capitals(&'static str),
    /// The document itself has one more member of this name in front.
    Twice(&'static str, Value),
    /// The document's text has this after it.
    After(&'static str),
    /// The document is this text.
    Text(String),
}

/// The text of the document with these changes.
pub(crate) fn apply(known: &Known<'_>, mut document: Value, edits: &[Edit]) -> String {
    let mut more = String::new();
    let mut after = "";
    let mut whole = None;
    for edit in edits {
        match edit {
            Edit::Set(place, value) => put(&mut document, place, known.value(value)),
            Edit::Remove(place) => remove(&mut document, place),
            Edit::Now(place, seconds) => {
                put(&mut document, place, known.now.saturating_add_signed(*seconds).into());
            }
            Edit::Append(place, text) => {
                let before = document.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
                put(&mut document, place, (before + &known.text(text)).into());
            }
            Edit::Beside(place, value) => {
                let before = document.pointer(place).cloned().unwrap_or_default();
                put(&mut document, place, Value::Array(vec![before, known.value(value)]));
            }
            Edit::Capitals(place) => {
                let before = document.pointer(place).and_then(Value::as_str).unwrap_or_default();
                let capitals = before.to_uppercase();
                put(&mut document, place, capitals.into());
            }
            Edit::Twice(name, value) => more += &format!("\"{name}\":{},", known.value(value)),
            Edit::After(text) => after = text,
            Edit::Text(text) => whole = Some(known.text(text)),
        }
    }
    let text = whole.unwrap_or_else(|| document.to_string());
    match text.strip_prefix('{') {
        Some(rest) if !more.is_empty() => format!("{{{more}{rest}{after}"),
        _ => format!("{text}{after}"),
    }
}

fn put(document: &mut Value, place: &str, value: Value) {
    if place.is_empty() {
        *document = value;
        return;
    }
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.insert(name.to_owned(), value)),
        Some(Value::Array(list)) => match name.parse::<usize>().ok().and_then(|at| list.get_mut(at)) {
            Some(element) => *element = value,
            None => list.push(value),
        },
        _ => {}
    }
}

fn remove(document: &mut Value, place: &str) {
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.remove(name)),
        Some(Value::Array(list)) => {
            if let Ok(at) = name.parse::<usize>()
                && at < list.len()
            {
                list.remove(at);
            }
        }
        _ => {}
    }
}

/// A change to the address to which the browser is sent.
#[derive(Clone, Debug)]
pub enum QueryEdit {
    /// A parameter has this value.
    Set(&'static str, String),
    /// A parameter is not there.
    Remove(&'static str),
    /// A parameter comes once more, with this value; `{same}` is the one that it has.
    Again(&'static str, &'static str),
    /// A parameter's name is another one.
    Rename(&'static str, &'static str),
    /// The whole query is this text.
    Text(&'static str),
    /// There is none.
    Nothing,
    /// It stands behind `#`.
    Fragment,
}

pub(crate) fn query(known: &Known<'_>, place: &str, edits: &[QueryEdit]) -> String {
    let (address, query) = place.split_once('?').unwrap_or((place, ""));
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut sign = '?';
    for edit in edits {
        match edit {
            QueryEdit::Set(name, value) => {
                pairs.retain(|(found, _)| found != name);
                pairs.push(((*name).to_owned(), known.text(value)));
            }
            QueryEdit::Remove(name) => pairs.retain(|(found, _)| found != name),
            QueryEdit::Again(name, value) => {
                let same = pairs.iter().find(|(found, _)| found == name).map(|(_, same)| same.clone());
                let value = known.text(value).replace("{same}", &same.unwrap_or_default());
                pairs.push(((*name).to_owned(), value));
            }
            QueryEdit::Rename(from, to) => {
                for (name, _) in pairs.iter_mut().filter(|(name, _)| name == from) {
                    *name = (*to).to_owned();
                }
            }
            QueryEdit::Text(text) => return format!("{address}?{}", known.text(text)),
            QueryEdit::Nothing => return address.to_owned(),
            QueryEdit::Fragment => sign = '#',
        }
    }
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), Some(value.as_str())));
    with_parameters(address, pairs).replacen('?', &sign.to_string(), 1)
}
